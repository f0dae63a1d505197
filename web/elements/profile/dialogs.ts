// The questions that the profile asks.
import type { Profile } from "@ginnel/client";
import { sureDialog, textDialog } from "../parts/account-dialogs.ts";
import { profileEn as strings } from "../strings/profile-en.ts";

type Kind = "email" | "phone";

/** Asks for a new address or number. */
export function changeDialog(kind: Kind, value: string, act: (value: string) => void) {
  const email = kind === "email";
  const fits = email ? /^[^\s@]+@[^\s@]+$/ : /\p{Nd}{2}/u;
  return textDialog(
    (value ? strings.change : strings.add)[kind],
    strings.changeText,
    email ? strings.newEmail : strings.newPhone,
    { type: email ? "email" : "tel", autocomplete: email ? "email" : "tel" },
    {
      missing: email ? strings.emailMissing : strings.phoneMissing,
      action: strings.send,
      cancel: strings.cancel,
    },
    (text) => (fits.test(text.trim()) ? text.trim() : undefined),
    act,
  );
}

export const removeIdentifierDialog = (kind: Kind, value: string, profile: Profile) =>
  sureDialog(
    strings.removeTitle[kind],
    strings.removeText(value),
    { action: strings.remove, cancel: strings.cancel },
    () => void profile.removeIdentifier(kind),
  );

export const signOutOthersDialog = (profile: Profile) =>
  sureDialog(
    strings.signOutOthersTitle,
    strings.signOutOthersText,
    { action: strings.signOut, cancel: strings.cancel },
    () => void profile.endOtherSessions(),
  );

export const unlinkDialog = (name: string, provider: string, profile: Profile) =>
  sureDialog(
    strings.unlinkTitle(name),
    strings.unlinkText(name),
    { action: strings.unlink, cancel: strings.cancel },
    () => void profile.removeConnection(provider),
  );
