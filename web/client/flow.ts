// The states of signing in and registering: which screen follows which, when autofill waits, what is tried again by
// itself. An element draws `state` and calls the methods; nothing here knows how it looks.
import type { Client } from "./client.ts";
import { GinnelError, failure } from "./errors.ts";
import type { App, AuthResult, Mode, State } from "./types.ts";

/** Seconds after which a waiting autofill ceremony is started anew; its challenge lives 5 minutes. */
const RENEW_AUTOFILL = 240;
/** Codes after which the browser's dialogue may simply be opened again. */
const TRY_AGAIN = [
  "passkey_cancelled",
  "passkey_failed",
  "webauthn_login_failed",
  "discoverable_login_failed",
];

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

export class SignInFlow {
  state: State = { name: "loading" };
  app: App | undefined;
  /** What was submitted last. */
  identifier = "";
  #run = 0;
  #ceremony: AbortController | undefined;
  #autofill: AbortController | undefined;
  #stop = new AbortController();
  #timers: ReturnType<typeof setTimeout>[] = [];
  #failures = 0;
  #again: (() => void) | undefined;

  constructor(private readonly options: FlowOptions) {
    addEventListener("online", () => this.#offline() && this.retry(), {
      signal: this.#stop.signal,
    });
  }

  #offline() {
    const { state } = this;
    return "problem" in state && state.problem?.code === "network";
  }

  #show(state: State) {
    this.state = state;
    this.options.onState(state);
  }

  #later(seconds: number, call: () => void) {
    this.#timers.push(setTimeout(call, seconds * 1000));
  }

  /** Ends whatever is under way and says which number the new undertaking has. */
  #next() {
    this.#ceremony?.abort();
    this.#autofill?.abort();
    this.#ceremony = this.#autofill = undefined;
    this.#timers.splice(0).forEach(clearTimeout);
    return ++this.#run;
  }

  /** Looks up the app and shows the first screen. */
  async start(): Promise<void> {
    const run = this.#next();
    const { client, mode } = this.options;
    this.#again = () => void this.start();
    if (!client) return this.#block(failure("app_id_missing"));
    // A retry keeps its screen: the message does not flicker.
    if (this.state.name !== "blocked") this.#show({ name: "loading" });
    try {
      this.app = await client.app();
    } catch (cause) {
      if (run !== this.#run) return;
      const error = cause as GinnelError;
      this.#block(error);
      if (!error.status || error.status >= 429) {
        // 5 seconds at first, later up to 30.
        const pause = Math.min(5 * ++this.#failures, 30);
        this.#later(error.retryAfter ?? pause, () => void this.start());
      }
      return;
    }
    if (run !== this.#run) return;
    this.#failures = 0;
    const problem = pageProblem(this.app, client.passkey.supported());
    if (problem) this.#block(problem);
    else this.show(mode);
  }

  #block(problem: GinnelError) {
    this.#show({ name: "blocked", problem });
  }

  /** Shows the form of a mode. */
  show(mode: Mode, error?: GinnelError): void {
    this.#next();
    this.options.mode = mode;
    if (!error && mode === "register" && !this.app?.publicSignup) {
      error = failure("public_signup_disabled");
    }
    this.#show(error ? { name: "idle", mode, problem: error } : { name: "idle", mode });
    if (error?.retryAfter) this.#later(error.retryAfter, () => this.show(mode));
    void this.autofill();
  }

  /** Back to the form, with whatever is under way stopped. */
  cancel(): void {
    this.show(this.options.mode);
  }

  /** The last attempt once more. */
  retry(): void {
    this.#again?.();
  }

  /** Ends the flow for good; a removed element must not keep a ceremony open. */
  stop(): void {
    this.#next();
    this.#stop.abort();
  }

  /** Registers or signs in the person behind an identifier. */
  submit(identifier: string): Promise<void> {
    this.identifier = identifier.trim();
    if (!/^[^\s@]+@[^\s@]+$/.test(this.identifier)) {
      const code = this.identifier ? "identifier_invalid" : "identifier_empty";
      this.show(this.options.mode, failure(code));
      return Promise.resolve();
    }
    return this.#attempt(this.identifier);
  }

  /** Signs in with any passkey that the browser has for this app. */
  discover(): Promise<void> {
    this.options.mode = "login";
    return this.#attempt("");
  }

  async #attempt(identifier: string) {
    const run = this.#next();
    const { mode, beforeAuth } = this.options;
    const client = this.options.client!;
    const { signal } = (this.#ceremony = new AbortController());
    this.#again = () => void this.#attempt(identifier);
    this.#show({ name: "checking", mode });
    const onPrompt = () => {
      if (run === this.#run) this.#show({ name: "passkey", mode, identifier });
    };
    try {
      const wanted = (await beforeAuth?.(identifier, mode)) ?? true;
      if (run !== this.#run) return;
      if (!wanted) return this.cancel();
      if (mode === "register") {
        const user = await client.findUser(identifier, signal);
        if (user?.webauthn) throw new GinnelError("user_already_registered");
      }
      const result = await (mode === "register"
        ? client.passkey.register(identifier, { signal, onPrompt })
        : client.passkey.login(identifier, { signal, onPrompt }));
      if (run === this.#run) this.#done(result);
    } catch (cause) {
      if (run === this.#run) this.#fail(cause, identifier);
    }
  }

  #done(result: AuthResult) {
    const { mode } = this.options;
    this.#next();
    this.#show({ name: "done", mode, result });
    this.options.onDone(result, mode);
  }

  #fail(cause: unknown, identifier: string) {
    // What is not our error comes from the page's own callback: its author should see it.
    if (!(cause instanceof GinnelError)) reportError(cause);
    const error = cause instanceof GinnelError ? cause : failure("passkey_failed", cause);
    const { mode } = this.options;
    if (TRY_AGAIN.includes(error.code)) {
      this.#next();
      this.#show({ name: "failed", mode, identifier, problem: error });
    } else if (error.code === "aborted") this.cancel();
    else if (error.reason === "origin_not_allowed") this.#block(error);
    else this.show(mode, error);
  }

  /** Offers passkeys among the suggestions of the box, where the browser can. Does nothing while it already waits. */
  async autofill(): Promise<void> {
    const { client, beforeAuth } = this.options;
    if (this.#autofill || !this.#waiting() || !client) return;
    const mine = (this.#autofill = new AbortController());
    const run = this.#run;
    let chosen = false;
    try {
      if (!(await client.passkey.autofillSupported()) || run !== this.#run) return;
      this.#later(RENEW_AUTOFILL, () => {
        mine.abort();
        this.#autofill = undefined;
        void this.autofill();
      });
      const result = await client.passkey.login(undefined, {
        conditional: true,
        signal: mine.signal,
        beforeFinish: async () => {
          chosen = true;
          this.#show({ name: "checking", mode: "login" });
          return ((await beforeAuth?.("", "login")) ?? true) as boolean;
        },
      });
      if (run === this.#run) this.#done(result);
    } catch (cause) {
      if (run !== this.#run) return;
      this.#again = () => void this.discover();
      if (chosen) this.#fail(cause, "");
    } finally {
      if (this.#autofill === mine) this.#autofill = undefined;
    }
  }

  #waiting() {
    return this.state.name === "idle" && this.state.mode === "login";
  }
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
