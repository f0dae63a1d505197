// What people are known by: which kinds an app takes, and whether a text may be one. The server judges; this keeps what
// cannot be one from being sent.
import { failure, type GinnelError } from "./errors.ts";
import type { App, Kind, Mode } from "./types.ts";

const ADDRESS = /^[^\s@]+@[^\s@]+$/;
/** Digits of any script, and what people write between them. */
const NUMBER = /^(tel:)?[\p{Nd}\p{Pd}\s+＋().\/]+$/iu;

/** What the form of a mode asks for. A sign-in takes whatever accounts may have. */
export function kindOf(app: App | undefined, mode: Mode): Kind {
  const { allowedIdentifier = "email", requiredIdentifier: needed } = app ?? {};
  const one = needed === "email" || needed === "phone";
  return allowedIdentifier === "both" && mode === "register" && one ? needed : allowedIdentifier;
}

/** Whether a text is meant as a phone number. */
export const isPhone = (text: string, kind: Kind) =>
  kind === "phone" || (kind === "both" && NUMBER.test(text.trim()));

/** What is wrong with an identifier. */
export function identifierProblem(text: string, kind: Kind): GinnelError | undefined {
  const phone = isPhone(text, kind);
  if (!text) return failure(phone ? "phone_empty" : "identifier_empty");
  const fits = phone ? NUMBER.test(text) && /\p{Nd}{2}/u.test(text) : ADDRESS.test(text);
  return fits ? undefined : failure(phone ? "phone_invalid" : "identifier_invalid");
}
