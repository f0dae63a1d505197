// The screens of signing in by mail: the waiting page, the two digits, the offer of a passkey afterwards.
import type { LinkSent, State } from "@ginnel/client";
import { h } from "./dom.ts";
import { CHECK, MAIL, PASSKEY } from "./icons.ts";
import { box, button, explain, foot, notice, panel, type Drawing, type Scene } from "./panel.ts";

/** Refusals of a code, which stand below its box. */
const ABOUT_CODE = /^(wrong_code|code_expired)$/;

/** Check your mail: what to do there, the digits for another device, the box for the code, and the way back. */
export function linkSent(state: LinkSent, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { link, busy, problem, resendAt, resent } = state;
  const { digits } = link;
  const text = problem && explain(problem, scene);
  const wrong = problem && ABOUT_CODE.test(problem.reason ?? "") ? text! : "";
  const drawing = panel(
    MAIL,
    "",
    strings.checkMail,
    resent ? strings.resent : strings.mailSent,
    h("p", "who", link.identifier),
    problem &&
      !wrong &&
      notice(
        text!,
        true,
        problem.code === "network" && button(strings.tryAgain, "link", flow.retry),
      ),
    digits && h("p", "digits", h("span", "", strings.otherDevice), h("strong", "", digits)),
    box("otp", wrong),
    busy && h("span", "spinner"),
    h(
      "div",
      "",
      foot(strings.noMail, resend(scene, resendAt, busy)),
      foot(strings.wrongAddress, button(strings.goBack, "link", flow.cancel)),
    ),
  );
  return {
    ...drawing,
    spoken: `${drawing.spoken} ${link.identifier}. ${busy ? strings.checking : strings.mailHint}`,
    wrong,
    code: { label: strings.code, size: 6 },
  };
}

/** The button for another mail, which counts the seconds until it may be used. */
function resend({ strings, flow }: Scene, at: number, busy: boolean): HTMLElement {
  const link = button(strings.resend, "link", () => Date.now() < at || flow.resend(), busy);
  const count = () => {
    const left = Math.ceil((at - Date.now()) / 1000);
    link.textContent = left > 0 ? strings.resendIn(left) : strings.resend;
    if (left > 0) link.setAttribute("aria-disabled", "true");
    else if (!busy) link.removeAttribute("aria-disabled");
    if (left > 0) setTimeout(() => link.isConnected && count(), 1000);
  };
  count();
  return link;
}

/** The link was asked for elsewhere: this page has to show that it knows that other page. */
export function digitsWanted(state: State & { name: "digits" }, scene: Scene): Drawing {
  const { strings, enter } = scene;
  const { busy, problem } = state;
  return {
    ...panel(
      MAIL,
      "",
      strings.digitsTitle,
      strings.digitsText,
      problem && notice(explain(problem, scene), true),
      box("otp", ""),
      button(busy ? strings.checking : strings.confirm, "", enter, busy),
      h("p", "foot", strings.digitsWarning),
    ),
    code: { label: strings.digits, size: 2 },
  };
}

export function elsewhere({ strings }: Scene): Drawing {
  return panel(CHECK, "good", strings.elsewhere, strings.elsewhereText);
}

/** Signed in by mail: next time a passkey does it. */
export function offer({ busy, problem }: State & { name: "offer" }, scene: Scene): Drawing {
  const { strings, flow } = scene;
  return panel(
    PASSKEY,
    busy ? "waits" : "",
    strings.offerTitle,
    busy ? strings.waitingHint : strings.offerText,
    problem && notice(explain(problem, scene), true),
    button(busy ? strings.checking : strings.addOne, "", flow.acceptOffer, busy),
    button(strings.notNow, "secondary", flow.skip),
  );
}
