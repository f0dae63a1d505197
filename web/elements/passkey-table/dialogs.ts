// The questions that the passkey table asks in a dialogue of its own.
import type { Passkey } from "@ginnel/client";
import { h } from "../parts/dom.ts";
import type { PasskeyStrings } from "../strings/passkeys-en.ts";

/** A button of the table and its dialogues. */
export function button(text: string, look: string, act: () => void, busy = false) {
  const secondary = look.includes("secondary");
  return h(
    "button",
    {
      type: "button",
      class: look,
      part: secondary ? "button button-secondary" : "button",
      "data-key": text,
      "aria-disabled": busy && "true",
      onclick: () => busy || act(),
    },
    text,
  );
}

function dialog(title: string, content: (Node | false)[], buttons: Node[], onClose?: () => void) {
  const box = h(
    "dialog",
    { part: "modal", "aria-label": title, onclose: () => (box.remove(), onClose?.()) },
    h("div", "stack", h("h2", "", title), ...content, h("div", "row", ...buttons)),
  );
  return box;
}

/** Asks before a passkey goes; the last one is explained instead. */
export function removeDialog(
  passkey: Passkey,
  last: boolean,
  strings: PasskeyStrings,
  act: () => void,
) {
  const close = () => box.close();
  const box: HTMLDialogElement = dialog(
    strings.removeTitle(passkey),
    [h("p", "muted", last ? strings.removeLast : strings.removeText)],
    last
      ? [button(strings.close, "secondary", close)]
      : [
          button(strings.cancel, "secondary", close),
          button(strings.remove, "danger", () => (close(), act())),
        ],
  );
  return box;
}

/** Asks for another name, at most 64 characters. */
export function renameDialog(
  passkey: Passkey,
  strings: PasskeyStrings,
  act: (name: string) => void,
) {
  const error = h("p", { class: "bad", id: "name-error" });
  const input = h("input", {
    maxlength: "64",
    autocomplete: "off",
    value: passkey.friendlyName,
    "aria-describedby": "name-error",
    onkeydown: (event) => {
      const key = event as KeyboardEvent;
      if (key.key === "Enter" && !key.isComposing) save();
    },
  });
  const save = () => {
    const name = input.value.trim();
    if (name) {
      box.close();
      if (name !== passkey.friendlyName) act(name);
      return;
    }
    error.textContent = strings.nameMissing;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const box: HTMLDialogElement = dialog(
    strings.renameThis(passkey),
    [h("label", "", strings.name, input), error],
    [button(strings.cancel, "secondary", () => box.close()), button(strings.save, "", save)],
  );
  queueMicrotask(() => input.select());
  return box;
}

/** Explains why the passkey is wanted once more. Closing it in any other way gives the change up. */
export function stepUpDialog(strings: PasskeyStrings, act: () => void, dismiss: () => void) {
  let agreed = false;
  const box: HTMLDialogElement = dialog(
    strings.stepUpTitle,
    [h("p", "muted", strings.stepUpText)],
    [
      button(strings.cancel, "secondary", () => box.close()),
      button(strings.stepUp, "", () => {
        agreed = true;
        box.close();
      }),
    ],
    () => (agreed ? act() : dismiss()),
  );
  return box;
}
