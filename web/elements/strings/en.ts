// Every text of the sign-in elements.
/**
 * Our own words for a problem, by reason or code. The first sentence becomes the heading where there is one. What is
 * not listed is told in the sentence that the error itself carries, which is English: a translation lists all codes.
 */
const problems: Record<string, (app: string, identifier: string) => string> = {
  origin_not_allowed: (app) =>
    "Sign-in does not work at this address. " +
    (/[a-z]/.test(location.hostname)
      ? `Open the address below, or add this origin to ${app}:`
      : "Open the page on localhost:"),
  user_already_registered: (_, identifier) => `${identifier} already has an account.`,
  user_has_no_passkeys: (app) =>
    `This account has no passkey. Ask the people who run ${app} for help.`,
};

export const en = {
  loading: "Loading…",
  login: {
    heading: (app: string) => `Sign in to ${app}`,
    action: "Continue",
    waiting: "Use your passkey",
    byLink: (what: string) => `Use a ${what} instead`,
    /** Leads to the registration. */
    toOther: "Create an account",
  },
  register: {
    heading: () => "Create your account",
    hint: "No password: your fingerprint, face or screen lock signs you in.",
    action: "Create a passkey",
    waiting: "Create your passkey",
    byLink: (what: string) => `Sign up by ${what} instead`,
    /** Leads to the sign-in. */
    toOther: "Sign in instead",
  },
  identifier: {
    email: "Email address",
    phone: "Phone number",
    both: "Email address or phone number",
  },
  /** For a number without its country's code. */
  phoneIn: (country: string) => `Phone number (${country})`,
  or: "or",
  usePasskey: "Sign in with a passkey",
  byPasskey: "Create a passkey instead",
  sendLink: (what: string) => `Send me a ${what}`,
  newLink: (what: string) => `Send a new ${what}`,
  link: "link",
  aCode: "code",
  welcome: "Welcome back",
  switchAccount: "Switch account",
  checking: "One moment…",
  waitingHint: "Follow your browser's prompt.",
  cancel: "Cancel",
  back: "Back",
  tryAgain: "Try again",
  open: "Open",
  done: "You are signed in",
  verified: "Your address is confirmed",
  checkMail: "Check your mail",
  checkPhone: "Check your phone",
  mailSent: "Open the link sent to",
  codeSent: "We sent a code to",
  otherDevice: "On another device, type:",
  code: "Or enter its code",
  codeAlone: "Six-digit code",
  digit: (n: number) => `Digit ${n}`,
  resend: "Send again",
  resendIn: (seconds: number) => `Send again in ${seconds} s`,
  resent: "Sent once more to",
  goBack: "Use another address",
  goBackPhone: "Use another number",
  signingIn: "Signing you in…",
  digitsTitle: "Which number do you see?",
  digitsText:
    "Type the two digits shown where you asked for the link. You have one try. You did not ask? Close this page.",
  digits: "The two digits",
  confirm: "Confirm",
  elsewhere: "Go back to where you started",
  elsewhereText: "You can close this page.",
  offerTitle: "Sign in faster next time",
  addOne: "Add a passkey",
  notNow: "Not now",
  problems,
};

export type Strings = typeof en;
