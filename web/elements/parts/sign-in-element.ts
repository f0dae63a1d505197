// What passage-auth, passage-login and passage-register have in common: attributes and callbacks of Passage's
// elements, one flow, one shadow root redrawn at each state.
import {
  createClient,
  createSignInFlow,
  failure,
  lastIdentifier,
  type AuthResult,
  type FlowEvent,
  type Mode,
  type SignInFlow,
  type State,
  type TokenStore,
} from "@ginnel/client";
import { attach, h, upgrade } from "./dom.ts";
import { inputField, type Field } from "./field.ts";
import type { Drawing, Scene } from "./panel.ts";
import { draw } from "./screens.ts";
import { signInStyles } from "./sign-in.styles.ts";
import { en } from "../strings/en.ts";
import { theme } from "../theme.ts";

/** Told to `onEvent`. */
export interface PassageEvent {
  type:
    | "onLoaded"
    | "onShowLogin"
    | "onShowRegister"
    | "onRegisterPasskey"
    | "onLoginPasskey"
    | FlowEvent;
}
export interface AuthContext {
  authType: Mode;
}

/** What a page without an app id needs, and hardly any other: a script of its own. */
const loadTestApp = (url: string): Promise<typeof import("../test-app/web.ts")> =>
  import(url.replace(/\/*$/, "/elements/test-app.js"));

export abstract class SignInElement extends HTMLElement {
  static observedAttributes = ["app-id", "url", "identifier"];

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
  #field!: Field;
  #code!: Field;
  #card = h("div", { class: "card", lang: "en" });
  #status = h("p", { class: "hidden", role: "status" });
  #key = "";
  #loaded = false;
  #acted = false;
  #due = false;
  /** Digits that the box for codes takes. */
  #size = 0;

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
      this.#field = inputField(
        this,
        "login",
        "identifier",
        {
          name: "identifier",
          type: "email",
          autocomplete: "username webauthn",
          onfocus: () => void this.#flow?.autofill(),
        },
        () => this.#flow?.submit(this.#field.input.value),
      );
      this.#code = inputField(
        this,
        "otp",
        "otp",
        {
          inputmode: "numeric",
          autocomplete: "one-time-code",
          oninput: () => {
            const { input } = this.#code;
            // A pasted code may come with spaces or a dash.
            input.value = input.value.replace(/\D/g, "").slice(0, this.#size);
            if (this.#size > 2 && input.value.length === this.#size) this.#enter();
          },
        },
        () => this.#enter(),
      );
      upgrade(this);
      this.#field.input.value = this.getAttribute("identifier") ?? "";
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
    else this.#field.input.value = value ?? "";
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
      const connect = (id: string) => createClient(id, { url, tokenStore: this.tokenStore });
      const client = appId || this.full ? connect(appId) : undefined;
      if (!appId && client) {
        client.app = () =>
          loadTestApp(url).then(
            ({ testApp }) => testApp(client, url, connect),
            (cause) => Promise.reject(failure("network", cause)),
          );
      }
      this.#flow = createSignInFlow({
        mode: this.mode,
        known: this.mode === "login" && !this.getAttribute("identifier") ? lastIdentifier() : "",
        language: () => this.getAttribute("lang") || navigator.language,
        client,
        beforeAuth: (identifier, authType) => this.beforeAuth?.(identifier, { authType }),
        onState: (state) => this.#draw(state),
        onEvent: (type) => this.onEvent?.({ type }),
        onDone: (result, authType) => {
          if (this.onSuccess) this.onSuccess(result, { authType });
          else location.assign(new URL(result.redirectUrl, location.origin));
        },
      });
      void this.#flow.start();
    });
  }

  /** Hands in the code or the two digits. */
  #enter() {
    const { value } = this.#code.input;
    const { state, enterCode, enterDigits } = this.#flow!;
    if (value.length < this.#size) this.#code.input.focus();
    else if ((state as { busy?: boolean }).busy) return;
    else if (state.name === "digits") enterDigits(value);
    else enterCode(value);
  }

  #draw(state: State) {
    const flow = this.#flow!;
    const scene: Scene = {
      flow,
      strings: en,
      full: !!this.full,
      value: () => this.#field.input.value,
      enter: () => this.#enter(),
    };
    const drawing = draw(state, scene);
    const { screen, key, spoken, wrong, code } = drawing;
    const root = this.shadowRoot!;
    const before = root.activeElement?.textContent;
    const moves = this.#acted || this.matches(":focus-within");
    const fresh = key !== this.#key;

    this.#size = state.name === "digits" ? 2 : 6;
    this.#field.update(en.email, code ? "" : wrong);
    this.#code.update(code ?? "", code ? wrong : "");
    if (fresh || wrong) this.#code.input.value = "";
    this.#card.replaceChildren(screen);
    this.#status.textContent = spoken;
    this.#key = key;

    if (moves) this.#focus(drawing, fresh, before);
    if (fresh) this.#tell(state);
    // On to the screen after the spinner.
    this.#acted = this.#acted && key === "loading";
  }

  /** A new screen is entered at its box or heading; on the same screen the focus stays where it was. */
  #focus({ screen, wrong, code }: Drawing, fresh: boolean, before?: string | null) {
    const { input } = code ? this.#code : this.#field;
    const same = [...screen.querySelectorAll("button")].find(
      ({ textContent }) => textContent === before,
    );
    // The code is only one way to go on from its screen: that begins with the heading.
    const box = (!code || this.#size < 6) && screen.querySelector("[name$=Input]") && input;
    if (wrong) input.focus();
    else if (!fresh && document.activeElement === input) return;
    else if (!fresh && same) same.focus();
    else (box || screen.querySelector("h2"))?.focus();
  }

  #tell(state: State) {
    const tell = (type: PassageEvent["type"]) => this.onEvent?.({ type });
    if (state.name === "loading" || state.name === "blocked") return;
    if (!this.#loaded) tell("onLoaded");
    this.#loaded = true;
    if (state.name !== "idle" && state.name !== "passkey") return;
    const name = state.mode === "login" ? "Login" : "Register";
    tell(state.name === "passkey" ? `on${name}Passkey` : `onShow${name}`);
  }
}
