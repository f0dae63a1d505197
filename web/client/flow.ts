// The states of signing in and registering: which screen follows which, when autofill waits, what is tried again by
// itself. An element draws `state` and calls the methods; nothing here knows how it looks.
import type { Client } from "./client.ts";
import { GinnelError, failure } from "./errors.ts";
import { identifierProblem, kindOf } from "./identifiers.ts";
import { createLinkFlow, passes } from "./link-flow.ts";
import { takeSecret, type MailedSecret } from "./magic-links.ts";
import { createTurns } from "./turns.ts";
import type { App, AuthResult, FlowEvent, Metadata, Mode, PendingLink, State } from "./types.ts";

/** Seconds after which a waiting autofill ceremony is started anew; its challenge lives 5 minutes. */
const RENEW_AUTOFILL = 240;
/** Codes that get a screen of their own: the form could not mend what they say. */
const OWN_SCREEN =
  /^passkey_(cancelled|failed)$|login_failed$|^user_(not_active|has_no_passkeys)$|verified|magic_link|^code_/;

export interface FlowOptions {
  mode: Mode;
  /** Missing when the page gives no app id. */
  client: Client | undefined;
  /** Who signed in here last: the first screen greets them instead of asking for an identifier. */
  known?: string;
  /** Language wished for in mails. */
  language?: () => string;
  /** Asked when an identifier is submitted; `false` stops. */
  beforeAuth?: (identifier: string, authType: Mode) => unknown;
  /** Called at each change of state. */
  onState: (state: State) => void;
  onEvent: (event: FlowEvent) => void;
  /** Called once when a session was opened, and a passkey offered where there is none. */
  onDone: (result: AuthResult, authType: Mode) => void;
}

export type SignInFlow = ReturnType<typeof createSignInFlow>;

