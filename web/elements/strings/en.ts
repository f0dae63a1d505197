// Every English text of the elements. A language is one file of this shape and one line where this one is named.
import type { GinnelError } from "@ginnel/client";

/** "40 seconds", or minutes once they are easier to grasp. */
const time = (seconds = 30) =>
  seconds < 100 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;

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
    `Too many tries. Wait ${time(retryAfter)}, then try again.`,
  public_signup_disabled: (app) =>
    `Sign-up is closed at the moment. Ask the people behind ${app} for an account.`,
  user_not_found: (_app, identifier) => `There is no account for ${identifier}.`,
  user_already_registered: (_app, identifier) => `${identifier} already has an account.`,
  user_has_no_passkeys: (app, identifier) =>
    `${identifier} has an account, but no passkey yet. Ask the people behind ${app} for help.`,
  user_not_active: (app) => `This account is deactivated. Ask the people behind ${app} for help.`,
  magic_link_expired: () => "This link has expired. It works for a short time only.",
  magic_link_used: () => "This link was used already. Each link works once.",
  magic_link_not_found: () => "This link does not work. Perhaps a part of it is missing.",
  wrong_digits: () => "Those were not the digits. To be safe, the link no longer works.",
  code_expired: () => "This code is no longer good.",
  exceeded_attempts: () => "Too many wrong codes. Open the link in the mail instead.",
};

export const en = {
  loading: "Loading…",
  login: {
    heading: (app: string) => `Sign in to ${app}`,
    hint: "",
    action: "Continue",
    waiting: "Use your passkey",
    byLink: "Use a link instead",
    other: "New here?",
    /** Leads to the registration. */
    toOther: "Create an account",
  },
  register: {
    heading: () => "Create your account",
    hint: "No password: your fingerprint, face or screen lock signs you in.",
    action: "Create a passkey",
    waiting: "Create your passkey",
    byLink: "Sign up by link instead",
    other: "Have an account?",
    /** Leads to the sign-in. */
    toOther: "Sign in instead",
  },
  email: "Email address",
  or: "or",
  usePasskey: "Sign in with a passkey",
  byPasskey: "Create a passkey instead",
  useLink: "Use a link instead",
  linkHint: "A link in your mail signs you in.",
  sendLink: "Send me a link",
  newLink: "Send a new link",
  unverified: "This account waits for its owner",
  unverifiedText: (identifier: string) => `If ${identifier} is yours, a link signs you in.`,
  welcome: "Welcome back",
  notYou: "Not you?",
  switchAccount: "Switch account",
  checking: "One moment…",
  waitingHint: "Follow the prompt of your browser.",
  cancel: "Cancel",
  back: "Back",
  tryAgain: "Try again",
  open: "Open",
  done: "You are signed in",
  verified: "Your address is confirmed",
  redirecting: "Taking you on…",
  checkMail: "Check your mail",
  mailSent: "Open the link that we sent to",
  mailHint: "This page goes on by itself.",
  otherDevice: "Opening the mail on another device? Type this there:",
  code: "Or type the code from the mail",
  noMail: "No mail yet?",
  resend: "Send it again",
  resendIn: (seconds: number) => `Send it again in ${seconds} s`,
  resent: "We sent it once more to",
  wrongAddress: "Wrong address?",
  goBack: "Go back",
  signingIn: "Signing you in…",
  digitsTitle: "Which number do you see?",
  digitsText:
    "The page where you asked for this link shows two digits. Type them here, so that nobody else can use it.",
  digits: "The two digits",
  confirm: "Confirm",
  digitsWarning: "You have one try. If you did not ask for a link, close this page.",
  elsewhere: "Go back to where you started",
  elsewhereText: "You are signed in there. You can close this page.",
  offerTitle: "Sign in faster next time",
  offerText: "With a passkey your fingerprint, face or screen lock signs you in.",
  addOne: "Add a passkey",
  notNow: "Not now",
  problems,
};

export type Strings = typeof en;
