// The questions about a passkey.
import type { Passkey } from "@ginnel/client";
import { button, dialog, sureDialog, textDialog } from "../parts/account-dialogs.ts";
import { h } from "../parts/dom.ts";
import type { PasskeyStrings } from "../strings/passkeys-en.ts";

/** Asks before a passkey goes; the last one is explained instead. */
export function removeDialog(
  passkey: Passkey,
  last: boolean,
  strings: PasskeyStrings,
  act: () => void,
) {
  const title = strings.removeTitle(passkey);
  const { remove: action, cancel } = strings;
  if (!last) return sureDialog(title, strings.removeText, { action, cancel }, act);
  const box: HTMLDialogElement = dialog(
    title,
    [h("p", "muted", strings.removeLast)],
    [button(strings.close, "secondary", () => box.close())],
  );
  return box;
}

/** Asks for another name, at most 64 characters. */
export const renameDialog = (
  passkey: Passkey,
  strings: PasskeyStrings,
  act: (name: string) => void,
) =>
  textDialog(
    strings.renameThis(passkey),
    "",
    strings.name,
    { maxlength: "64", value: passkey.friendlyName },
    { missing: strings.nameMissing, action: strings.save, cancel: strings.cancel },
    (value) => value.trim() || undefined,
    (name) => name !== passkey.friendlyName && act(name),
  );
