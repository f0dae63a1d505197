// One request to the authentication API: JSON in, JSON out, every failure a GinnelError.
import { GinnelError, failure } from "./errors.ts";

/** Milliseconds until a silent server counts as unreachable. */
const PATIENCE = 20_000;

export interface RequestOptions {
  body?: object;
  token?: string;
  signal?: AbortSignal | undefined;
  /** Let the request outlive the page. */
  keepalive?: boolean;
}

// The answer's shape is the contract's; callers name the part they use.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Answer = any;

export type Transport = (method: string, path: string, options?: RequestOptions) => Promise<Answer>;

/** A transport for one app. `base` is the URL of its authentication API, without a slash at the end. */
export function transport(base: string): Transport {
  return async (method, path, { body, token, signal, keepalive } = {}) => {
    let response: Response;
    let answer: Answer;
    try {
      response = await fetch(base + path, {
        method,
        headers: {
          ...(body && { "Content-Type": "application/json" }),
          ...(token && { Authorization: "Bearer " + token }),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
        keepalive,
      });
      const text = await response.text();
      // A proxy's page instead of our JSON is as good as no server.
      answer = text ? JSON.parse(text) : {};
    } catch (cause) {
      throw failure(signal?.aborted ? "aborted" : "network", cause);
    }
    const { status, ok, headers } = response;
    if (ok) return answer;
    throw new GinnelError(answer.code, answer.error, {
      status,
      reason: answer.reason,
      retryAfter: Number(headers.get("Retry-After")) || (status === 429 ? 30 : undefined),
    });
  };
}

/** Renames the outermost keys: `auth_token` becomes `authToken`. */
export function camel<T>(wire: object): T {
  return Object.fromEntries(
    Object.entries(wire).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  ) as T;
}
