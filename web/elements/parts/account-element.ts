// What passage-passkey-table and passage-profile have in common: attributes, states without content, dialogues, focus.
import {
  createClient,
  type Account,
  type AccountState,
  type Client,
  type GinnelError,
  type TokenStore,
} from "@ginnel/client";
import { messageDialog, button, stepUpDialog } from "./account-dialogs.ts";
import { attach, h, upgrade, type Child } from "./dom.ts";
import type { AccountStrings } from "../strings/account-en.ts";

/** The texts that every such element has besides. */
export type Texts = AccountStrings & {
  title: string;
  loading: string;
  signedOut: string;
  changed: Record<string, string>;
};

export abstract class AccountElement<Data, List extends Account<Data>> extends HTMLElement {
  static observedAttributes = ["app-id", "url"];

  declare onEvent?: (event: { type: "onLoaded" | "onAddPasskey" }) => void;
  declare tokenStore?: TokenStore;

  /** The server, unless the attribute `url` names another. */
  declare server: string;

  protected abstract readonly strings: Texts;
  protected abstract readonly styles: string;
  protected abstract connect(client: Client | undefined, onState: () => void): List;
  /** What is shown once the data are there. */
  protected abstract content(data: Data, list: List, busy: boolean): Child[];

  #list: List | undefined;
  #card = h("div", { class: "card", lang: "en" });
  #screen = h("div", "stack");
  #status = h("p", { class: "hidden", role: "status" });
  #dialog: HTMLDialogElement | undefined;
  #due = false;
  #loaded = false;

  get appId(): string {
    return this.getAttribute("app-id") ?? "";
  }
  set appId(value: string) {
    this.setAttribute("app-id", value);
  }
  /** Where the element's requests go. */
  protected get url(): string {
    return this.getAttribute("url") || this.server;
  }
  /** Language of messages. */
  protected get language(): string {
    return this.getAttribute("lang") || navigator.language;
  }

  connectedCallback(): void {
    if (!this.shadowRoot) {
      this.#card.append(this.#screen, this.#status);
      attach(this, this.styles).append(this.#card);
      upgrade(this);
    }
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#list?.stop();
  }

  attributeChangedCallback(): void {
    if (this.shadowRoot) this.#begin();
  }

  /** Starts over, once all attributes and properties of this turn are set. */
  #begin() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#list?.stop();
      if (!this.isConnected) return;
      const { appId, tokenStore, url } = this;
      const client = appId ? createClient(appId, { url, tokenStore }) : undefined;
      this.#list = this.connect(client, () => this.#draw());
      this.#draw();
      void this.#list.load();
    });
  }

  #draw() {
    const list = this.#list!;
    const { strings } = this;
    const { state } = list;
    const root = this.shadowRoot!;
    const before = (root.activeElement as HTMLElement | null)?.dataset["key"];
    const inside = this.matches(":focus-within");
    // A dialogue that waited for what has happened meanwhile closes without giving it up.
    this.#dialog?.remove();
    replace(this.#screen, this.#content(state, list));
    this.#status.textContent = spoken(state, strings);
    if (state.name === "step-up") {
      this.ask(
        stepUpDialog(state, strings, {
          stepUp: () => void list.stepUp(),
          sendMessage: () => void list.sendMessage(this.language),
          dismiss: () => list.dismiss(),
        }),
      );
    } else if (state.name === "message-sent") {
      const { problem } = state;
      this.ask(
        messageDialog(
          { ...state, problem: problem && this.explain(problem) },
          strings,
          (code) => void list.enterCode(code),
          () => list.dismiss(),
        ),
      );
    } else if (inside) {
      const same = [...root.querySelectorAll<HTMLElement>("[data-key]")].find(
        (element) => element.dataset["key"] === before,
      );
      (same ?? root.querySelector("h2"))?.focus();
    }
    if (state.name === "ready" && !this.#loaded) {
      this.#loaded = true;
      this.onEvent?.({ type: "onLoaded" });
    }
  }

  #content(state: AccountState<Data>, list: List): Node[] {
    const { strings } = this;
    const title = h("h2", { tabindex: "-1" }, strings.title);
    const nodes = (...children: Child[]) => children.flat(9).filter((child) => !!child) as Node[];
    switch (state.name) {
      case "loading":
        return nodes(title, h("span", "spinner muted"));
      case "signed-out":
        return nodes(title, h("p", "muted", strings.signedOut));
      case "blocked":
        return nodes(
          title,
          this.alert(state.problem),
          state.problem.code !== "app_id_missing" &&
            button(strings.tryAgain, "secondary", () => void list.load()),
        );
    }
    const { data } = state;
    const busy = state.name === "ready" && state.busy;
    const problem = state.name === "ready" ? state.problem : undefined;
    return nodes(problem && this.alert(problem), ...this.content(data, list, busy));
  }

  /** Opens a dialogue; the browser keeps the focus in it and gives it back afterwards. */
  protected ask(box: HTMLDialogElement): void {
    this.#dialog = box;
    this.#card.append(box);
    box.showModal();
  }

  protected explain({ reason, code, message }: GinnelError): string {
    const { problems } = this.strings;
    return problems[reason ?? ""] ?? problems[code] ?? message;
  }

  protected alert = (error: GinnelError): HTMLElement =>
    h("p", { class: "notice bad", role: "alert" }, this.explain(error));
}

function spoken(state: AccountState<unknown>, strings: Texts): string {
  if (state.name === "loading") return strings.loading;
  if (state.name !== "ready") return "";
  if (state.busy) return strings.busy;
  return (state.changed && strings.changed[state.changed]) ?? "";
}

/** Gives an element these children; those that it has already stay where they are, with what is typed into them. */
function replace(parent: Element, nodes: Node[]): void {
  for (const child of [...parent.childNodes]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, index) => {
    const there = parent.childNodes[index];
    if (there !== node) parent.insertBefore(node, there ?? null);
  });
}
