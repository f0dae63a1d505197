// The states of looking after what belongs to the signed-in user: what is known, a change under way, the sign-in that the
// server wants to see again before some changes, and the message that confirms a new address or number.
import type { Client } from "./client.ts";
import { failure, type GinnelError } from "./errors.ts";
import { watchLink } from "./link-watch.ts";
import { SESSION_EVENT } from "./tokens.ts";
import type { AuthResult, PendingLink } from "./types.ts";

export type AccountState<Data> =
  | { name: "loading" }
  /** Nothing can be shown; `load()` tries again. */
  | { name: "blocked"; problem: GinnelError }
  | { name: "signed-out" }
  /** `changed` names what was just done. */
  | { name: "ready"; data: Data; busy: boolean; problem?: GinnelError; changed?: string }
  /**
   * The change waits for a sign-in: `stepUp()` where `passkey`, `sendMessage()` where there is a `message`; `dismiss()`
   * gives the change up.
   */
  | { name: "step-up"; data: Data; passkey: boolean; message?: "code" | "link" | undefined }
  /**
   * A message was sent: its link is waited for, and `enterCode()` takes its code where `codes`; `dismiss()` gives the
   * change up.
   */
  | { name: "message-sent"; data: Data; link: PendingLink; codes: boolean; problem?: GinnelError };

export abstract class Account<Data> {
  state: AccountState<Data> = { name: "loading" };
  #data!: Data;
  /** What follows the confirmation that is waited for. */
  #waiting: (() => Promise<void>) | undefined;
  #stop = new AbortController();
  #watch = new AbortController();

  constructor(
    /** Missing when the page gives no app id. */
    protected readonly client: Client | undefined,
    private readonly onState: () => void,
  ) {
    const { signal } = this.#stop;
    const look = () => !/^(ready|step-up|message-sent)$/.test(this.state.name) && void this.load();
    addEventListener("online", look, { signal });
    addEventListener(
      SESSION_EVENT,
      (event) => {
        const { appId, signedIn } = (event as CustomEvent<{ appId: string; signedIn: boolean }>)
          .detail;
        if (appId !== client?.appId) return;
        if (signedIn) look();
        else this.#show({ name: "signed-out" });
      },
      { signal },
    );
  }

  /** Asks the server for all that is shown. */
  protected abstract read(client: Client): Promise<Data>;

  stop(): void {
    this.#stop.abort();
    this.#watch.abort();
  }

  #show(state: AccountState<Data>) {
    if (this.#stop.signal.aborted) return;
    this.#watch.abort();
    this.state = state;
    this.onState();
  }

  #ready(more: { busy?: boolean; problem?: GinnelError; changed?: string } = {}) {
    this.#show({ name: "ready", data: this.#data, busy: false, ...more });
  }

  async load(): Promise<void> {
    const { client } = this;
    if (!client) return this.#show({ name: "blocked", problem: failure("app_id_missing") });
    try {
      this.#data = await this.read(client);
      this.#ready();
    } catch (cause) {
      const problem = cause as GinnelError;
      this.#show(
        problem.code === "signed_out" ? { name: "signed-out" } : { name: "blocked", problem },
      );
    }
  }

  /** Back to what is known, without the change. */
  dismiss(): void {
    this.#waiting = undefined;
    if (this.state.name === "message-sent") this.client!.magicLink.forget();
    this.#ready();
  }

  /** Signs the same user in again by passkey, then makes the change that waited for it. */
  stepUp(): Promise<void> {
    return this.#try(async ({ currentUser, passkey }) => {
      const { email, phone } = await currentUser.get();
      await passkey.login(email || phone);
      await this.#goOn();
    });
  }

  /** For whoever has no passkey at hand: a link or code to their own address or number. */
  sendMessage(language?: string): Promise<void> {
    return this.#try(async ({ app, currentUser, magicLink, oneTimePasscode }) => {
      const [{ authMethods }, { email, phone }] = await Promise.all([app(), currentUser.get()]);
      const way = authMethods?.magic_link ? magicLink : oneTimePasscode;
      const { ttl: lifetime } = authMethods?.magic_link ?? authMethods?.otp ?? {};
      this.#wait(await way.login(email || phone, { language, lifetime }), !!authMethods?.otp);
    });
  }

  /** Uses the code of the message, then goes on with what waited for it. */
  async enterCode(code: string): Promise<void> {
    const { state } = this;
    if (state.name !== "message-sent") return;
    this.#ready({ busy: true });
    try {
      await this.client!.oneTimePasscode.activate(code, state.link);
    } catch (problem) {
      return this.#wait(state.link, state.codes, problem as GinnelError);
    }
    await this.#goOn();
  }

  /**
   * Makes a change and reads everything anew. A change that has to be confirmed by a message gives the link that is
   * waited for.
   */
  protected change(changed: string, act: () => Promise<PendingLink | unknown>): Promise<void> {
    return this.#try(
      async (client) => {
        const link = (await act()) as Partial<PendingLink> | undefined;
        if (link?.expiresAt) {
          const { authMethods } = await client.app();
          this.#waiting = () => this.#finish(changed);
          this.#wait(link as PendingLink, !!authMethods?.otp);
        } else await this.#finish(changed);
      },
      () => this.change(changed, act),
    );
  }

  async #finish(changed: string) {
    this.#data = await this.read(this.client!);
    this.#ready({ changed });
  }

  #wait(link: PendingLink, codes: boolean, problem?: GinnelError) {
    this.#show({
      name: "message-sent",
      data: this.#data,
      link,
      codes,
      ...(problem && { problem }),
    });
    const { signal } = (this.#watch = new AbortController());
    const used = (_: AuthResult) => void this.#goOn();
    watchLink(this.client!, link, signal, used, (problem) => this.#ready({ problem }));
  }

  async #goOn(): Promise<void> {
    const again = this.#waiting;
    this.#waiting = undefined;
    await this.#try(async () => again?.());
  }

  /** Does something with the server; `again` is what to do once the person has signed in anew. */
  async #try(act: (client: Client) => Promise<unknown>, again?: () => Promise<void>) {
    this.#ready({ busy: true });
    try {
      await act(this.client!);
    } catch (cause) {
      const problem = cause as GinnelError;
      const { code, reason } = problem;
      if (code === "signed_out") this.#show({ name: "signed-out" });
      else if (reason === "reauthentication_required" && again) await this.#ask(again);
      else this.#ready({ problem });
    }
  }

  async #ask(again: () => Promise<void>) {
    const { app, currentUser } = this.client!;
    const found = await Promise.all([app(), currentUser.get()]).catch(() => undefined);
    const { magic_link, otp } = found?.[0].authMethods ?? {};
    const message = otp ? "code" : magic_link && "link";
    this.#waiting = again;
    this.#show({
      name: "step-up",
      data: this.#data,
      passkey: !message || !!found?.[1].webauthn,
      message,
    });
  }
}
