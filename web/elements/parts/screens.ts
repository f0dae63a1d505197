// Draws each state of the flow. A screen is a tree of plain elements; what is clicked goes back to the flow.
import type { GinnelError, SignInFlow, State } from "@ginnel/client";
import { h, icon, type Child } from "./dom.ts";
import { CHECK, PASSKEY, WARNING } from "./icons.ts";
import type { Strings } from "../strings/en.ts";

/** What a screen needs to know besides the state. */
export interface Scene {
  flow: SignInFlow;
  strings: Strings;
  /** Whether sign-in and registration lead to each other, and have titles. */
  full: boolean;
  /** Submits what stands in the box. */
  submit: () => void;
  /** Whether the default redirect follows. */
  redirects: boolean;
}

export interface Drawing {
  screen: HTMLElement;
  /** Two drawings with the same key are one screen to the person looking at it. */
  key: string;
  /** Said aloud when the screen appears. */
  spoken: string;
  /** Error tied to the box. */
  wrong: string;
}

export function draw(state: State, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const back = () => flow.cancel();
  const again = () => flow.retry();
  switch (state.name) {
    case "idle":
    case "checking":
      return form(state, scene);
    case "passkey": {
      const { waiting } = strings[state.mode];
      const who = state.identifier && h("p", "who", state.identifier);
      const stop = button(strings.cancel, "secondary", back);
      return panel(PASSKEY, "waits", waiting, strings.waitingHint, who, stop);
    }
    case "failed": {
      const [title, text] = split(state.problem, scene);
      const buttons = [
        button(strings.tryAgain, "", again),
        button(strings.back, "secondary", back),
      ];
      return panel(PASSKEY, "", title, text, ...buttons);
    }
    case "blocked":
      return blocked(state.problem, scene, again);
    case "done":
      return panel(CHECK, "good", strings.done, scene.redirects ? strings.redirecting : "");
  }
  const screen = h("div", "screen center", h("span", "spinner"));
  return { screen, key: "loading", spoken: strings.loading, wrong: "" };
}

/** A screen that tells one thing: picture, heading, text, and what can be done. */
function panel(path: string, look: string, title: string, text: string, ...more: Child[]): Drawing {
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

const heading = (text: string, hidden = false) =>
  h("h2", { tabindex: "-1", class: hidden && "hidden" }, text);

function button(
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

/** A problem in our words, or else in those of the error. */
function explain(error: GinnelError, { strings: { problems }, flow }: Scene): string {
  const words = problems[error.reason ?? ""] ?? problems[error.code];
  return words?.(flow.app?.name ?? "", flow.identifier, error) ?? error.message;
}

/** The same with its first sentence as the heading. */
function split(error: GinnelError, scene: Scene): [string, string] {
  const text = explain(error, scene);
  const [, title, rest] = /^(.*?)\.(?: (.*))?$/s.exec(text) ?? [];
  return [title ?? text, rest ?? ""];
}

function form(state: State & { name: "idle" | "checking" }, scene: Scene): Drawing {
  const { flow, strings, full, submit } = scene;
  const { mode } = state;
  const texts = strings[mode];
  const busy = state.name === "checking";
  const register = mode === "register";
  const problem = state.name === "idle" ? state.problem : undefined;
  const text = problem && explain(problem, scene);
  // What is about the text in the box stands below it.
  const wrong = (problem?.code.startsWith("identifier_") && !problem.status && text) || "";
  const closed = problem?.code === "public_signup_disabled";
  const screen = h(
    "div",
    "screen",
    heading(texts.heading(flow.app?.name ?? ""), !full),
    !closed && texts.hint && h("p", "muted", texts.hint),
    problem && !wrong && notice(problem, text!, scene),
    !closed &&
      h(
        "div",
        "field",
        h("slot", { name: "loginLabel" }),
        h(
          "div",
          { class: wrong ? "box wrong" : "box", part: "input" },
          h("slot", { name: "loginInput" }),
        ),
        h(
          "div",
          { class: "error", part: "identifier-input-error-message", hidden: !wrong },
          icon(WARNING),
          h("slot", { name: "loginError" }),
        ),
        h("slot", { name: `below-${mode}-input` }),
      ),
    !closed &&
      button(busy ? strings.checking : texts.action, "", submit, busy, register && PASSKEY),
    !register && h("div", "or", strings.or),
    !register && button(strings.usePasskey, "secondary", () => void flow.discover(), busy, PASSKEY),
    full &&
      (register || flow.app?.publicSignup) &&
      h(
        "p",
        "foot",
        texts.other + " ",
        button(texts.toOther, "link", () => flow.show(register ? "login" : "register"), busy),
      ),
  );
  return { screen, key: mode, spoken: busy ? strings.checking : "", wrong };
}

/** A refusal above the form, with the way out where there is one. */
function notice(error: GinnelError, text: string, { flow, strings, full, submit }: Scene) {
  const { code, reason, status } = error;
  const unknown = code === "user_not_found";
  const exists = /user_already_registered|passkey_exists/.test(code + reason);
  const signIn = () => {
    flow.show("login");
    submit();
  };
  return h(
    "div",
    { class: unknown || exists ? "notice" : "notice bad", role: "alert" },
    text,
    full &&
      unknown &&
      flow.app?.publicSignup &&
      button(strings.login.toOther, "link", () => flow.show("register")),
    full && exists && button(strings.register.toOther, "link", signIn),
    (code === "network" || status >= 500) && button(strings.tryAgain, "link", () => flow.retry()),
  );
}

function blocked(error: GinnelError, scene: Scene, again: () => void): Drawing {
  const { strings } = scene;
  const { code, status, open } = error;
  const { origin, hostname } = location;
  const command =
    code === "app_id_missing"
      ? `ginnel app create --name "My app" --auth-origin ${origin} --redirect-url /`
      : code === "app_not_found"
        ? "ginnel app list"
        : // A number can never be an origin for passkeys: there is nothing to add.
          (error.reason ?? code) === "origin_not_allowed" && /[a-z]/.test(hostname) && origin;
  return panel(
    WARNING,
    "",
    ...split(error, scene),
    command && h("code", "", command),
    open && h("a", { class: "wide", part: "button", href: open }, strings.open + " " + open),
    (code === "network" || status >= 429) && button(strings.tryAgain, "secondary", again),
  );
}