export function createSignInFlow(options: FlowOptions) {
  const { client, beforeAuth, onDone, onEvent } = options;
  const turns = createTurns();
  const { next, later } = turns;
  const end = new AbortController();
  let { mode } = options;
  let waiting: AbortSignal | undefined;
  let failures = 0;
  let mailed: MailedSecret | undefined;

  const flow = {
    state: { name: "loading" } as State,
    app: undefined as App | undefined,
    /** Whom the last attempt was about; empty for a discoverable sign-in. */
    identifier: "",
    /** Who is greeted at the sign-in; nobody when empty. */
    known: options.known,
    /** Whether the app sends links or codes. */
    links: false,
    /** Whether it sends codes alone. */
    codesAlone: false,
    /** What the fields of the registration say. */
    metadata: undefined as Metadata | undefined,
    /** Whether a passkey was tried in vain: after a sign-in by link or code a new one is offered. */
    afresh: false,
    /** Whether passkeys can work here. */
    passkeys: true,
    /** Whether the form asks for a link or code instead of a passkey. */
    byLink: false,
    start,
    show,
    cancel,
    submit,
    discover,
    autofill,
    acceptOffer,
    enter,
    fail,
    onSignedIn,
    /** The last attempt once more. */
    retry: () => {},

    /** What the form of this moment asks for. */
    kind: () => kindOf(flow.app, mode),

    /** From passkeys to links or back. With an identifier at hand the link is sent at once. */
    use(byLink: boolean, identifier = "", wanted = mode): void {
      mode = wanted;
      flow.byLink = byLink;
      if (byLink && (flow.known || !identifierProblem(identifier.trim(), flow.kind()))) {
        submit(identifier);
      } else show(mode);
    },

    /** Goes on without the passkey that was offered. */
    skip: () => {},

    /** Ends the flow for good; a removed element must not keep a ceremony open. */
    stop(): void {
      next();
      end.abort();
    },
  };

  const links = createLinkFlow(options, turns, flow);

  addEventListener(
    "online",
    () => {
      const { state } = flow;
      if ((state as { problem?: GinnelError }).problem?.code === "network") flow.retry();
    },
    { signal: end.signal },
  );

  function enter(state: State) {
    flow.state = state;
    options.onState(state);
  }

  /** Looks up the app and shows the first screen. */
  function start(): void {
    next();
    flow.retry = start;
    if (!client) return block(failure("app_id_missing"));
    mailed ??= takeSecret();
    // A retry keeps its screen: the message does not flicker.
    if (flow.state.name !== "blocked") enter({ name: mailed ? "link-opened" : "loading" });
    turns.settle(client.app(), begin, (problem) => {
      block(problem);
      // 5 seconds at first, later up to 30.
      if (passes(problem)) later(problem.retryAfter ?? Math.min(5 * ++failures, 30), start);
    });
  }

  /** The first screen, once the app is known. */
  function begin(app: App): void {
    flow.app = app;
    failures = 0;
    const { magic_link, otp } = app.authMethods ?? {};
    flow.links = !!(magic_link ?? otp);
    flow.codesAlone = !magic_link;
    flow.passkeys = client!.passkey.supported();
    chooseMethod();
    const problem = pageProblem(app, flow.passkeys || flow.links);
    const link = client!.magicLink.pending();
    if (problem) block(problem);
    else if (mailed) {
      links.open(mailed);
      mailed = undefined;
    } else if (flow.links && link && link.purpose !== "change") links.wait(link);
    else show(mode);
  }

  function block(problem: GinnelError) {
    enter({ name: "blocked", problem });
  }

  /** Passkeys, unless they cannot work here, would have to ask who has an account, or need a proof first. */
  function chooseMethod() {
    const { hideUserExistence, requireIdentifierVerification } = flow.app ?? {};
    const first = mode === "register" && requireIdentifierVerification;
    flow.byLink = flow.links && !!(!flow.passkeys || hideUserExistence || first);
  }

  /** Shows the form of a mode. */
  function show(wanted: Mode, problem?: GinnelError): void {
    next();
    if (mode !== wanted) {
      mode = wanted;
      flow.known = "";
      chooseMethod();
    }
    if (mode === "register" && !flow.app?.publicSignup) {
      problem ??= failure("public_signup_disabled");
    }
    enter({ name: "idle", mode, problem });
    void autofill();
    if (problem?.retryAfter) later(problem.retryAfter, cancel);
  }

  /** Back to the form, with whatever is under way stopped. */
  function cancel(): void {
    if (flow.state.name === "link-sent") client?.magicLink.forget();
    show(mode);
  }

  /** Registers or signs in the person behind an identifier, or whoever is greeted. */
  function submit(identifier: string): void {
    identifier = flow.known || identifier.trim();
    const problem = identifierProblem(identifier, flow.kind());
    if (problem) return show(mode, problem);
    const { fields } = flow.app!;
    if (mode === "register" && fields) {
      if ((flow.state as { problem?: GinnelError }).problem) show(mode);
      flow.metadata = fields.read();
      // A field that will not do says so itself.
      if (!flow.metadata) return;
    }
    void attempt(identifier);
  }

  /** Signs in with any passkey that the browser has for this app. */
  function discover(): void {
    mode = "login";
    void attempt("");
  }

  async function attempt(identifier: string) {
    const turn = next();
    flow.identifier = identifier;
    flow.retry = () => void attempt(identifier);
    enter(flow.state.name === "idle" ? { name: "checking", mode } : { name: "loading" });
    const onPrompt = () => {
      if (!turn.aborted) enter({ name: "passkey", mode });
    };
    try {
      const wanted = (await beforeAuth?.(identifier, mode)) ?? true;
      if (turn.aborted) return;
      if (!wanted) return cancel();
      if (identifier && flow.byLink) return links.send(identifier, mode);
      const { findUser, createUser, passkey } = client!;
      if (mode === "register") {
        const user = await findUser(identifier, turn);
        if (user?.webauthn) throw new GinnelError("user_already_registered");
        if (!user && flow.metadata) await createUser(identifier, flow.metadata, turn);
      }
      const result = await passkey[mode](identifier, { signal: turn, onPrompt });
      if (!turn.aborted) done(result, mode);
    } catch (cause) {
      if (!turn.aborted) fail(cause, identifier);
    }
  }

  function done(result: AuthResult, authType: Mode, verified = false) {
    next();
    enter({ name: "done", mode: authType, result, verified });
    onDone(result, authType);
  }

  /** Signed in by link or code: a passkey is offered where this browser has none, but not to confirm an address. */
  function onSignedIn(
    result: AuthResult,
    { purpose, afresh = flow.afresh }: Pick<PendingLink, "purpose" | "afresh">,
  ) {
    const verified = purpose === "change";
    flow.skip = () => done(result, verified ? "login" : purpose, verified);
    const offer = () => enter({ name: "offer", busy: false });
    next();
    if (verified || !flow.passkeys) flow.skip();
    else if (afresh) offer();
    // What the browser remembers may be a passkey that is gone.
    else
      turns.settle(
        client!.currentUser.hasPasskeyHere(),
        (has) => (has ? flow.skip() : offer()),
        offer,
      );
  }

  /** Makes the passkey that is offered after a link or code. */
  function acceptOffer(): void {
    const signal = next();
    flow.retry = acceptOffer;
    enter({ name: "offer", busy: true });
    onEvent("onAddPasskey");
    turns.settle(client!.currentUser.addPasskey({ signal }), flow.skip, (problem) => {
      if (problem.code === "passkey_exists") flow.skip();
      else enter({ name: "offer", busy: false, problem });
    });
  }

  function fail(cause: unknown, identifier: string, purpose: PendingLink["purpose"] = mode) {
    // What is not our error comes from the page's own callback: its author should see it.
    const ours = cause instanceof GinnelError;
    if (!ours) reportError(cause);
    const problem = ours ? cause : failure("passkey_failed", cause);
    flow.identifier = identifier;
    const { code, reason, status } = problem;
    if (code === "aborted") return cancel();
    if (reason === "origin_not_allowed") return block(problem);
    if (flow.links) {
      // No passkeys in this browser, or on this address: links do the same for the person.
      if (!status && /^(passkey_not_supported|origin_not_allowed)$/.test(code)) {
        flow.passkeys = false;
        chooseMethod();
        return flow.use(true, identifier);
      }
      flow.afresh ||= /no_passkeys|^passkey_(cancelled|failed)|login_failed$/.test(code);
      if (code === "user_has_no_passkeys") return links.send(identifier, mode);
    }
    if (code === "identifier_not_verified") onEvent("onVerifyIdentity");
    if (
      OWN_SCREEN.test(code) ||
      // Where a link led to, there was no form before.
      (/^link-opened|digits/.test(flow.state.name) && passes(problem))
    ) {
      next();
      enter({ name: "failed", mode: purpose === "register" ? purpose : "login", problem });
    } else show(mode, problem);
  }

  /** Offers passkeys among the suggestions of the box, where the browser can. Does nothing while it already waits. */
  async function autofill(): Promise<void> {
    const { state } = flow;
    if (waiting?.aborted === false || state.name !== "idle" || state.mode !== "login") return;
    if (flow.known || !client) return;
    const signal = (waiting = next());
    let chosen = false;
    try {
      if (!(await client.passkey.autofillSupported()) || signal.aborted) return;
      later(RENEW_AUTOFILL, () => {
        waiting = undefined;
        void autofill();
      });
      const result = await client.passkey.login(undefined, {
        conditional: true,
        signal,
        beforeFinish: async () => {
          chosen = true;
          enter({ name: "checking", mode: "login" });
          return ((await beforeAuth?.("", "login")) ?? true) as boolean;
        },
      });
      if (!signal.aborted) done(result, "login");
    } catch (cause) {
      if (signal.aborted || !chosen) return;
      flow.retry = discover;
      fail(cause, "");
    } finally {
      if (waiting === signal) waiting = undefined;
    }
  }

  return Object.assign(flow, links);
}

/** Why nobody can sign in on this page, and where the page could be opened instead. */
function pageProblem(app: App, possible: boolean): GinnelError | undefined {
  const known = [app.authOrigin, ...(app.additionalAuthOrigins ?? [])];
  const { origin, pathname, search } = location;
  if (known.includes(origin) && isSecureContext) {
    return possible ? undefined : failure("passkey_not_supported");
  }
  // 127.0.0.1 and [::1] mean this machine, but a passkey needs a name: the same port on localhost is meant.
  const named = origin.replace(/\/\/(127\.[\d.]+|\[::1\])(?=:|$)/, "//localhost");
  const better = known.includes(named) ? named : known[0];
  return new GinnelError(isSecureContext ? "origin_not_allowed" : "insecure_context", undefined, {
    open: better === origin ? undefined : better + pathname + search,
  });
}
