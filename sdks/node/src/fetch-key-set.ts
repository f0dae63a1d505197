/**
 * One fetch of a key set, with limits on time and size. Whatever goes wrong (no connection, a redirect, 429, 500, HTML
 * where JSON belongs) becomes one `keys_unavailable`, so that no failure can let a request through.
 */
import { GinnelError } from "./errors.js";
import { parseJSON } from "./json.js";
import { readKeySet, type VerificationKey } from "./keys.js";

/** What is used of `fetch`: the global one fits, and so does a stand-in. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: "manual"; signal: AbortSignal },
) => Promise<Response>;

/** The keys, or why there are none and after how many seconds the server wants to be asked again. */
export type FetchResult =
  | { keys: Map<string, VerificationKey>; error?: undefined }
  | { keys?: undefined; error: GinnelError; retryAfter?: number };

const largestBody = 64 * 1024;
const longestRetryAfter = 60;

/** Fetches and reads a key set; `timeout` in seconds covers the whole of it. Never rejects. */
export async function fetchKeySet(
  url: string,
  fetch: Fetch,
  timeout: number,
): Promise<FetchResult> {
  const controller = new AbortController();
  const { signal } = controller;
  const work = async (): Promise<FetchResult> => {
    const headers = { accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    if (response.status !== 200) {
      response.body?.cancel().catch(() => {});
      return {
        ...refusal(url, `the answer was ${response.status || "a redirect"}`),
        ...retryAfter(response),
      };
    }
    const body = await readBytes(response);
    if (body === undefined) return refusal(url, `the answer was larger than ${largestBody} bytes`);
    return readBody(url, body);
  };
  // Raced as well as aborted, because a stand-in for fetch may not listen to the signal.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<FetchResult>((resolve) => {
    timer = setTimeout(() => {
      resolve(refusal(url, `no answer came within ${timeout} seconds`));
      controller.abort();
    }, timeout * 1000);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (cause) {
    return refusal(url, "no connection was made", cause);
  } finally {
    clearTimeout(timer);
  }
}

function readBody(url: string, body: Uint8Array): FetchResult {
  let document: unknown;
  try {
    document = parseJSON(body);
  } catch (cause) {
    return refusal(url, "the answer was not JSON", cause);
  }
  try {
    return { keys: readKeySet(document) };
  } catch (cause) {
    return refusal(url, `the answer ${(cause as Error).message}`, cause);
  }
}

function refusal(url: string, reason: string, cause?: unknown): { error: GinnelError } {
  const sentence = `The keys at ${url} could not be fetched: ${reason}. Check that Ginnel runs there and that the application exists, or set GINNEL_URL.`;
  return {
    error: new GinnelError(
      "keys_unavailable",
      sentence,
      cause === undefined ? undefined : { cause },
    ),
  };
}

/** The wait that the server asks for, in seconds; only the number form, and at most a minute. */
function retryAfter(response: Response): { retryAfter?: number } {
  const value = response.headers.get("retry-after") ?? "";
  return /^\d+$/.test(value) ? { retryAfter: Math.min(Number(value), longestRetryAfter) } : {};
}

/** The bytes of the body; `undefined` as soon as they are too many. */
async function readBytes(response: Response): Promise<Uint8Array | undefined> {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader();
  const bytes = new Uint8Array(largestBody);
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, size);
    if (size + value.byteLength > largestBody) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    bytes.set(value, size);
    size += value.byteLength;
  }
}
