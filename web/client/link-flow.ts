// The states of signing in by a message: a link or code asked for and waited for, the code typed in, a link that led to
// this page, the two digits wanted where another browser asked.
import type { Client } from "./client.ts";
import type { GinnelError } from "./errors.ts";
import type { FlowOptions } from "./flow.ts";
import { watchLink } from "./link-watch.ts";
import type { MailedSecret } from "./magic-links.ts";
import type { Turns } from "./turns.ts";
import type { App, AuthResult, LinkSent, Metadata, Mode, PendingLink, State } from "./types.ts";

/** Seconds until a message may be asked for again. */
const RESEND = 30;

/** What the link states need of the flow that they are part of. */
export interface Core {
  app: App | undefined;
  /** What a registration says of the user. */
  metadata: Metadata | undefined;
  /** Whether a passkey was tried in vain. */
  afresh: boolean;
  enter: (state: State) => void;
  /** The last attempt once more. */
  retry: () => void;
  /** Says that an attempt ended. */
  fail: (problem: GinnelError, identifier: string, purpose: PendingLink["purpose"]) => void;
  onSignedIn: (result: AuthResult, from: Pick<PendingLink, "purpose" | "afresh">) => void;
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

  /** Sends a message and waits for its use; `before` is the waiting that the new message continues. */
  function send(identifier: string, mode: Mode, before?: LinkSent): void {
    const signal = turns.next();
    flow.retry = () => send(identifier, mode, before);
    const { magic_link, otp } = flow.app?.authMethods ?? {};
    const options = {
      language: language?.(),
      lifetime: (magic_link ?? otp)?.ttl,
      userMetadata: mode === "register" ? flow.metadata : undefined,
      afresh: flow.afresh || before?.link.afresh,
      signal,
    };
    turns.settle(
      (magic_link ? magicLink : oneTimePasscode)[mode](identifier, options),
      (link) => {
        const name = magic_link ? "onMagicLink" : "onOneTimePasscode";
        onEvent(`${name}${mode === "login" ? "Login" : "Register"}`);
        wait(link, { resent: !!before });
      },
      (problem) => {
        // The message before is still good.
        if (before) wait(before.link, { problem }, problem.retryAfter ?? 0);
        else fail(problem, identifier, mode);
      },
    );
  }

  /** Waits for a link or code, until it is used or expired. */
  function wait(link: PendingLink, more: Partial<LinkSent> = {}, resendAfter = RESEND): void {
    const signal = turns.next();
    const resendAt = Date.now() + resendAfter * 1000;
    enter((sent = { name: "link-sent", link, busy: false, resent: false, resendAt, ...more }));
    watchLink(
      client!,
      link,
      signal,
      (result) => {
        onEvent("onMagicLinkActivateSuccess");
        onSignedIn(result, link);
      },
      (problem) => fail(problem, link.identifier, link.purpose),
    );
  }

  /** The message once more. */
  function resend(): void {
    enter({ ...sent, busy: true });
    send(sent.link.identifier, sent.link.purpose as Mode, sent);
  }

  /** The six digits of the message. */
  function enterCode(code: string): void {
    const signal = turns.next();
    const { link, resendAt } = sent;
    flow.retry = () => enterCode(code);
    enter({ ...sent, busy: true, resent: false, problem: undefined });
    turns.settle(
      oneTimePasscode.activate(code, link, signal),
      (result) => {
        onEvent("onOneTimePasscodeActivated");
        onSignedIn(result, link);
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
      onSignedIn(result, { purpose, afresh: pending?.afresh });
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
