/**
 * The one error of this package. Every refusal has a code to branch on, a status to answer with and a sentence that
 * says what to do next.
 */

/** Why a request was not authenticated. The list is closed: a `switch` over it can be exhaustive. */
export type GinnelErrorCode =
  | "token_missing"
  | "token_malformed"
  | "token_oversize"
  | "algorithm_not_allowed"
  | "key_unknown"
  | "signature_invalid"
  | "token_expired"
  | "token_not_yet_valid"
  | "issuer_mismatch"
  | "audience_mismatch"
  | "claim_missing"
  | "keys_unavailable"
  | "configuration";

/** Thrown by everything in this package. */
export class GinnelError extends Error {
  override readonly name = "GinnelError";
  readonly code: GinnelErrorCode;
  /**
   * The HTTP status that fits: 401 when the caller has to sign in, 503 when the keys to check the token with could
   * not be fetched, 500 when this server is set up wrongly.
   */
  readonly status: 401 | 500 | 503;

  constructor(code: GinnelErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = code === "keys_unavailable" ? 503 : code === "configuration" ? 500 : 401;
  }
}
