/** Shared by the tests: judging refusals, and a stand-in for the server's key set behind a `fetch` that counts. */
import assert from "node:assert/strict";
import { GinnelError, type Fetch, type GinnelErrorCode } from "@ginnel/node";

const statuses = new Map<GinnelErrorCode, number>([
  ["keys_unavailable", 503],
  ["configuration", 500],
]);

/** Asserts that this is refused with the code, the status that belongs to it, and a sentence. */
export async function refuses(
  work: Promise<unknown> | (() => unknown),
  code: GinnelErrorCode,
): Promise<GinnelError> {
  let error: unknown;
  try {
    const value = await (typeof work === "function" ? work() : work);
    assert.fail(`expected ${code}, and it passed with ${JSON.stringify(value)}`);
  } catch (caught) {
    error = caught;
  }
  if (!(error instanceof GinnelError)) throw error;
  assert.equal(error.code, code, error.message);
  assert.equal(error.status, statuses.get(code) ?? 401);
  assert.match(error.message, /\w \w.*\.$/);
  return error;
}

/** A `fetch` whose answer can be changed, and which remembers the addresses that were asked for. */
export class KeyServer {
  readonly requests: string[] = [];
  answer: (signal: AbortSignal) => Response | Promise<Response>;

  constructor(document: unknown) {
    this.answer = () => Response.json(document);
  }

  readonly fetch: Fetch = async (url, init) => {
    this.requests.push(url);
    return this.answer(init.signal);
  };
}

/** A promise that the test settles. */
export function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Lets everything run that is ready to. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
