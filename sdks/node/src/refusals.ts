/** How a refusal is told over HTTP, the same in every framework. */
import type { GinnelError } from "./errors.js";

/** Status, header fields and body of the answer to a request that was refused. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly code: string; readonly error: string };
}

export function describeRefusal(error: GinnelError): Refusal {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (error.status === 401) {
    // RFC 6750, section 3.1: no error code when the request had no token at all.
    headers["www-authenticate"] =
      error.code === "token_missing" ? "Bearer" : 'Bearer error="invalid_token"';
  }
  return { status: error.status, headers, body: { code: error.code, error: sentence(error) } };
}

/** What is not the caller's fault is told without the addresses that the error's own message has for the log. */
function sentence(error: GinnelError): string {
  if (error.status === 401) return error.message;
  return error.status === 503
    ? "Sign-ins cannot be checked at the moment; try again in a minute."
    : "Sign-ins cannot be checked, because this server is set up wrongly; its log says how.";
}
