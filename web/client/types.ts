// Shapes that callers see. Names follow the wire contract in camelCase; only the outermost keys of an answer are
// renamed, so keys inside `userMetadata` stay exactly as the application chose them.
import type { GinnelError } from "./errors.ts";

/** Public facts about an app, as far as a browser needs them. */
export interface App {
  id: string;
  name: string;
  /** Scheme, host and port on which the app's pages run. */
  authOrigin: string;
  /** Further origins that may use this app. */
  additionalAuthOrigins?: string[];
  /** Path to go to after signing in when the answer to the sign-in names none. */
  redirectUrl: string;
  publicSignup: boolean;
  /** Nobody learns whether an identifier has an account; only a mail tells. */
  hideUserExistence?: boolean;
  defaultLanguage: string;
  /** A way is missing where the app does not have it; `ttl` is how many seconds a link or a code lives. */
  authMethods?: { magic_link?: { ttl: number }; otp?: { ttl: number } };
  /** What people may be known by. */
  allowedIdentifier?: Kind;
  /** What a new account must have. */
  requiredIdentifier?: Kind | "either";
  /** Whose numbers may be written without a country code: ISO 3166-1 alpha-2. */
  defaultCountry?: string;
  /** Whether a passkey counts only once an identifier was proven by a link or code. */
  requireIdentifierVerification?: boolean;
  /** Whether people may change what is known of them. */
  profileManagement?: boolean;
  /** The app's own fields of a user. */
  userMetadataSchema?: MetadataField[];
  /** Whether it is a test app that nobody has claimed yet. */
  ephemeral?: boolean;
  /** What an element shows about the test app, below the form. */
  box?: HTMLElement;
  /** The fields that the registration asks for, as an element draws them. */
  fields?: Fields;
}

/** What people are known by. */
export type Kind = "email" | "phone" | "both";

/** A field of the app's own; its names are the wire's. */
export interface MetadataField {
  id: string;
  field_name: string;
  friendly_name: string;
  type: "string" | "boolean" | "integer" | "date" | "phone" | "email";
  /** Whether it is asked for at the registration. */
  registration: boolean;
  /** Whether people may change it themselves. */
  profile: boolean;
}

/** Values of such fields, by `field_name`. */
export type Metadata = Record<string, unknown>;

/** Fields on the screen. */
export interface Fields {
  element: HTMLElement;
  /** How they look. */
  sheet: CSSStyleSheet;
  /** What was entered; nothing when a field will not do, which says so itself. */
  read: () => Metadata | undefined;
}

/** What an identifier is known as, before anybody signed in. */
export interface User {
  id: string;
  email: string;
  phone: string;
  status: "active" | "inactive" | "pending" | "";
  /** Whether a passkey is on file. */
  webauthn: boolean;
  userMetadata?: Metadata | null;
}

/** The signed-in user. Times are RFC 3339. */
export interface CurrentUser extends User {
  emailVerified: boolean;
  phoneVerified: boolean;
  /** As on the wire: only `cred_id` (base64url) is used here, `managePasskeys` lists them. */
  webauthnDevices?: { cred_id: string }[];
  createdAt: string;
  lastLoginAt: string;
  loginCount: number;
}

/** One passkey of the signed-in user (`device` on the wire). Times are RFC 3339. */
export interface Passkey {
  id: string;
  /** Credential id, base64url. */
  credId: string;
  friendlyName: string;
  createdAt: string;
  lastLoginAt?: string | null;
  usageCount: number;
  type: "passkey" | "security_key" | "platform";
}

/** What a completed ceremony or refresh gives. */
export interface AuthResult {
  authToken: string;
  redirectUrl: string;
  refreshToken?: string | null;
  /** Seconds since 1970. */
  refreshTokenExpiration?: number;
}

/** Which authenticators may answer: built into the device, a separate one, or whatever the user has. */
export type Attachment = "platform" | "cross-platform" | "any";

export interface AttachmentOption {
  /** Which authenticators may answer; `any` by default. */
  attachment?: Attachment;
}

/** Where tokens are kept. Without `setTokens` the store is read-only and nothing is ever written to it. */
export interface TokenStore {
  getAuthToken(): Promise<string | undefined> | string | undefined;
  getRefreshToken?(): Promise<string | undefined> | string | undefined;
  setTokens?(result: AuthResult): Promise<void> | void;
  clearTokens?(): Promise<void> | void;
}

export type Mode = "login" | "register";

/** A link or a code that was asked for in this browser and is not used yet. */
export interface PendingLink {
  id: string;
  /** What to type where the link is opened in another browser: two digits. */
  digits?: string;
  /** Where the message went. */
  identifier: string;
  purpose: Mode | "change";
  /** The secret that makes this browser the one that asked; the server knows its hash. Missing for a code alone. */
  key?: string;
  /** A passkey was tried in vain before: this browser needs a new one. */
  afresh?: boolean | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Where a sign-in stands. An element is a drawing of one of these. */
export type State =
  /** The app's facts are on their way. */
  | { name: "loading" }
  /** Nothing can be done on this page until `problem` is gone. `retry()` looks again. */
  | { name: "blocked"; problem: GinnelError }
  /** Waiting for an identifier, or for `known` to go on; `problem` says why the last attempt ended. */
  | { name: "idle"; mode: Mode; problem?: GinnelError }
  /** Asking the server, or the page's own `beforeAuth`. */
  | { name: "checking"; mode: Mode }
  /** The browser's passkey dialogue is open. */
  | { name: "passkey"; mode: Mode }
  /** An attempt ended and the form cannot mend it; `problem` decides what can be done: `retry()` or `use()`. */
  | { name: "failed"; mode: Mode; problem: GinnelError }
  /** A message is on its way. The state changes by itself when its link is opened; `enterCode()` takes its code. */
  | LinkSent
  /** The link that led to this page is being activated. */
  | { name: "link-opened" }
  /** The link was asked for in another browser: `enterDigits()` takes the two digits shown there. */
  | { name: "digits"; busy: boolean }
  /** The digits were right: the page that asked goes on, this one is finished. */
  | { name: "elsewhere" }
  /** Signed in by link or code, without a passkey in this browser: `acceptOffer()` or `skip()`. */
  | { name: "offer"; busy: boolean; problem?: GinnelError }
  /** `verified` after a changed address was confirmed. */
  | { name: "done"; mode: Mode; result: AuthResult; verified: boolean };

export interface LinkSent {
  name: "link-sent";
  link: PendingLink;
  /** Whether a code is being checked. */
  busy: boolean;
  /** When `resend()` may be called, in milliseconds since 1970. */
  resendAt: number;
  /** Whether the message was sent once more. */
  resent: boolean;
  problem?: GinnelError | undefined;
}

/** What happened, in Passage's words. */
export type FlowEvent =
  | "onMagicLinkLogin"
  | "onMagicLinkRegister"
  | "onMagicLinkActivated"
  | "onMagicLinkActivateSuccess"
  | "onOneTimePasscodeLogin"
  | "onOneTimePasscodeRegister"
  | "onOneTimePasscodeActivated"
  | "onVerifyIdentity"
  | "onAddPasskey";
