// The questions that the passkey table asks in a dialogue of its own.
import type { Passkey } from "@ginnel/client";
import { h, type Child } from "../parts/dom.ts";
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

function dialog(title: string, content: Child[], buttons: Child[], onClose?: () => void) {
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

/** Asks for one line of text. `read` gives what is to be used of it; nothing means that it will not do. */
function textDialog(
  title: string,
  text: string,
  label: string,
  attributes: Record<string, string>,
  texts: { missing: string; action: string; cancel: string; problem?: string },
  read: (value: string) => string | undefined,
  act: (value: string) => void,
  dismiss?: () => void,
) {
  let agreed: string | undefined;
  const wrong = texts.problem ?? "";
  const error = h("p", { class: "bad", id: "text-error" }, wrong);
  const input = h("input", {
    autocomplete: "off",
    "aria-describedby": "text-error",
    "aria-invalid": wrong && "true",
    ...attributes,
    onkeydown: (event) => {
      const key = event as KeyboardEvent;
      if (key.key === "Enter" && !key.isComposing) done();
    },
  });
  const done = () => {
    agreed = read(input.value);
    if (agreed !== undefined) return box.close();
    error.textContent = texts.missing;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const box: HTMLDialogElement = dialog(
    title,
    [!!text && h("p", "muted", text), h("label", "", label, input), error],
    [button(texts.cancel, "secondary", () => box.close()), button(texts.action, "", done)],
    () => (agreed === undefined ? dismiss?.() : act(agreed)),
  );
  queueMicrotask(() => input.select());
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

/** Asks for the code that was mailed, in place of the passkey. */
export const codeDialog = (
  address: string,
  problem: string | undefined,
  strings: PasskeyStrings,
  act: (code: string) => void,
  dismiss: () => void,
) =>
  textDialog(
    strings.codeTitle,
    strings.codeText(address),
    strings.code,
    { inputmode: "numeric", autocomplete: "one-time-code" },
    {
      missing: strings.codeMissing,
      action: strings.confirm,
      cancel: strings.cancel,
      ...(problem && { problem }),
    },
    // A pasted code may come with spaces or a dash.
    (value) => /^\d{6}$/.exec(value.replace(/[\s-]/g, ""))?.[0],
    act,
    dismiss,
  );

/** Explains why a sign-in is wanted once more, and lets choose. Closing it in any other way gives the change up. */
export function stepUpDialog(
  { passkeys, links }: { passkeys: Passkey[]; links: boolean },
  strings: PasskeyStrings,
  acts: { stepUp: () => void; sendCode: () => void; dismiss: () => void },
) {
  let act = acts.dismiss;
  const box: HTMLDialogElement = dialog(
    strings.stepUpTitle,
    [h("p", "muted", strings.stepUpText)],
    [
      button(strings.cancel, "secondary", () => box.close()),
      links && button(strings.sendCode, passkeys.length ? "secondary" : "", choose(acts.sendCode)),
      (!!passkeys.length || !links) && button(strings.stepUp, "", choose(acts.stepUp)),
    ],
    () => act(),
  );
  function choose(chosen: () => void) {
    return () => {
      act = chosen;
      box.close();
    };
  }
  return box;
}
