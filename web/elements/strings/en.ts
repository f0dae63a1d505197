// Every English text of the elements. A language is one file of this shape and one line where this one is named.
import type { GinnelError } from "@ginnel/client";

/**
 * Our own words for a problem, by reason or code. The first sentence becomes the heading where there is one. What is
 * not listed is told in the sentence that the error itself carries, which is English: a translation lists all codes.
 */
const problems: Record<string, (app: string, identifier: string, error: GinnelError) => string> = {
  origin_not_allowed: (app) =>
    "Sign-in does not work at this address. " +
    (/[a-z]/.test(location.hostname)
      ? `Open the address below, or add this origin to ${app}:`
      : "Passkeys need a name, not a number. Open the page on localhost:"),
  rate_limited: (_app, _identifier, { retryAfter }) =>
    `Too many tries. Wait ${retryAfter} seconds, then try again.`,
  user_not_found: (_app, identifier) => `There is no account for ${identifier}.`,
  user_already_registered: (_app, identifier) => `${identifier} already has an account.`,
  user_has_no_passkeys: (app, identifier) =>
    `${identifier} has an account, but no passkey yet. Ask the people behind ${app} for help.`,
  user_not_active: (app) => `This account is deactivated. Ask the people behind ${app} for help.`,
};

export const en = {
  loading: "Loading…",
  login: {
    heading: (app: string) => `Sign in to ${app}`,
    hint: "",
    action: "Continue",
    waiting: "Use your passkey",
    other: "New here?",
    /** Leads to the registration. */
    toOther: "Create an account",
  },
  register: {
    heading: () => "Create your account",
    hint: "No password: your fingerprint, face or screen lock signs you in.",
    action: "Create a passkey",
    waiting: "Create your passkey",
    other: "Have an account?",
    /** Leads to the sign-in. */
    toOther: "Sign in instead",
  },
  email: "Email address",
  or: "or",
  usePasskey: "Sign in with a passkey",
  checking: "One moment…",
  waitingHint: "Follow the prompt of your browser.",
  cancel: "Cancel",
  back: "Back",
  tryAgain: "Try again",
  open: "Open",
  done: "You are signed in",
  redirecting: "Taking you on…",
  problems,
};

export type Strings = typeof en;
