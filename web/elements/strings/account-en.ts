// The English texts that the passkey table and the profile share, apart from those of the sign-in, so that neither
// script carries the other's.
const problems: Record<string, string> = {
  app_id_missing: "The app id is missing. Make an app in the Console, then put its id into app-id.",
  last_passkey: "Your only passkey cannot be removed: it is your way in. Add another one first.",
  passkey_exists:
    "This device already has a passkey for your account. Use another device to add one.",
};

export const accountEn = {
  save: "Save",
  cancel: "Cancel",
  close: "Close",
  remove: "Remove",
  stepUpTitle: "Confirm that it is you",
  stepUpText: "You signed in a while ago. Confirm it once more to make this change.",
  stepUp: "Use my passkey",
  useMessage: { code: "Use a code", link: "Use a link" },
  checkMail: "Check your mail",
  checkPhone: "Check your phone",
  codeSent: (to: string) => `We sent a code to ${to}.`,
  linkSent: (to: string) => `Open the link sent to ${to}. Then this page goes on by itself.`,
  eitherSent: (to: string) => `Open the link sent to ${to}, or enter its code here.`,
  otherDevice: "On another device, type:",
  code: "Six-digit code",
  codeMissing: "Enter the six digits of the code.",
  confirm: "Confirm",
  tryAgain: "Try again",
  busy: "One moment…",
  problems,
};

export type AccountStrings = typeof accountEn;
