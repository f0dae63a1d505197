/**
 * The check of an auth token: a JWT (RFC 7519) in compact form (RFC 7515, section 7.1). The order is: size and shape,
 * algorithm, key, signature, claims. Nothing in the claims is looked at before the signature has been verified, so
 * `token_malformed` comes only before that, and `claim_missing` only after it.
 */
import { decodeBase64url } from "./base64url.js";
import { GinnelError } from "./errors.js";
import { parseJSON } from "./json.js";
import { isObject, type Algorithm } from "./keys.js";
import type { KeySet } from "./key-sets.js";

/** What Ginnel says about a signed-in user. Times are in seconds since 1970. */
export interface Claims {
  /** The user's id. */
  readonly sub: string;
  /** The address of the app's authentication API. */
  readonly iss: string;
  /** Whom the token is for: the app's auth origin and its id. */
  readonly aud: string | readonly string[];
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
  /** The id of the session, the same over refreshes. */
  readonly sid?: string;
  /** How the user signed in (RFC 8176). */
  readonly amr?: readonly string[];
  /** When the user last signed in, as against refreshed. */
  readonly auth_time?: number;
  /** Metadata that the app chose to put into its tokens. */
  readonly [claim: string]: unknown;
}

/** What a token must be to pass. */
export interface Expectations {
  readonly appID: string;
  readonly issuer: string;
  readonly keySet: KeySet;
  readonly algorithms: readonly Algorithm[];
  /** Seconds by which the clocks may differ. */
  readonly leeway: number;
}

/** The longest token that is looked at, in characters. */
export const largestToken = 16 * 1024;

const encoder = new TextEncoder();

/** The token's claims, once everything about it has been checked. */
export async function checkToken(token: unknown, expected: Expectations): Promise<Claims> {
  if (typeof token !== "string") throw malformed("it is not a string");
  if (token === "")
    throw new GinnelError("token_missing", "There is no auth token to check; sign in first.");
  if (token.length > largestToken) {
    throw new GinnelError(
      "token_oversize",
      `The auth token is longer than ${largestToken} characters; sign in again.`,
    );
  }
  const parts = token.split(".");
  const [headerPart, claimsPart, signaturePart] = parts;
  if (parts.length !== 3 || !headerPart || !claimsPart || signaturePart === undefined) {
    throw malformed("it does not have three parts");
  }

  const header = readObject(headerPart);
  if (!header) throw malformed("its header is not a JSON object in base64url");
  const kid = checkHeader(header, expected.algorithms);
  const signature = decodeBase64url(signaturePart);
  if (!signature) throw malformed("its signature is not base64url");

  const key = await expected.keySet.find(kid);
  if (!key) {
    throw new GinnelError(
      "key_unknown",
      `No key of application ${expected.appID} has the token's key id; sign in again.`,
    );
  }
  // The header's algorithm is among the allowed ones, and the key has the last word on it.
  if (key.algorithm !== header["alg"]) {
    throw new GinnelError(
      "algorithm_not_allowed",
      "The token names another algorithm than its key is for; sign in again.",
    );
  }
  const signed = encoder.encode(token.slice(0, headerPart.length + 1 + claimsPart.length));
  if (!(await key.verify(signature, signed))) {
    throw new GinnelError(
      "signature_invalid",
      "The token's signature does not fit its content; sign in again.",
    );
  }
  const claims = readObject(claimsPart);
  if (!claims) {
    throw new GinnelError(
      "claim_missing",
      "The token has no claims: the part for them is not a JSON object in base64url; sign in again.",
    );
  }
  return checkClaims(claims, expected);
}

/**
 * The key id, if the header is one that Ginnel writes. `jku`, `jwk`, `x5u` and `x5c` are never read: keys come from the
 * key set alone.
 */
function checkHeader(header: Record<string, unknown>, algorithms: readonly Algorithm[]): string {
  const { alg, typ, kid } = header;
  if (!algorithms.some((allowed) => allowed === alg)) {
    throw new GinnelError(
      "algorithm_not_allowed",
      `The token must be signed with ${algorithms.join(" or ")}; sign in again.`,
    );
  }
  // RFC 7515, section 4.1.11: an extension that is not understood must be refused, and we understand none.
  if (Object.hasOwn(header, "crit")) throw malformed('its header has "crit"');
  if (typ !== undefined && typ !== "JWT") throw malformed('its "typ" is not "JWT"');
  if (typeof kid !== "string" || kid === "") throw malformed('its header has no key id ("kid")');
  return kid;
}

function checkClaims(claims: Record<string, unknown>, expected: Expectations): Claims {
  const { sub, iss, aud, iat, exp, nbf } = claims;
  if (typeof sub !== "string" || sub === "") throw missing("sub");
  if (typeof iss !== "string") throw missing("iss");
  if (
    typeof aud !== "string" &&
    !(Array.isArray(aud) && aud.every((item) => typeof item === "string"))
  )
    throw missing("aud");
  if (!isTime(iat)) throw missing("iat");
  if (!isTime(exp)) throw missing("exp");
  if (nbf !== undefined && !isTime(nbf)) throw missing("nbf");

  if (iss !== expected.issuer) {
    const sentence = `The token was issued by ${iss}, and ${expected.issuer} is expected; set url (GINNEL_URL) to the server's public address, or issuer if it is reached by another one.`;
    throw new GinnelError("issuer_mismatch", sentence);
  }
  if (aud !== expected.appID && !(Array.isArray(aud) && aud.includes(expected.appID))) {
    throw new GinnelError(
      "audience_mismatch",
      `The token is not for application ${expected.appID}; check appID.`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  if (exp + expected.leeway <= now) {
    throw new GinnelError(
      "token_expired",
      "The auth token has expired; refresh it or sign in again.",
    );
  }
  if (iat - expected.leeway > now || (nbf !== undefined && nbf - expected.leeway > now)) {
    throw new GinnelError(
      "token_not_yet_valid",
      "The auth token is from the future; check the clocks of both servers.",
    );
  }
  return claims as unknown as Claims;
}

/** The JSON object in a part of a token; `undefined` when there is anything else. */
function readObject(part: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(part);
  if (!bytes) return undefined;
  try {
    const value = parseJSON(bytes);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function malformed(reason: string): GinnelError {
  return new GinnelError(
    "token_malformed",
    `This is not an auth token of Ginnel: ${reason}. Sign in again.`,
  );
}

function missing(claim: string): GinnelError {
  return new GinnelError(
    "claim_missing",
    `The token has no usable claim "${claim}"; sign in again.`,
  );
}
