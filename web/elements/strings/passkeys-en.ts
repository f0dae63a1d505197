// The English texts of the passkey table, apart from those of the sign-in, so that neither script carries the other's.
import type { Passkey } from "@ginnel/client";

const problems: Record<string, string> = {
  app_id_missing: "The app id is missing. Make an app in the Console, then put its id into app-id.",
  last_passkey: "Your only passkey cannot be removed: it is your way in. Add another one first.",
  passkey_exists:
    "This device already has a passkey for your account. Use another device to add one.",
};

export const passkeysEn = {
  title: "Passkeys",
  hint: "What you sign in with. Add one for each device you use.",
  loading: "Loading your passkeys…",
  signedOut: "Sign in to see your passkeys.",
  name: "Name",
  added: "Added",
  used: "Last used",
  never: "Never",
  actions: "Actions",
  add: "Add a passkey",
  rename: "Rename",
  renameThis: ({ friendlyName }: Passkey) => `Rename ${friendlyName}`,
  remove: "Remove",
  removeThis: ({ friendlyName }: Passkey) => `Remove ${friendlyName}`,
  removeTitle: ({ friendlyName }: Passkey) => `Remove “${friendlyName}”?`,
  removeText:
    "You will no longer be able to sign in with it. Delete it in your device's settings too, so that it is not offered any more.",
  removeLast: "This is your only passkey. Add another one before you remove it.",
  save: "Save",
  cancel: "Cancel",
  close: "Close",
  stepUpTitle: "Confirm that it is you",
  stepUpText: "You signed in a while ago. Confirm it once more to make this change.",
  stepUp: "Use my passkey",
  sendCode: "Use a code",
  codeTitle: "Check your mail",
  codeText: (address: string) => `We sent a code to ${address}.`,
  code: "Six-digit code",
  codeMissing: "Enter the six digits of the code.",
  confirm: "Confirm",
  tryAgain: "Try again",
  busy: "One moment…",
  none: "You have no passkeys yet.",
  changed: {
    added: "The passkey was added.",
    renamed: "The name was saved.",
    removed: "The passkey was removed.",
  },
  nameMissing: "Enter a name.",
  problems,
};

export type PasskeyStrings = typeof passkeysEn;
