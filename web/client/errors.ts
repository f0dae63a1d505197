// One error type for everything that can go wrong: refusals of the server keep its code and sentence, failures of
// the network and of the browser's WebAuthn get a code and sentence here.

/**
 * Codes made in the browser; the server's codes pass through as they are. The first sentence says what is the matter
 * and stands alone as a heading, the rest says what to do next.
 */
const SENTENCES = {
  app_id_missing: "The app id is missing. Make an app in the Console, then put its id into app-id.",
  network: "The server cannot be reached. Check your connection.",
  signed_out: "Nobody is signed in.",
  origin_not_allowed: "This address is not an origin of the app.",
  insecure_context: "Passkeys need a secure address. Serve the page with https.",
  passkey_not_supported:
    "No passkeys in this browser. Use a newer one on a device with a screen lock.",
  passkey_cancelled: "No passkey was used. The request was closed or took too long.",
  passkey_exists: "This device has a passkey for the account.",
  passkey_failed: "The passkey did not work. Try again.",
  aborted: "Another sign-in began.",
  magic_link_expired: "This link has expired. Ask for a new one.",
  code_expired: "This code has expired. Ask for a new one.",
  identifier_empty: "Enter your email address.",
  identifier_invalid: "Enter an address like ada@example.com.",
  phone_empty: "Enter your phone number.",
  phone_invalid: "Enter a number like +1 415 555 2671.",
  public_signup_disabled: "Sign-up is closed. Ask for an account.",
} as const;

export type BrowserErrorCode = keyof typeof SENTENCES;

/** What an error may carry besides its code and sentence. */
interface Details {
  /** HTTP status; 0 when no server answered. */
  status?: number;
  /** Finer machine code of the server. */
  reason?: string;
  /** Seconds to wait before the next try, for `rate_limited`. */
  retryAfter?: number | undefined;
  /** Address at which the same page would work. */
  open?: string | undefined;
  cause?: unknown;
}

/** A refusal or failure. `message` is a sentence for people, `code` is for programs. */
export class GinnelError extends Error {
  declare readonly status: number;
  declare readonly reason?: string;
  declare readonly retryAfter?: number;
  declare readonly open?: string;

  constructor(
    readonly code: BrowserErrorCode | (string & {}),
    message?: string,
    details?: Details,
  ) {
    super(message ?? SENTENCES[code as BrowserErrorCode]);
    Object.assign(this, { name: "GinnelError", status: 0 }, details);
  }
}

/** An error of this file's own codes. */
export const failure = (code: BrowserErrorCode, cause?: unknown) =>
  new GinnelError(code, undefined, { cause });

/** What a rejection of `navigator.credentials` means (WebAuthn L3 §5.1.3 and §5.1.4, the error tables), by its name. */
const REJECTIONS: [RegExp, BrowserErrorCode][] = [
  // Refused, dismissed, timed out, or nothing fitting at hand: browsers hide which one on purpose.
  [/^(NotAllowed|Abort)/, "passkey_cancelled"],
  // Registration only: one of excludeCredentials lives here.
  [/^InvalidState/, "passkey_exists"],
  // The RP ID does not fit the page.
  [/^Security/, "origin_not_allowed"],
  [/^(NotSupported|Constraint)/, "passkey_not_supported"],
];

/** Our error for a rejection of `navigator.credentials`. */
export function passkeyFailure(cause: unknown, signal?: AbortSignal): GinnelError {
  if (signal?.aborted) return failure("aborted", cause);
  const name = (cause as DOMException | undefined)?.name ?? "";
  const code = REJECTIONS.find(([pattern]) => pattern.test(name))?.[1] ?? "passkey_failed";
  return failure(
    code === "origin_not_allowed" && !isSecureContext ? "insecure_context" : code,
    cause,
  );
}
