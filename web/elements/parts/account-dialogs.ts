// The questions that the passkey table and the profile ask in a dialogue of their own.
import type { PendingLink } from "@ginnel/client";
import { h, type Child } from "./dom.ts";
import type { AccountStrings } from "../strings/account-en.ts";

/** A button of these elements and their dialogues. */
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

/** A box over the page. `onClose` is called however it is closed. */
export function dialog(title: string, content: Child[], buttons: Child[], onClose?: () => void) {
  const box = h(
    "dialog",
    { part: "modal", "aria-label": title, onclose: () => (box.remove(), onClose?.()) },
    h("div", "stack", h("h2", "", title), ...content, h("div", "row", ...buttons)),
  );
  return box;
}

/** Asks before something is done that cannot be undone. */
export function sureDialog(
  title: string,
  text: string,
  texts: { action: string; cancel: string },
  act: () => void,
) {
  const close = () => box.close();
  const box: HTMLDialogElement = dialog(
    title,
    [h("p", "muted", text)],
    [
      button(texts.cancel, "secondary", close),
      button(texts.action, "danger", () => (close(), act())),
    ],
  );
  return box;
}

/** Asks for one line of text. `read` gives what is to be used of it; nothing means that it will not do. */
export function textDialog(
  title: string,
  text: string,
  label: string,
  attributes: Record<string, string>,
  texts: { missing: string; action: string; cancel: string; problem?: string },
  read: (value: string) => string | undefined,
  act: (value: string) => void,
  dismiss?: () => void,
  more?: Child,
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
    [!!text && h("p", "muted", text), more, h("label", "", label, input), error],
    [button(texts.cancel, "secondary", () => box.close()), button(texts.action, "", done)],
    () => (agreed === undefined ? dismiss?.() : act(agreed)),
  );
  queueMicrotask(() => input.select());
  return box;
}

/** Waits for the message that was sent, and asks for its code where it has one. */
export function messageDialog(
  { link, codes, problem }: { link: PendingLink; codes: boolean; problem?: string | undefined },
  strings: AccountStrings,
  act: (code: string) => void,
  dismiss: () => void,
) {
  const { identifier, digits, key } = link;
  const title = identifier.includes("@") ? strings.checkMail : strings.checkPhone;
  const text = (codes ? (key ? strings.eitherSent : strings.codeSent) : strings.linkSent)(
    identifier,
  );
  const other = !!digits && h("p", "notice", strings.otherDevice, h("strong", "", digits));
  if (!codes) {
    const box: HTMLDialogElement = dialog(
      title,
      [h("p", "muted", text), other, problem && h("p", "bad", problem)],
      [button(strings.cancel, "secondary", () => box.close())],
      dismiss,
    );
    return box;
  }
  return textDialog(
    title,
    text,
    strings.code,
    { inputmode: "numeric", autocomplete: "one-time-code" },
    {
      missing: strings.codeMissing,
      action: strings.confirm,
      cancel: strings.cancel,
      ...(problem && { problem }),
    },
    // A pasted code may come with spaces or a dash.
    (value) => /^\d{6}$/.exec(value.normalize("NFKC").replace(/[\s-]/g, ""))?.[0],
    act,
    dismiss,
    other,
  );
}

/** Explains why a sign-in is wanted once more, and lets choose. Closing it in any other way gives the change up. */
export function stepUpDialog(
  { passkey, message }: { passkey: boolean; message?: "code" | "link" | undefined },
  strings: AccountStrings,
  acts: { stepUp: () => void; sendMessage: () => void; dismiss: () => void },
) {
  let act = acts.dismiss;
  const choose = (chosen: () => void) => () => {
    act = chosen;
    box.close();
  };
  const box: HTMLDialogElement = dialog(
    strings.stepUpTitle,
    [h("p", "muted", strings.stepUpText)],
    [
      button(strings.cancel, "secondary", () => box.close()),
      message &&
        button(strings.useMessage[message], passkey ? "secondary" : "", choose(acts.sendMessage)),
      passkey && button(strings.stepUp, "", choose(acts.stepUp)),
    ],
    () => act(),
  );
  return box;
}
