// One error type for everything that can go wrong: refusals of the server keep its code and sentence, failures of
// the network and of the browser's WebAuthn get a code and sentence here.

/** Codes made in the browser; the server's codes pass through as they are. */
const SENTENCES = {
  app_id_missing: "Make an app with the command “ginnel app create” and put its id into app-id.",
  network: "Check your connection, then try again.",
  signed_out: "Nobody is signed in. Sign in and try again.",
  origin_not_allowed: "This address is not an origin of the app. Add it to the app.",
  insecure_context: "Passkeys need https:// or http://localhost.",
  passkey_not_supported:
    "This browser or device cannot use passkeys. Try another one, or your phone.",
  passkey_cancelled: "The request was closed or took too long. Nothing has changed.",
  passkey_exists: "This device already has a passkey for this account.",
  passkey_failed: "Your browser could not finish. Try again, or use another device.",
  aborted: "Stopped, because another sign-in was started.",
  identifier_empty: "Enter your email address.",
  identifier_invalid: "Enter an email address, like ada@example.com.",
  public_signup_disabled: "New accounts cannot be made at the moment.",
} as const;

export type BrowserErrorCode = keyof typeof SENTENCES;

/** A refusal or failure. `message` is a sentence for people, `code` is for programs. */
export class GinnelError extends Error {
  override name = "GinnelError";
  constructor(
    readonly code: BrowserErrorCode | (string & {}),
    message: string = SENTENCES[code as BrowserErrorCode] ?? code,
    /** HTTP status; 0 when no server answered. */
    readonly status = 0,
    /** Finer machine code of the server. */
    readonly reason?: string,
    /** Seconds to wait before the next try, for `rate_limited`. */
    readonly retryAfter?: number,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** An error of this file's own codes. */
export const failure = (code: BrowserErrorCode, cause?: unknown) =>
  new GinnelError(code, undefined, 0, undefined, undefined, cause);

/** What a rejection of `navigator.credentials` means (WebAuthn L3 §5.1.3 and §5.1.4, the error tables). */
export function passkeyFailure(cause: unknown, signal?: AbortSignal): GinnelError {
  if (cause instanceof GinnelError) return cause;
  if (signal?.aborted) return failure("aborted", cause);
  switch ((cause as DOMException | undefined)?.name) {
    // Refused, dismissed, timed out, or nothing fitting at hand: browsers hide which one on purpose.
    case "NotAllowedError":
    case "AbortError":
      return failure("passkey_cancelled", cause);
    // Registration only: one of excludeCredentials lives here.
    case "InvalidStateError":
      return failure("passkey_exists", cause);
    // The RP ID does not fit the page, or the page is not secure.
    case "SecurityError":
      return failure(isSecureContext ? "origin_not_allowed" : "insecure_context", cause);
    case "NotSupportedError":
    case "ConstraintError":
      return failure("passkey_not_supported", cause);
  }
  return failure("passkey_failed", cause);
}
