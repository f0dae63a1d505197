// What passage-auth, passage-login and passage-register have in common: attributes and callbacks of Passage's
// elements, one flow, one shadow root redrawn at each state.
import {
  createClient,
  createSignInFlow,
  isPhone,
  lastIdentifier,
  type App,
  type AuthResult,
  type FlowEvent,
  type Metadata,
  type Mode,
  type SignInFlow,
  type State,
  type TokenStore,
} from "@ginnel/client";
import { CODE, codeField, type CodeField } from "./code-field.ts";
import { attach, h, upgrade } from "./dom.ts";
import { inputField, type Field } from "./field.ts";
import { load } from "./load.ts";
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
  /** What the fields of the registration say, where the app has some. */
  userMetadata?: Metadata;
}

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
  #code!: CodeField;
  #card = h("div", { class: "card", lang: "en" });
  #status = h("p", { class: "hidden", role: "status" });
  #key = "";
  #loaded = false;
  #acted = false;
  #due = false;
  /** What is wrong with the identifier. */
  #error = "";
  /** Digits that are wanted. */
  #size = CODE;

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
          oninput: () => this.#label(),
        },
        () => this.#submit(),
      );
      this.#code = codeField(this, en.digit, () => this.#enter());
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
      if (client) {
        const { app } = client;
        client.app = async () => {
          const facts = await (appId
            ? app()
            : (await load(url, "test-app")).testApp(client, url, connect));
          await this.#addFields(facts, url);
          return facts;
        };
      }
      this.#flow = createSignInFlow({
        mode: this.mode,
        known: this.mode === "login" && !this.getAttribute("identifier") ? lastIdentifier() : "",
        language: () => this.getAttribute("lang") || navigator.language,
        client,
        beforeAuth: (identifier, authType) =>
          this.beforeAuth?.(identifier, this.#context(authType)),
        onState: (state) => this.#draw(state),
        onEvent: (type) => this.onEvent?.({ type }),
        onDone: (result, authType) => {
          if (this.onSuccess) this.onSuccess(result, this.#context(authType));
          else location.assign(new URL(result.redirectUrl, location.origin));
        },
      });
      void this.#flow.start();
    });
  }

  /** Gives the registration the app's own fields, if it asks for some. */
  async #addFields(app: App, url: string) {
    const { publicSignup, userMetadataSchema: schema } = app;
    if (!publicSignup || !schema?.some((field) => field.registration)) return;
    if (this.full || this.mode === "register") {
      app.fields = (await load(url, "fields")).fields(schema, () => this.#submit());
      this.shadowRoot!.adoptedStyleSheets.push(app.fields.sheet);
    }
  }

  #context(authType: Mode): AuthContext {
    const { metadata } = this.#flow!;
    return { authType, ...(metadata && authType === "register" && { userMetadata: metadata }) };
  }

  #submit() {
    this.#flow?.submit(this.#field.input.value);
  }

  /** Says what the box takes, and turns it into one for numbers with the first digits. */
  #label() {
    const { input } = this.#field;
    const { value } = input;
    const flow = this.#flow!;
    const kind = flow.kind();
    const phone = isPhone(value, kind);
    const country = flow.app?.defaultCountry;
    const home = country && !/^\s*(00|[+＋]|tel:)/.test(value);
    input.type = { email: "email", phone: "tel", both: "text" }[kind];
    input.inputMode = phone ? "tel" : "email";
    const text =
      phone && home
        ? en.phoneIn(new Intl.DisplayNames("en", { type: "region" }).of(country)!)
        : en.identifier[phone ? "phone" : kind];
    this.#field.update(text, this.#error);
  }

  /** Hands in the code or the two digits. */
  #enter() {
    const value = this.#code.value();
    const { state, enterCode, enterDigits } = this.#flow!;
    if (value.length < this.#size) this.#code.focus();
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
    const { screen, key, spoken, wrong, code, size = CODE } = drawing;
    const root = this.shadowRoot!;
    const before = root.activeElement?.textContent;
    const moves = this.#acted || this.matches(":focus-within");
    const fresh = key !== this.#key;

    this.#size = size;
    this.#error = code ? "" : wrong;
    this.#label();
    this.#code.show(code ?? "", code ? wrong : "", size);
    if (fresh || wrong) this.#code.clear();
    this.#card.replaceChildren(screen);
    this.#status.textContent = spoken;
    this.#key = key;

    if (moves) this.#focus(drawing, fresh, before);
    if (fresh) this.#tell(state);
    // On to the screen after the spinner.
    this.#acted = this.#acted && key === "loading";
  }

  /** A new screen is entered at its box or heading; on the same screen the focus stays where it was. */
  #focus({ screen, wrong, code, first }: Drawing, fresh: boolean, before?: string | null) {
    const input = code ? this.#code : this.#field.input;
    const { activeElement } = document;
    const same = [...screen.querySelectorAll("button")].find(
      ({ textContent }) => textContent === before,
    );
    // Where the code is only one way to go on, the screen begins with the heading.
    const box = (!code || first) && screen.querySelector("[name$=Input]") && input;
    if (wrong) input.focus();
    else if (!fresh && activeElement !== this && this.contains(activeElement)) return;
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
