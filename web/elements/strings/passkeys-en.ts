// The English texts of the passkey table.
import type { Passkey } from "@ginnel/client";
import { accountEn } from "./account-en.ts";

export const passkeysEn = {
  ...accountEn,
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
  removeThis: ({ friendlyName }: Passkey) => `Remove ${friendlyName}`,
  removeTitle: ({ friendlyName }: Passkey) => `Remove “${friendlyName}”?`,
  removeText:
    "You will no longer be able to sign in with it. Delete it in your device's settings too, so that it is not offered any more.",
  removeLast: "This is your only passkey. Add another one before you remove it.",
  none: "You have no passkeys yet.",
  changed: {
    added: "The passkey was added.",
    renamed: "The name was saved.",
    removed: "The passkey was removed.",
  },
  nameMissing: "Enter a name.",
};

export type PasskeyStrings = typeof passkeysEn;
