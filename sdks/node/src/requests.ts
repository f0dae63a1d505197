/** Finds the token in a request, of Node's shape or of Fetch's. */
import { GinnelError } from "./errors.js";

/** Node's and Express's requests have their headers as an object, Fetch's as a `Headers`. Both fit. */
export interface RequestLike {
  readonly headers: HeadersLike;
}

export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** The cookie in which the browser keeps the auth token. */
export const cookieName = "psg_auth_token";

/**
 * The token of a request: from `Authorization: Bearer …` when the request has it, else from the cookie. Other schemes
 * (a site behind Basic authentication) are none of our business. A Bearer header that is broken is refused; the cookie
 * is then not looked at.
 */
export function readToken(request: RequestLike): string {
  const headers: unknown = request?.headers;
  if (typeof headers !== "object" || headers === null) {
    throw new GinnelError(
      "configuration",
      "authenticateRequest takes the request itself, with its headers.",
    );
  }
  const authorization = readHeader(headers as HeadersLike, "authorization", ", ");
  if (authorization !== undefined && /^bearer([ \t]|$)/i.test(authorization)) {
    const token = /^bearer +([^ \t,]+) *$/i.exec(authorization)?.[1];
    if (token) return token;
    throw new GinnelError(
      "token_malformed",
      'The Authorization header must be "Bearer", a space and the auth token.',
    );
  }
  const token = readCookie(readHeader(headers as HeadersLike, "cookie", "; ") ?? "");
  if (token) return token;
  const sentence = `The request has neither an Authorization header with a Bearer token nor the cookie ${cookieName}; sign in first.`;
  throw new GinnelError("token_missing", sentence);
}

function readHeader(headers: HeadersLike, name: string, separator: string): string | undefined {
  if (typeof headers.get === "function") return headers.get(name) ?? undefined;
  const fields = headers as Record<string, unknown>;
  // Node's names are in lower case; those of an event of a cloud function may not be.
  const field = Object.hasOwn(fields, name)
    ? name
    : Object.keys(fields).find((key) => key.toLowerCase() === name);
  const value = field === undefined ? undefined : fields[field];
  if (Array.isArray(value)) return value.join(separator);
  return typeof value === "string" ? value : undefined;
}

/** The first cookie of our name that has a value, without the quotes it may stand in (RFC 6265, section 4.1.1). */
function readCookie(header: string): string | undefined {
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals < 0 || trim(pair.slice(0, equals)) !== cookieName) continue;
    const value = trim(pair.slice(equals + 1));
    const token =
      value.length >= 2 && value.startsWith('"') && value.endsWith('"')
        ? value.slice(1, -1)
        : value;
    if (token !== "") return token;
  }
  return undefined;
}

/** Without the white space around it that HTTP has (RFC 9110, section 5.6.3). Every other byte belongs to the text. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === " " || text[start] === "\t") start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}
