// The states of looking after one's passkeys: the list, what is asked before a change, and the sign-in that the server
// wants to see again before it lets anybody add or remove one.
import type { Client } from "./client.ts";
import { failure, type GinnelError } from "./errors.ts";
import { managePasskeys, type PasskeyManagement } from "./passkey-management.ts";
import { SESSION_EVENT } from "./tokens.ts";
import type { Passkey, PendingLink } from "./types.ts";

export type PasskeyListState =
  | { name: "loading" }
  /** The list cannot be shown; `load()` tries again. */
  | { name: "blocked"; problem: GinnelError }
  | { name: "signed-out" }
  | { name: "ready"; passkeys: Passkey[]; busy: boolean; problem?: GinnelError; changed?: Change }
  /** The change waits for a sign-in: `stepUp()` or, with `links`, `sendCode()`; `dismiss()` gives the change up. */
  | { name: "step-up"; passkeys: Passkey[]; links: boolean }
  /** A mail with a code was sent: `enterCode()` takes it, `dismiss()` gives the change up. */
  | { name: "code-sent"; passkeys: Passkey[]; link: PendingLink; problem?: GinnelError };

/** What was just done. */
export type Change = "added" | "renamed" | "removed";

export class PasskeyList {
  state: PasskeyListState = { name: "loading" };
  #passkeys: Passkey[] = [];
  #waiting: (() => Promise<void>) | undefined;
  #stop = new AbortController();
  #manage: PasskeyManagement | undefined;

  constructor(
    /** Missing when the page gives no app id. */
    private readonly client: Client | undefined,
    private readonly onState: (state: PasskeyListState) => void,
  ) {
    this.#manage = client && managePasskeys(client);
    const { signal } = this.#stop;
    const look = () => !/^(ready|step-up|code-sent)$/.test(this.state.name) && void this.load();
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

  stop(): void {
    this.#stop.abort();
  }

  #show(state: PasskeyListState) {
    if (this.#stop.signal.aborted) return;
    this.state = state;
    this.onState(state);
  }

  #ready(more: { busy?: boolean; error?: GinnelError; changed?: Change } = {}) {
    const { busy = false, error, changed } = more;
    this.#show({
      name: "ready",
      passkeys: this.#passkeys,
      busy,
      ...(error && { problem: error }),
      ...(changed && { changed }),
    });
  }

  async load(): Promise<void> {
    if (!this.#manage) {
      return this.#show({ name: "blocked", problem: failure("app_id_missing") });
    }
    try {
      this.#passkeys = await this.#manage.list();
      this.#ready();
    } catch (cause) {
      const error = cause as GinnelError;
      if (error.code === "signed_out") this.#show({ name: "signed-out" });
      else this.#show({ name: "blocked", problem: error });
    }
  }

  add(): Promise<void> {
    return this.#change("added", () => this.#manage!.add());
  }
  rename(id: string, name: string): Promise<void> {
    return this.#change("renamed", () => this.#manage!.rename(id, name));
  }
  remove(id: string): Promise<void> {
    return this.#change("removed", () => this.#manage!.remove(id));
  }

  /** Back to the list without the change. */
  dismiss(): void {
    this.#waiting = undefined;
    if (this.state.name === "code-sent") this.client!.magicLink.forget();
    this.#ready();
  }

  /** Signs the same user in again by passkey, then makes the change that waited for it. */
  async stepUp(): Promise<void> {
    this.#ready({ busy: true });
    try {
      const { email, phone } = await this.client!.currentUser.get();
      await this.client!.passkey.login(email || phone);
      await this.#goOn();
    } catch (cause) {
      this.#ready({ error: cause as GinnelError });
    }
  }

  /** For whoever has no passkey at hand: a code to their own address. */
  async sendCode(language?: string): Promise<void> {
    this.#ready({ busy: true });
    try {
      const { email } = await this.client!.currentUser.get();
      const link = await this.client!.magicLink.login(email, { language });
      this.#show({ name: "code-sent", passkeys: this.#passkeys, link });
    } catch (cause) {
      this.#ready({ error: cause as GinnelError });
    }
  }

  /** Signs in by the code, then makes the change that waited for it. */
  async enterCode(code: string): Promise<void> {
    const { state } = this;
    if (state.name !== "code-sent") return;
    this.#ready({ busy: true });
    try {
      await this.client!.oneTimePasscode.activate(code, state.link);
      await this.#goOn();
    } catch (cause) {
      this.#show({ ...state, problem: cause as GinnelError });
    }
  }

  async #goOn(): Promise<void> {
    const again = this.#waiting;
    this.#waiting = undefined;
    await again?.();
  }

  async #change(changed: Change, act: () => Promise<unknown>): Promise<void> {
    this.#ready({ busy: true });
    try {
      await act();
      this.#passkeys = await this.#manage!.list();
      this.#ready({ changed });
    } catch (cause) {
      const error = cause as GinnelError;
      if (error.code === "signed_out") this.#show({ name: "signed-out" });
      else if (error.reason === "reauthentication_required") {
        this.#waiting = () => this.#change(changed, act);
        const app = await this.client!.app().catch(() => undefined);
        const links = !!app?.authMethods?.magic_link;
        this.#show({ name: "step-up", passkeys: this.#passkeys, links });
      } else this.#ready({ error });
    }
  }
}
