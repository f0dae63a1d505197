// Draws each state of the flow. A screen is a tree of plain elements; what is clicked goes back to the flow.
import type { App, Mode, Problem, SignInFlow, State } from "@ginnel/client";
import { h, icon, type Child } from "./dom.ts";
import { CHECK, PASSKEY, WARNING } from "./icons.ts";
import type { Facts, Strings } from "../strings/en.ts";

/** What a screen needs to know besides the state. */
export interface Scene {
  flow: SignInFlow;
  strings: Strings;
  app: App | undefined;
  appId: string;
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
  fieldError: string;
}

/** Codes that are about the text in the box and stand below it. */
const FIELD_CODES = ["identifier_empty", "identifier_invalid"];

export function draw(state: State, scene: Scene): Drawing {
  switch (state.name) {
    case "loading":
      return drawing("loading", scene.strings.loading, [
        h("span", { class: "spinner muted" }),
        h("span", { class: "hidden" }, scene.strings.loading),
      ]);
    case "idle":
    case "checking":
      return form(state, scene);
    case "passkey":
      return waiting(state.mode, state.identifier, scene);
    case "failed":
      return failed(state.problem, scene);
    case "blocked":
      return blocked(state.problem, scene);
    case "done":
      return drawing("done", scene.strings.done, [
        badge(CHECK, "good"),
        heading(scene.strings.done),
        scene.redirects && h("p", { class: "muted" }, scene.strings.redirecting),
      ]);
  }
}

function drawing(key: string, spoken: string, children: Child[], fieldError = ""): Drawing {
  const screen = h("div", { class: "screen center" }, ...children);
  return { screen, key, spoken, fieldError };
}

const heading = (text: string, hidden = false) =>
  h("h2", { tabindex: "-1", class: hidden && "hidden" }, text);

const badge = (path: string, look = "") => h("div", { class: "badge " + look }, icon(path));

function button(text: string, look: string, act: () => void, busy = false, picture?: string) {
  return h(
    "button",
    {
      type: "button",
      class: look,
      part: look.includes("secondary")
        ? "button button-secondary"
        : !look.includes("link") && "button",
      "data-key": text,
      "aria-disabled": busy && "true",
      onclick: () => busy || act(),
    },
    picture && icon(picture),
    text,
  );
}

export function factsOf({ app, appId, flow }: Scene, problem?: Problem): Facts {
  return {
    app: app?.name ?? "This app",
    appId,
    identifier: flow.identifier,
    here: location.origin,
    open: problem?.open ?? "",
    seconds: problem?.error.retryAfter ?? 0,
  };
}

/** Heading and text of a problem; where we have no words of our own, the sentence of the error. */
function explain(problem: Problem, scene: Scene, facts = factsOf(scene, problem)) {
  const { code, reason, message } = problem.error;
  const { problems, failed } = scene.strings;
  const known = problems[reason ?? ""] ?? problems[code];
  return { title: known?.title ?? failed, text: known?.text?.(facts) ?? message, facts };
}

function form(state: State & { name: "idle" | "checking" }, scene: Scene): Drawing {
  const { flow, strings, full, submit } = scene;
  const { mode } = state;
  const busy = state.name === "checking";
  const register = mode === "register";
  const problem = state.name === "idle" ? state.problem : undefined;
  const inField = !!problem && FIELD_CODES.includes(problem.error.code);
  const text = problem ? explain(problem, scene).text : "";
  const closed = problem?.error.code === "public_signup_disabled";
  const other: Mode = register ? "login" : "register";
  const children: Child[] = [
    heading(register ? strings.register : strings.signIn(factsOf(scene)), !full),
    register && !closed && h("p", { class: "muted" }, strings.registerHint),
    problem && !inField && notice(problem, text, scene),
  ];
  if (!closed) {
    children.push(
      h(
        "div",
        { class: "field" },
        h("slot", { name: "loginLabel" }),
        h(
          "div",
          { class: inField ? "box wrong" : "box", part: "input" },
          h("slot", { name: "loginInput" }),
        ),
        h(
          "div",
          { class: inField ? "error" : "error empty", part: "identifier-input-error-message" },
          icon(WARNING),
          h("slot", { name: "loginError" }),
        ),
        h("slot", { name: `below-${mode}-input` }),
      ),
      button(
        busy ? strings.checking : register ? strings.createPasskey : strings.continue,
        "wide",
        submit,
        busy,
        register ? PASSKEY : undefined,
      ),
    );
  }
  if (!register) {
    children.push(
      h("div", { class: "or" }, strings.or),
      button(strings.usePasskey, "wide secondary", () => void flow.discover(), busy, PASSKEY),
    );
  }
  if (full && (register || scene.app?.publicSignup)) {
    children.push(
      h(
        "p",
        { class: "foot" },
        register ? strings.haveAccount : strings.newHere,
        " ",
        button(
          register ? strings.toSignIn : strings.toRegister,
          "link",
          () => flow.show(other),
          busy,
        ),
      ),
    );
  }
  const screen = h("div", { class: "screen" }, ...children);
  return {
    screen,
    key: mode,
    spoken: busy ? strings.checking : "",
    fieldError: inField ? text : "",
  };
}

