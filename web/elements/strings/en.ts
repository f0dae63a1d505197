// Every English text of the elements. A language is one file of this shape and one line in index.ts.

/** What a text may speak about. */
export interface Facts {
  /** The app's name. */
  app: string;
  appId: string;
  identifier: string;
  /** Origin of the page. */
  here: string;
  /** Address at which the page would work. */
  open: string;
  /** Seconds to wait. */
  seconds: number;
}

/**
 * A problem as a heading and a text. Either may be left out: English then takes the general heading, and the sentence
 * that the error itself carries from the client or the server. A translation gives both, for these codes too:
 * identifier_empty, identifier_invalid, passkey_exists, public_signup_disabled, identifier_not_verified.
 */
export interface ProblemText {
  title?: string;
  text?: (facts: Facts) => string;
}

const problems: Record<string, ProblemText> = {
  app_id_missing: { title: "The app id is missing" },
  app_not_found: {
    title: "Unknown app",
    text: ({ appId }) => `The server has no app with the id “${appId}”. See which ones it has:`,
  },
  origin_not_allowed: {
    title: "Sign-in does not work at this address",
    text: ({ app, here }) =>
      /[a-z]/.test(location.hostname)
        ? `${app} does not accept passkeys from ${here}. Open the address below, or add this origin to the app:`
        : `Passkeys need a page with a name, and this one is at ${here}. Open it on localhost instead.`,
  },
  insecure_context: {
    title: "Passkeys need a secure address",
    text: ({ here }) =>
      `Browsers allow them on https:// and on http://localhost, but this page is at ${here}. Serve it with https, or open the address below.`,
  },
  passkey_not_supported: { title: "No passkeys in this browser" },
  network: { title: "The server cannot be reached" },
  rate_limited: {
    title: "Too many tries",
    text: ({ seconds }) => `Wait ${seconds} seconds, then try again.`,
  },
  user_not_found: { text: ({ identifier }) => `There is no account for ${identifier}.` },
  user_already_registered: { text: ({ identifier }) => `${identifier} already has an account.` },
  user_has_no_passkeys: {
    text: ({ app, identifier }) =>
      `${identifier} has an account, but no passkey yet. Ask the people behind ${app} for help.`,
  },
  user_not_active: {
    text: ({ app }) => `This account is deactivated. Ask the people behind ${app} for help.`,
  },
  passkey_cancelled: { title: "No passkey was used" },
  passkey_failed: { title: "The passkey did not work" },
  challenge_expired: { title: "That took too long" },
  unknown_credential: { title: "That passkey is not known here" },
};

export const en = {
  loading: "Loading…",
  signIn: (app: string) => `Sign in to ${app}`,
  register: "Create your account",
  registerHint: "No password: your fingerprint, face or screen lock signs you in.",
  email: "Email address",
  continue: "Continue",
  createPasskey: "Create a passkey",
  or: "or",
  usePasskey: "Sign in with a passkey",
  newHere: "New here?",
  toRegister: "Create an account",
  haveAccount: "Have an account?",
  toSignIn: "Sign in instead",
  checking: "One moment…",
  waiting: "Use your passkey",
  waitingNew: "Create your passkey",
  waitingHint: "Follow the prompt of your browser.",
  waitingNewHint:
    "Follow the prompt of your browser to save a passkey on this device or another one.",
  cancel: "Cancel",
  back: "Back",
  tryAgain: "Try again",
  open: "Open",
  failed: "That did not work",
  done: "You are signed in",
  redirecting: "Taking you on…",
  problems,
};

export type Strings = typeof en;
