// The states of signing in and registering: which screen follows which, when autofill waits, what is tried again by
// itself. An element draws `state` and calls the methods; nothing here knows how it looks.
import type { Client } from "./client.ts";
import { GinnelError, failure } from "./errors.ts";
import type { App, AuthResult, Mode, State } from "./types.ts";

/** Seconds after which a waiting autofill ceremony is started anew; its challenge lives 5 minutes. */
const RENEW_AUTOFILL = 240;
/** Codes after which the browser's dialogue may simply be opened again. */
const TRY_AGAIN = /^passkey_(cancelled|failed)$|login_failed$/;

export interface FlowOptions {
  mode: Mode;
  /** Missing when the page gives no app id. */
  client: Client | undefined;
  /** Asked when an identifier is submitted; `false` stops. */
  beforeAuth?: (identifier: string, authType: Mode) => unknown;
  /** Called at each change of state. */
  onState: (state: State) => void;
  /** Called once when a session was opened. */
  onDone: (result: AuthResult, authType: Mode) => void;
}

export type SignInFlow = ReturnType<typeof createSignInFlow>;

export function createSignInFlow(options: FlowOptions) {
  const { client, beforeAuth, onDone } = options;
  const flow = {
    state: { name: "loading" } as State,
    app: undefined as App | undefined,
    /** What was submitted last. */
    identifier: "",
    start,
    show,
    cancel,
    submit,
    discover,
    autofill,

    /** The last attempt once more. */
    retry(): void {
      again?.();
    },

    /** Ends the flow for good; a removed element must not keep a ceremony open. */
    stop(): void {
      next();
      end.abort();
    },
  };
  let { mode } = options;
  let run = 0;
  let ceremony: AbortController | undefined;
  let waiting: AbortController | undefined;
  let timers: ReturnType<typeof setTimeout>[] = [];
  let failures = 0;
  let again: (() => void) | undefined;
  const end = new AbortController();

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

  function later(seconds: number, call: () => void) {
    timers.push(setTimeout(call, seconds * 1000));
  }

  /** Ends whatever is under way and says which number the new undertaking has. */
  function next() {
    ceremony?.abort();
    waiting?.abort();
    ceremony = waiting = undefined;
    timers.forEach(clearTimeout);
    timers = [];
    return ++run;
  }

  /** Looks up the app and shows the first screen. */
  async function start(): Promise<void> {
    const mine = next();
    again = () => void start();
    if (!client) return block(failure("app_id_missing"));
    // A retry keeps its screen: the message does not flicker.
    if (flow.state.name !== "blocked") enter({ name: "loading" });
    let app: App;
    try {
      app = await client.app();
    } catch (cause) {
      if (mine !== run) return;
      const error = cause as GinnelError;
      block(error);
      if (!error.status || error.status >= 429) {
        // 5 seconds at first, later up to 30.
        later(error.retryAfter ?? Math.min(5 * ++failures, 30), start);
      }
      return;
    }
    if (mine !== run) return;
    flow.app = app;
    failures = 0;
    const problem = pageProblem(app, client.passkey.supported());
    if (problem) block(problem);
    else show(mode);
  }

  function block(problem: GinnelError) {
    enter({ name: "blocked", problem });
  }

  /** Shows the form of a mode. */
  function show(wanted: Mode, problem?: GinnelError): void {
    next();
    mode = wanted;
    if (mode === "register" && !flow.app?.publicSignup) {
      problem ??= failure("public_signup_disabled");
    }
    enter({ name: "idle", mode, problem });
    if (problem?.retryAfter) later(problem.retryAfter, cancel);
    void autofill();
  }

  /** Back to the form, with whatever is under way stopped. */
  function cancel(): void {
    show(mode);
  }

  /** Registers or signs in the person behind an identifier. */
  async function submit(identifier: string): Promise<void> {
    identifier = flow.identifier = identifier.trim();
    if (/^[^\s@]+@[^\s@]+$/.test(identifier)) return attempt(identifier);
    show(mode, failure(identifier ? "identifier_invalid" : "identifier_empty"));
  }

  /** Signs in with any passkey that the browser has for this app. */
  function discover(): Promise<void> {
    mode = "login";
    return attempt("");
  }

  async function attempt(identifier: string) {
    const mine = next();
    const { signal } = (ceremony = new AbortController());
    again = () => void attempt(identifier);
    enter({ name: "checking", mode });
    const onPrompt = () => {
      if (mine === run) enter({ name: "passkey", mode, identifier });
    };
    try {
      const wanted = (await beforeAuth?.(identifier, mode)) ?? true;
      if (mine !== run) return;
      if (!wanted) return cancel();
      const { findUser, passkey } = client!;
      if (mode === "register" && (await findUser(identifier, signal))?.webauthn) {
        throw new GinnelError("user_already_registered");
      }
      const result = await passkey[mode](identifier, { signal, onPrompt });
      if (mine === run) done(result);
    } catch (cause) {
      if (mine === run) fail(cause, identifier);
    }
  }

  function done(result: AuthResult) {
    next();
    enter({ name: "done", mode, result });
    onDone(result, mode);
  }

  function fail(cause: unknown, identifier: string) {
    // What is not our error comes from the page's own callback: its author should see it.
    const ours = cause instanceof GinnelError;
    if (!ours) reportError(cause);
    const problem = ours ? cause : failure("passkey_failed", cause);
    if (TRY_AGAIN.test(problem.code)) {
      next();
      enter({ name: "failed", mode, identifier, problem });
    } else if (problem.code === "aborted") cancel();
    else if (problem.reason === "origin_not_allowed") block(problem);
    else show(mode, problem);
  }

  /** Offers passkeys among the suggestions of the box, where the browser can. Does nothing while it already waits. */
  async function autofill(): Promise<void> {
    const { state } = flow;
    if (waiting || state.name !== "idle" || state.mode !== "login" || !client) return;
    const { signal } = (waiting = new AbortController());
    const mine = run;
    let chosen = false;
    try {
      if (!(await client.passkey.autofillSupported()) || mine !== run) return;
      later(RENEW_AUTOFILL, () => {
        waiting?.abort();
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
      if (mine === run) done(result);
    } catch (cause) {
      if (mine !== run) return;
      again = () => void discover();
      if (chosen) fail(cause, "");
    } finally {
      if (waiting?.signal === signal) waiting = undefined;
    }
  }

  return flow;
}

/** Why passkeys of this app cannot work on this page, and where the page could be opened instead. */
function pageProblem(app: App, supported: boolean): GinnelError | undefined {
  const known = [app.authOrigin, ...(app.additionalAuthOrigins ?? [])].map((origin) =>
    origin.replace(/\/$/, ""),
  );
  const { origin, pathname, search } = location;
  if (known.includes(origin) && isSecureContext) {
    return supported ? undefined : failure("passkey_not_supported");
  }
  // 127.0.0.1 and [::1] mean this machine, but a passkey needs a name: the same port on localhost is meant.
  const named = origin.replace(/\/\/(127\.[\d.]+|\[::1\])(?=:|$)/, "//localhost");
  const better = known.includes(named) ? named : known[0];
  return new GinnelError(isSecureContext ? "origin_not_allowed" : "insecure_context", undefined, {
    open: better === origin ? undefined : better + pathname + search,
  });
}