/** A refusal above the form, with the way out where there is one. */
function notice(problem: Problem, text: string, scene: Scene) {
  const { flow, strings, full } = scene;
  const { code, reason, retryAfter } = problem.error;
  const is = (...codes: string[]) => codes.includes(reason ?? "") || codes.includes(code);
  const mild = is(
    "user_not_found",
    "user_already_registered",
    "passkey_exists",
    "public_signup_disabled",
  );
  const resume = (mode: Mode) => {
    flow.show(mode);
    if (mode === "login") scene.submit();
  };
  return h(
    "div",
    { class: mild ? "notice" : "notice bad", role: "alert" },
    // Counted down by the element: seen, but not read out each second.
    retryAfter
      ? h("span", { "aria-hidden": "true", "data-countdown": "" }, text)
      : h("span", {}, text),
    !!retryAfter && h("span", { class: "hidden" }, text),
    is("user_not_found") &&
      full &&
      scene.app?.publicSignup &&
      button(strings.toRegister, "link", () => resume("register")),
    is("user_already_registered", "passkey_exists") &&
      full &&
      button(strings.toSignIn, "link", () => resume("login")),
    is("network", "internal_server_error") && button(strings.tryAgain, "link", () => flow.retry()),
  );
}

function waiting(mode: Mode, identifier: string, { strings, flow }: Scene): Drawing {
  const register = mode === "register";
  const title = register ? strings.waitingNew : strings.waiting;
  const hint = register ? strings.waitingNewHint : strings.waitingHint;
  return drawing("passkey", title + ". " + hint, [
    badge(PASSKEY, "waits"),
    heading(title),
    identifier && h("p", { class: "who" }, identifier),
    h("p", { class: "muted" }, hint),
    button(strings.cancel, "wide secondary", () => flow.cancel()),
  ]);
}

function failed(problem: Problem, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { title, text } = explain(problem, scene);
  return drawing("failed", title + ". " + text, [
    badge(PASSKEY),
    heading(title),
    h("p", { class: "muted" }, text),
    h(
      "div",
      { class: "stack wide" },
      button(strings.tryAgain, "wide", () => flow.retry()),
      button(strings.back, "wide secondary", () => flow.cancel()),
    ),
  ]);
}

function blocked(problem: Problem, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { title, text, facts } = explain(problem, scene);
  const { code, reason, status, retryAfter } = problem.error;
  const elsewhere = code === "origin_not_allowed" || reason === "origin_not_allowed";
  // A number can never be an origin for passkeys: there is nothing to add.
  const named = /[a-z]/.test(location.hostname);
  const command =
    code === "app_id_missing"
      ? `ginnel app create --name "My app" --auth-origin ${facts.here} --redirect-url /`
      : code === "app_not_found"
        ? "ginnel app list"
        : elsewhere && named && facts.here;
  const again = code === "network" || status >= 429;
  return drawing("blocked " + code, title + ". " + text, [
    badge(WARNING),
    heading(title),
    h("p", { class: "muted" }, text),
    !!retryAfter && h("span", { class: "hidden", "data-countdown": "" }),
    command && h("code", {}, command),
    problem.open &&
      h("a", { class: "button wide", part: "button", href: problem.open }, strings.open(facts)),
    again && button(strings.tryAgain, "wide secondary", () => flow.retry()),
  ]);
}
