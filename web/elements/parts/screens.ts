// Draws each state of the flow. A screen is a tree of plain elements; what is clicked goes back to the flow.
import type { GinnelError, State } from "@ginnel/client";
import { h } from "./dom.ts";
import { CHECK, MAIL, PASSKEY, WARNING } from "./icons.ts";
import { digitsWanted, elsewhere, linkSent, offer } from "./link-screens.ts";
import {
  box,
  button,
  explain,
  foot,
  heading,
  notice,
  panel,
  split,
  what,
  type Drawing,
  type Scene,
} from "./panel.ts";

export function draw(state: State, scene: Scene): Drawing {
  const { strings, flow } = scene;
  switch (state.name) {
    case "idle":
      if (state.mode === "register" && !flow.app?.publicSignup && !scene.full) {
        return panel(PASSKEY, "", ...split(state.problem!, scene));
      }
      return form(state, scene);
    case "checking":
      return form(state, scene);
    case "passkey": {
      const { waiting } = strings[state.mode];
      return panel(
        PASSKEY,
        "waits",
        waiting,
        strings.waitingHint,
        flow.identifier && h("p", "who", flow.identifier),
        button(strings.cancel, "secondary", flow.cancel),
        instead(scene),
      );
    }
    case "failed":
      return failed(state, scene);
    case "blocked":
      return blocked(state.problem, scene);
    case "link-sent":
      return linkSent(state, scene);
    case "digits":
      return digitsWanted(state, scene);
    case "elsewhere":
      return elsewhere(scene);
    case "offer":
      return offer(state, scene);
    case "done":
      return panel(CHECK, "good", state.verified ? strings.verified : strings.done, "");
  }
  const loading = state.name === "loading";
  const text = loading ? strings.loading : strings.signingIn;
  const screen = h("div", "screen center", h("span", "spinner"), heading(text, loading));
  return { screen, key: state.name, spoken: text, wrong: "" };
}

/** The way from a passkey to a link. */
const instead = (scene: Scene) =>
  scene.flow.links &&
  button(scene.strings.login.byLink(what(scene)), "link", () =>
    scene.flow.use(true, scene.flow.identifier),
  );

function failed(state: State & { name: "failed" }, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { problem, mode } = state;
  const { code } = problem;
  const unverified = code === "identifier_not_verified";
  const byLink = unverified || /magic_link|^code_/.test(code);
  return panel(
    byLink ? MAIL : PASSKEY,
    "",
    ...split(problem, scene),
    byLink
      ? flow.links &&
          button((unverified ? strings.sendLink : strings.newLink)(what(scene)), "", () =>
            flow.use(true, flow.identifier, unverified ? "login" : mode),
          )
      : !/^user_/.test(code) && button(strings.tryAgain, "", flow.retry),
    button(strings.back, "secondary", flow.cancel),
    /^passkey|login/.test(code) && instead(scene),
  );
}

function form(state: State & { name: "idle" | "checking" }, scene: Scene): Drawing {
  const { flow, strings, full, value } = scene;
  const { mode } = state;
  const texts = strings[mode];
  const busy = state.name === "checking";
  const register = mode === "register";
  const known = !register && flow.known;
  const { byLink } = flow;
  const problem = state.name === "idle" ? state.problem : undefined;
  const text = problem && explain(problem, scene);
  // What is about the text in the box stands below it.
  const wrong =
    (/^(identifier|phone)_/.test(problem?.code ?? "") && !problem!.status && text) || "";
  const closed = problem?.code === "public_signup_disabled";
  const title = known ? strings.welcome : texts.heading(flow.app?.name ?? "");
  const submit = () => flow.submit(value());
  const action = byLink ? strings.sendLink(what(scene)) : texts.action;
  const screen = h(
    "div",
    "screen",
    heading(title, !full && !known),
    known && h("p", "muted who", known),
    register && !closed && !byLink && h("p", "muted", strings.register.hint),
    problem && !wrong && refusal(problem, text!, scene),
    !closed && !known && box("login", wrong, h("slot", { name: `below-${mode}-input` })),
    register && !closed && flow.app?.fields?.element,
    !closed &&
      button(
        busy ? strings.checking : action,
        "",
        submit,
        busy,
        !byLink && (register || known) && PASSKEY,
      ),
    !register &&
      flow.passkeys &&
      (!known || byLink) && [
        h("div", "or", strings.or),
        button(strings.usePasskey, "secondary", flow.discover, busy, PASSKEY),
      ],
    !closed &&
      flow.links &&
      (byLink
        ? register &&
          flow.passkeys &&
          !flow.app?.hideUserExistence &&
          !flow.app?.requireIdentifierVerification &&
          foot(strings.byPasskey, () => flow.use(false), busy)
        : foot(texts.byLink(what(scene)), () => flow.use(true, value()), busy)),
    flow.app?.box,
    known &&
      foot(strings.switchAccount, () => {
        flow.known = "";
        flow.cancel();
      }),
    full &&
      (register || flow.app?.publicSignup) &&
      foot(texts.toOther, () => flow.show(register ? "login" : "register"), busy),
  );
  return { screen, key: mode + byLink + known, spoken: busy ? strings.checking : "", wrong };
}

/** A refusal above the form, with the way out where there is one. */
function refusal(error: GinnelError, text: string, { flow, strings, full, value }: Scene) {
  const { code, reason, status } = error;
  const unknown = code === "user_not_found";
  const exists = /user_already_registered|passkey_exists/.test(code + reason);
  const signIn = () => {
    flow.show("login");
    flow.submit(value());
  };
  return notice(
    text,
    !unknown && !exists,
    full &&
      unknown &&
      flow.app?.publicSignup &&
      button(strings.login.toOther, "link", () => flow.show("register")),
    full && exists && button(strings.register.toOther, "link", signIn),
    (code === "network" || status >= 500) && button(strings.tryAgain, "link", flow.retry),
  );
}

function blocked(error: GinnelError, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { code, status, open } = error;
  const { origin, hostname } = location;
  const command =
    code === "app_not_found"
      ? "ginnel app list"
      : // A number can never be an origin for passkeys: there is nothing to add.
        (error.reason ?? code) === "origin_not_allowed" &&
        /[a-z]/.test(hostname) &&
        `ginnel app update ${flow.app?.id} --add-origin ${origin}`;
  return panel(
    WARNING,
    "",
    ...split(error, scene),
    // Each flag with its value has a line, as a shell takes it.
    command && h("code", "", command.replaceAll(" --", " \\\n  --")),
    open && h("a", { class: "wide", part: "button", href: open }, strings.open + " " + open),
    (code === "network" || status >= 429) && button(strings.tryAgain, "secondary", flow.retry),
  );
}
