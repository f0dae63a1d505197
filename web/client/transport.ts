// One request to the authentication API: JSON in, JSON out, every failure a GinnelError.
import { GinnelError, failure } from "./errors.ts";

/** Milliseconds until a silent server counts as unreachable. */
const PATIENCE = 20_000;

export interface RequestOptions {
  body?: unknown;
  token?: string;
  signal?: AbortSignal;
  /** Let the request outlive the page. */
  keepalive?: boolean;
}

// The answer's shape is the contract's; callers name the part they use.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Answer = any;

export type Transport = (method: string, path: string, options?: RequestOptions) => Promise<Answer>;

/** A signal that also gives up on a silent server; browsers that cannot join signals wait for the caller's alone. */
function limited(signal?: AbortSignal): AbortSignal | null {
  const patience = AbortSignal.timeout?.(PATIENCE);
  return signal ? (AbortSignal.any?.([signal, patience]) ?? signal) : (patience ?? null);
}

/** A transport for one app. `base` is the URL of its authentication API, without a slash at the end. */
export function transport(base: string): Transport {
  return async (method, path, { body, token, signal, keepalive } = {}) => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(base + path, {
        method,
        headers: {
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...(token && { Authorization: "Bearer " + token }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: limited(signal),
        keepalive: keepalive ?? false,
        cache: "no-store",
      });
      text = await response.text();
    } catch (cause) {
      throw failure(signal?.aborted ? "aborted" : "network", cause);
    }
    let answer: Answer = {};
    try {
      answer = text ? JSON.parse(text) : {};
    } catch (cause) {
      // A proxy's page instead of our JSON: as good as no server.
      throw failure("network", cause);
    }
    if (response.ok) return answer;
    const wait = Number(response.headers.get("Retry-After"));
    throw new GinnelError(
      answer.code ?? (response.status === 429 ? "rate_limited" : "internal_server_error"),
      answer.error || `The server answered with status ${response.status}. Try again later.`,
      response.status,
      answer.reason,
      response.status === 429 ? wait || 30 : undefined,
    );
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
