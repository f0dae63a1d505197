// The states of signing in by mail: a link asked for and waited for, its code typed in, a link that led to this page,
// the two digits wanted where another browser asked.
import type { Client } from "./client.ts";
import { failure, type GinnelError } from "./errors.ts";
import type { FlowOptions } from "./flow.ts";
import type { MailedSecret } from "./magic-links.ts";
import type { Turns } from "./turns.ts";
import type { App, AuthResult, LinkSent, Mode, PendingLink, State } from "./types.ts";

/** Seconds until a mail may be asked for again. */
const RESEND = 30;

/** What the link states need of the flow that they are part of. */
export interface Core {
  app: App | undefined;
  enter: (state: State) => void;
  /** The last attempt once more. */
  retry: () => void;
  /** Says that an attempt ended. */
  fail: (problem: GinnelError, identifier: string, purpose: PendingLink["purpose"]) => void;
  onSignedIn: (result: AuthResult, purpose: PendingLink["purpose"]) => void;
}

/** Whether asking again may help. */
export const passes = ({ status }: GinnelError) => !status || status >= 429;

/** Without a client no link state is ever entered. */
export function createLinkFlow(
  { client, language, onEvent }: FlowOptions,
  turns: Turns,
  flow: Core,
) {
  const { enter, fail, onSignedIn } = flow;
  const { magicLink, oneTimePasscode } = client ?? ({} as Client);
  let sent: LinkSent;
  let mailed: MailedSecret;

  /** Sends a mail and waits for its link; `before` is the waiting that the new mail continues. */
  function send(identifier: string, mode: Mode, before?: LinkSent): void {
    const signal = turns.next();
    flow.retry = () => send(identifier, mode, before);
    const lifetime = flow.app?.authMethods?.magic_link?.ttl;
    turns.settle(
      magicLink[mode](identifier, { language: language?.(), lifetime, signal }),
      (link) => {
        onEvent(`onMagicLink${mode === "login" ? "Login" : "Register"}`);
        wait(link, { resent: !!before });
      },
      (problem) => {
        // The mail before is still good.
        if (before) wait(before.link, { problem }, problem.retryAfter ?? 0);
        else fail(problem, identifier, mode);
      },
    );
  }

  /** Waits for a link, until it is used or expired. Looks only while somebody looks at the page. */
  function wait(link: PendingLink, more: Partial<LinkSent> = {}, resendAfter = RESEND): void {
    const signal = turns.next();
    const resendAt = Date.now() + resendAfter * 1000;
    enter((sent = { name: "link-sent", link, busy: false, resent: false, resendAt, ...more }));
    const dead = (problem: GinnelError) => {
      magicLink.forget();
      fail(problem, link.identifier, link.purpose);
    };
    /** Missing while an answer is awaited. */
    let timer: ReturnType<typeof setTimeout> | undefined;
    let looks = 0;
    // Every 2 seconds in the first minute, then every 5.
    const lookLater = (seconds = looks++ < 30 ? 2 : 5) => {
      timer = setTimeout(look, seconds * 1000);
    };
    const look = () => {
      if (!timer || document.hidden) return;
      clearTimeout(timer);
      timer = undefined;
      turns.settle(
        magicLink.status(link, signal),
        (result) => {
          onEvent("onMagicLinkActivateSuccess");
          onSignedIn(result, link.purpose);
        },
        (problem) => {
          const { status, reason = "magic_link_pending", retryAfter } = problem;
          if (status === 403 || reason !== "magic_link_pending") dead(problem);
          else lookLater(retryAfter);
        },
      );
    };
    lookLater();
    signal.addEventListener("abort", () => clearTimeout(timer));
    document.addEventListener("visibilitychange", look, { signal });
    turns.later((link.expiresAt - Date.now()) / 1000, () => {
      dead(failure("magic_link_expired"));
    });
  }

  /** The mail once more. */
  function resend(): void {
    enter({ ...sent, busy: true });
    send(sent.link.identifier, sent.link.purpose as Mode, sent);
  }

  /** The six digits of the mail in place of its link. */
  function enterCode(code: string): void {
    const signal = turns.next();
    const { link, resendAt } = sent;
    flow.retry = () => enterCode(code);
    enter({ ...sent, busy: true, resent: false, problem: undefined });
    turns.settle(
      oneTimePasscode.activate(code, link, signal),
      (result) => {
        onEvent("onOneTimePasscodeActivated");
        onSignedIn(result, link.purpose);
      },
      (problem) => wait(link, { problem }, (resendAt - Date.now()) / 1000),
    );
  }

  /** Uses a link that led to this page. */
  function open(from: MailedSecret, digits?: string): void {
    const signal = turns.next();
    const pending = magicLink.pending();
    const { secret, verifies } = (mailed = from);
    const purpose = verifies ? "change" : (pending?.purpose ?? "login");
    flow.retry = () => open(from, digits);
    enter(digits ? { name: "digits", busy: true } : { name: "link-opened" });
    if (!digits) onEvent(verifies ? "onVerifyIdentity" : "onMagicLinkActivated");
    const opened = (result: AuthResult | undefined) => {
      if (!result) return enter({ name: "elsewhere" });
      onEvent("onMagicLinkActivateSuccess");
      onSignedIn(result, purpose);
    };
    turns.settle(magicLink.activate(secret, { digits, signal }), opened, (problem) => {
      const { reason } = problem;
      const over = () => fail(problem, pending?.identifier ?? "", purpose);
      if (reason === "digits_required") enter({ name: "digits", busy: false });
      // Perhaps it was this very browser that used it, and only the answer was lost.
      else if (reason === "magic_link_used" && pending) {
        turns.settle(magicLink.status(pending, signal), opened, over);
      } else over();
    });
  }

  /** The two digits that the other browser shows. */
  const enterDigits = (digits: string) => open(mailed, digits);

  return { send, wait, resend, enterCode, open, enterDigits };
}
