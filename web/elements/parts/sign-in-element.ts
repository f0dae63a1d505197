// What passage-auth, passage-login and passage-register have in common: attributes and callbacks of Passage's
// elements, one flow, one shadow root redrawn at each state.
import {
  createClient,
  createSignInFlow,
  lastIdentifier,
  type AuthResult,
  type Mode,
  type SignInFlow,
  type State,
  type TokenStore,
} from "@ginnel/client";
import { attach, h, upgrade } from "./dom.ts";
import { identifierField, type IdentifierField } from "./field.ts";
import { draw, type Scene } from "./screens.ts";
import { signInStyles } from "./sign-in.styles.ts";
import { en } from "../strings/en.ts";
import { choose } from "../strings/index.ts";
import { theme } from "../theme.ts";

/** Told to `onEvent`. */
export interface PassageEvent {
  type: "onLoaded" | "onShowLogin" | "onShowRegister" | "onRegisterPasskey" | "onLoginPasskey";
}
export interface AuthContext {
  authType: Mode;
}

export abstract class SignInElement extends HTMLElement {
  static observedAttributes = ["app-id", "url", "lang", "identifier"];

  /** Called when an identifier is submitted; `false`, or a promise of it, stops. */
  declare beforeAuth?: (identifier: string, context: AuthContext) => unknown;
  /** Called with the tokens, which are stored already; replaces the redirect. */
  declare onSuccess?: (result: AuthResult, context: AuthContext) => void;
  declare onEvent?: (event: PassageEvent) => void;
  /** Keeps the tokens instead of local storage and the cookie. Set it before the element is in the page. */
  declare tokenStore?: TokenStore;

  /** Which form comes first. */
  protected abstract readonly mode: Mode;
  /** Whether both forms are reachable, with titles. */
  declare protected readonly full?: boolean;
  /** The server, unless the attribute `url` names another. */
  declare server: string;

  #flow: SignInFlow | undefined;
  #field!: IdentifierField;
  #card = h("div", "card");
  #status = h("p", { class: "hidden", role: "status" });
  #key = "";
  #acted = false;
  #due = false;

  get appId(): string {
    return this.getAttribute("app-id") ?? "";
  }
  set appId(value: string) {
    this.setAttribute("app-id", value);
  }
  connectedCallback(): void {
    if (!this.shadowRoot) {
      attach(this, theme + signInStyles).append(this.#card, this.#status);
      this.#card.addEventListener("click", () => (this.#acted = true), true);
      this.#field = identifierField(
        this,
        () => this.#submit(),
        () => void this.#flow?.autofill(),
      );
      upgrade(this);
      this.#field.input.value = this.getAttribute("identifier") || lastIdentifier();
    }
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#flow?.stop();
    this.#flow = undefined;
  }

  attributeChangedCallback(name: string, _old: string | null, value: string | null): void {
    if (!this.#field) return;
    if (name === "app-id" || name === "url") this.#begin();
    else if (name === "identifier") this.#field.input.value = value ?? "";
    else if (this.#flow) this.#draw(this.#flow.state);
  }

  /** Starts over, once all attributes and properties of this turn are set. */
  #begin() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#flow?.stop();
      if (!this.isConnected) return;
      const { appId } = this;
      const url = this.getAttribute("url") || this.server;
      this.#flow = createSignInFlow({
        mode: this.mode,
        client: appId ? createClient(appId, { url, tokenStore: this.tokenStore }) : undefined,
        beforeAuth: (identifier, authType) => this.beforeAuth?.(identifier, { authType }),
        onState: (state) => this.#draw(state),
        onDone: (result, authType) => this.#succeed(result, authType),
      });
      void this.#flow.start();
    });
  }

  #submit() {
    this.#acted = true;
    void this.#flow?.submit(this.#field.input.value);
  }

  #succeed(result: AuthResult, authType: Mode) {
    if (this.onSuccess) this.onSuccess(result, { authType });
    else location.assign(new URL(result.redirectUrl, location.origin));
  }

  #draw(state: State) {
    const flow = this.#flow!;
    const { strings, lang } = choose(
      { en },
      this.getAttribute("lang"),
      navigator.language,
      flow.app?.defaultLanguage,
    );
    const scene: Scene = {
      flow,
      strings,
      full: !!this.full,
      redirects: !this.onSuccess,
      submit: () => this.#submit(),
    };
    const { screen, key, spoken, wrong } = draw(state, scene);
    const root = this.shadowRoot!;
    const before = root.activeElement?.textContent;
    const moves = this.#acted || this.matches(":focus-within");
    const fresh = key !== this.#key;
    const first = !this.#key || this.#key === "loading";

    this.#card.lang = lang;
    this.#field.update(strings.email, wrong);
    this.#card.replaceChildren(screen);
    this.#status.textContent = spoken;
    this.#key = key;

    if (moves) this.#focus(screen, fresh, !!wrong, before);
    if (fresh) this.#tell(state, first);
    this.#acted = false;
  }

  /** A new screen is entered at its box or heading; on the same screen the focus stays where it was. */
  #focus(screen: HTMLElement, fresh: boolean, wrong: boolean, before?: string | null) {
    const { input } = this.#field;
    const same = [...screen.querySelectorAll("button")].find(
      ({ textContent }) => textContent === before,
    );
    const box = screen.querySelector("[name=loginInput]") && input;
    if (wrong) input.focus();
    else if (!fresh && document.activeElement === input) return;
    else if (!fresh && same) same.focus();
    else (box || screen.querySelector("h2"))?.focus();
  }

  #tell(state: State, first: boolean) {
    const tell = (type: PassageEvent["type"]) => this.onEvent?.({ type });
    if (state.name !== "idle" && state.name !== "passkey") return;
    const name = state.mode === "login" ? "Login" : "Register";
    if (state.name === "passkey") return tell(`on${name}Passkey`);
    if (first) tell("onLoaded");
    tell(`onShow${name}`);
  }
}
