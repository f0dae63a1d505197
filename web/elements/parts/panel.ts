// What screens are made of, and how a problem is put into words.
import type { GinnelError, SignInFlow } from "@ginnel/client";
import { h, icon, type Child } from "./dom.ts";
import { WARNING } from "./icons.ts";
import type { Strings } from "../strings/en.ts";

/** What a screen needs to know besides the state. */
export interface Scene {
  flow: SignInFlow;
  strings: Strings;
  /** Whether sign-in and registration lead to each other, and have titles. */
  full: boolean;
  /** What stands in the box. */
  value: () => string;
  /** Hands in what stands in the boxes for codes and digits. */
  enter: () => void;
}

export interface Drawing {
  screen: HTMLElement;
  /** Two drawings with the same key are one screen to the person looking at it. */
  key: string;
  /** Said aloud when the screen appears. */
  spoken: string;
  /** Error tied to the box. */
  wrong: string;
  /** The label of the boxes for a code. */
  code?: string;
  /** How many boxes there are. */
  size?: number;
  /** Whether the screen begins with its boxes: there is no other way to go on. */
  first?: boolean;
}

/** A screen that tells one thing: picture, heading, text, and what can be done. */
export function panel(
  path: string,
  look: string,
  title: string,
  text: string,
  ...more: Child[]
): Drawing {
  const screen = h(
    "div",
    "screen center",
    h("div", "badge " + look, icon(path)),
    heading(title),
    text && h("p", "muted", text),
    ...more,
  );
  return { screen, key: title, spoken: `${title}. ${text}`, wrong: "" };
}

export const heading = (text: string, hidden = false) =>
  h("h2", { tabindex: "-1", class: hidden && "hidden" }, text);

export function button(
  text: string,
  look: string,
  act: () => void,
  busy = false,
  picture?: string | false,
) {
  const link = look === "link";
  return h(
    "button",
    {
      type: "button",
      class: link ? look : "wide " + look,
      part: !link && (look ? "button button-secondary" : "button"),
      "aria-disabled": busy && "true",
      onclick: () => busy || act(),
    },
    picture && icon(picture),
    text,
  );
}

/** A link on a line of its own. */
export const foot = (text: string, act: () => void, busy = false) =>
  h("p", "foot", button(text, "link", act, busy));

/** The frame around an input, or around the boxes for a code: its label, the box, what is wrong with it. */
export function box(slot: "login" | "otp", wrong: string, ...more: Child[]) {
  const code = slot === "otp";
  const label = h("slot", { name: slot + "Label" });
  return h(
    code ? "fieldset" : "div",
    "field",
    code ? h("legend", "", label) : label,
    h(
      "div",
      {
        class: (code ? "code" : "box") + (wrong && " wrong"),
        part: !code && "input",
        dir: code && "ltr",
      },
      h("slot", { name: slot + "Input" }),
    ),
    h(
      "div",
      { class: "error", part: "identifier-input-error-message", hidden: !wrong },
      icon(WARNING),
      h("slot", { name: slot + "Error" }),
    ),
    ...more,
  );
}

/** What the app sends. */
export const what = ({ flow, strings }: Scene) => (flow.codesAlone ? strings.aCode : strings.link);

/** A problem in our words, or else in those of the error. */
export function explain(error: GinnelError, { strings: { problems }, flow }: Scene): string {
  const words = problems[error.reason!] ?? problems[error.code];
  return words?.(flow.app?.name ?? "", flow.identifier) ?? error.message;
}

/** The same with its first sentence as the heading. */
export function split(error: GinnelError, scene: Scene): [string, string] {
  const text = explain(error, scene);
  const [, title, rest] = /^(.*?)\.(?: (.*))?$/s.exec(text) ?? [];
  return [title ?? text, rest ?? ""];
}

/** A message above what can be done; `bad` for a refusal. */
export const notice = (text: string, bad: boolean, ...more: Child[]) =>
  h("div", { class: bad ? "notice bad" : "notice", role: "alert" }, text, ...more);
