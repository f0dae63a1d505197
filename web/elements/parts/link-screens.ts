// The screens of signing in by a message: the waiting page, the two digits, the offer of a passkey afterwards.
import type { LinkSent, State } from "@ginnel/client";
import { h } from "./dom.ts";
import { CHECK, MAIL, PASSKEY, PHONE } from "./icons.ts";
import { box, button, explain, foot, notice, panel, type Drawing, type Scene } from "./panel.ts";

/** Check your mail or phone: what to do there, the digits for another device, the boxes for the code, the way back. */
export function linkSent(state: LinkSent, scene: Scene): Drawing {
  const { strings, flow } = scene;
  const { link, busy, problem, resendAt, resent } = state;
  const { digits, identifier, key } = link;
  const wrong = problem ? explain(problem, scene) : "";
  const mail = identifier.includes("@");
  const codes = !key || flow.app?.authMethods?.otp;
  const drawing = panel(
    mail ? MAIL : PHONE,
    "",
    mail ? strings.checkMail : strings.checkPhone,
    resent ? strings.resent : key ? strings.mailSent : strings.codeSent,
    h("bdi", "who", identifier),
    digits && h("p", "notice", strings.otherDevice, h("strong", "", digits)),
    codes ? box("otp", wrong) : wrong && notice(wrong, true),
    busy && h("span", "spinner"),
    resend(scene, resendAt, busy),
    flow.app?.box,
    foot(mail ? strings.goBack : strings.goBackPhone, flow.cancel),
  );
  return {
    ...drawing,
    spoken: `${drawing.spoken} ${identifier}`,
    ...(codes && { wrong, code: key ? strings.code : strings.codeAlone, first: !key }),
  };
}

/** The button for another message, which counts the seconds until it may be used. */
function resend({ strings, flow }: Scene, at: number, busy: boolean): HTMLElement {
  const line = foot("", () => Date.now() < at || flow.resend(), busy);
  const link = line.firstElementChild!;
  const count = () => {
    const left = Math.ceil((at - Date.now()) / 1000);
    link.textContent = left > 0 ? strings.resendIn(left) : strings.resend;
    link.ariaDisabled = String(busy || left > 0);
    if (left > 0) setTimeout(() => link.isConnected && count(), 1000);
  };
  count();
  return line;
}

/** The link was asked for elsewhere: this page has to show that it knows that other page. */
export function digitsWanted(state: State & { name: "digits" }, scene: Scene): Drawing {
  const { strings, enter } = scene;
  const { busy } = state;
  return {
    ...panel(
      MAIL,
      "",
      strings.digitsTitle,
      strings.digitsText,
      box("otp", ""),
      button(busy ? strings.checking : strings.confirm, "", enter, busy),
    ),
    code: strings.digits,
    size: 2,
    first: true,
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
    busy ? strings.waitingHint : strings.register.hint,
    problem && notice(explain(problem, scene), true),
    button(busy ? strings.checking : strings.addOne, "", flow.acceptOffer, busy),
    button(strings.notNow, "secondary", flow.skip),
  );
}
