// <passage-passkey-table>: the signed-in user's passkeys, to add, rename and remove.
import {
  PasskeyList,
  createClient,
  type Passkey,
  type PasskeyListState,
  type GinnelError,
  type TokenStore,
} from "@ginnel/client";
import { attach, h, icon, upgrade, type Child } from "../parts/dom.ts";
import { BIN, PASSKEY, PENCIL } from "../parts/icons.ts";
import { passkeysEn as strings, type PasskeyStrings } from "../strings/passkeys-en.ts";
import { theme } from "../theme.ts";
import { button, codeDialog, removeDialog, renameDialog, stepUpDialog } from "./dialogs.ts";
import { passkeyTableStyles } from "./passkey-table.styles.ts";

/**
 * The passkeys of the signed-in user: name, when added, when last used; add, rename, remove. Where the server wants a
 * recent sign-in for a change, the element asks for the passkey or for a mailed code and then makes it.
 *
 * @tag passage-passkey-table
 * @attr {string} app-id - The app's id, from `ginnel app create`. Required.
 * @attr {string} lang - Language of mails; the browser's by default. The texts are English.
 * @attr {"light"|"dark"|"auto"} theme - `auto`, the default, follows the system.
 * @attr {string} url - Address of the Ginnel server; the one that served the script by default.
 * @prop {(event: {type: string}) => void} onEvent - Told onLoaded and onAddPasskey.
 * @prop {TokenStore} tokenStore - Keeps the tokens in place of local storage and the cookie.
 * @csspart button - Every button with a text.
 * @csspart button-secondary - Buttons of lesser weight.
 * @csspart modal - The dialogues.
 * @csspart passage-table - The table.
 * @csspart passage-table-header-row - Its first row.
 * @csspart passage-table-header-cell - A cell of the first row.
 * @csspart passage-table-row - The row of one passkey.
 * @csspart passage-table-cell - A cell of such a row.
 * @cssprop --passage-table-header-border-color - The line below the first row.
 * @cssprop --passage-table-row-border-color - The lines between passkeys.
 * @cssprop --passage-table-device-icon-color - The picture before a name.
 * @cssprop --passage-table-device-info-color - The dates.
 * @cssprop --passage-table-action-icon-hover-color - Rename and remove under the pointer.
 * @cssprop --passage-modal-background-color - The dialogues.
 */
export class PasskeyTableElement extends HTMLElement {
  static observedAttributes = ["app-id", "url"];

  declare onEvent?: (event: { type: "onLoaded" | "onAddPasskey" }) => void;
  declare tokenStore?: TokenStore;

  /** The server, unless the attribute `url` names another. */
  declare server: string;

  #list: PasskeyList | undefined;
  #card = h("div", { class: "card", lang: "en" });
  #screen = h("div", "stack");
  #status = h("p", { class: "hidden", role: "status" });
  #due = false;
  #loaded = false;

  get appId(): string {
    return this.getAttribute("app-id") ?? "";
  }
  set appId(value: string) {
    this.setAttribute("app-id", value);
  }
  connectedCallback(): void {
    if (!this.shadowRoot) {
      this.#card.append(this.#screen, this.#status);
      attach(this, theme + passkeyTableStyles).append(this.#card);
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
      const { appId, tokenStore } = this;
      const url = this.getAttribute("url") || this.server;
      const client = appId ? createClient(appId, { url, tokenStore }) : undefined;
      this.#list = new PasskeyList(client, () => this.#draw());
      this.#draw();
      void this.#list.load();
    });
  }

  #draw() {
    const list = this.#list;
    if (!list) return;
    const { state } = list;
    const root = this.shadowRoot!;
    const before = (root.activeElement as HTMLElement | null)?.dataset["key"];
    const inside = this.matches(":focus-within");
    this.#screen.replaceChildren(...this.#content(state, list).filter((c) => !!c));
    this.#status.textContent = spoken(state, strings);
    if (state.name === "step-up") {
      this.#ask(
        stepUpDialog(state, strings, {
          stepUp: () => void list.stepUp(),
          sendCode: () => void list.sendCode(this.getAttribute("lang") || navigator.language),
          dismiss: () => list.dismiss(),
        }),
      );
    } else if (state.name === "code-sent") {
      const { link, problem } = state;
      const dismiss = () => list.dismiss();
      const enter = (code: string) => void list.enterCode(code);
      const words = problem && explain(problem, strings);
      this.#ask(codeDialog(link.identifier, words, strings, enter, dismiss));
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

  #content(state: PasskeyListState, list: PasskeyList): (Node | false)[] {
    const title = h("h2", { tabindex: "-1" }, strings.title);
    switch (state.name) {
      case "loading":
        return [title, h("span", "spinner muted")];
      case "signed-out":
        return [title, h("p", "muted", strings.signedOut)];
      case "blocked":
        return [
          title,
          alert(state.problem, strings),
          state.problem.code !== "app_id_missing" &&
            button(strings.tryAgain, "secondary", () => void list.load()),
        ];
    }
    const busy = state.name === "ready" && state.busy;
    const add = () => {
      this.onEvent?.({ type: "onAddPasskey" });
      void list.add();
    };
    return [
      h(
        "div",
        "head",
        h("div", "", title, h("p", "muted", strings.hint)),
        button(busy ? strings.busy : strings.add, "", add, busy),
      ),
      state.name === "ready" && !!state.problem && alert(state.problem, strings),
      state.passkeys.length
        ? this.#table(state.passkeys, list, busy)
        : h("p", "muted none", strings.none),
    ];
  }

  #table(passkeys: Passkey[], list: PasskeyList, busy: boolean) {
    // The region of the browser's own language, so that dates look as everywhere else.
    const locale = navigator.language.startsWith("en") ? navigator.language : "en";
    const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
    const date = (time?: string | null) =>
      time ? h("time", { datetime: time }, dates.format(new Date(time))) : strings.never;
    const header = (text: string, hidden = false) =>
      h(
        "th",
        { scope: "col", part: "passage-table-header-cell" },
        hidden ? h("span", "hidden", text) : text,
      );
    const cell = (look: string, ...children: Child[]) =>
      h("td", { class: look, part: "passage-table-cell" }, ...children);
    const label = (text: string) =>
      h("span", { class: "label", "aria-hidden": "true" }, text + ": ");
    const tool = (text: string, picture: string, box: () => HTMLDialogElement) =>
      h(
        "button",
        {
          type: "button",
          class: "tool",
          title: text,
          "aria-label": text,
          "data-key": text,
          "aria-disabled": busy && "true",
          onclick: () => busy || this.#ask(box()),
        },
        icon(picture),
      );
    const row = (passkey: Passkey) =>
      h(
        "tr",
        { part: "passage-table-row" },
        cell("", h("div", "name", icon(PASSKEY), passkey.friendlyName)),
        cell("when", label(strings.added), date(passkey.createdAt)),
        cell("when", label(strings.used), date(passkey.usageCount ? passkey.lastLoginAt : null)),
        cell(
          "tools",
          tool(strings.renameThis(passkey), PENCIL, () =>
            renameDialog(passkey, strings, (name) => void list.rename(passkey.id, name)),
          ),
          tool(strings.removeThis(passkey), BIN, () =>
            removeDialog(
              passkey,
              passkeys.length === 1,
              strings,
              () => void list.remove(passkey.id),
            ),
          ),
        ),
      );
    return h(
      "table",
      { part: "passage-table" },
      h(
        "thead",
        "",
        h(
          "tr",
          { part: "passage-table-header-row" },
          header(strings.name),
          header(strings.added),
          header(strings.used),
          header(strings.actions, true),
        ),
      ),
      h("tbody", "", ...passkeys.map(row)),
    );
  }

  /** Opens a dialogue; the browser keeps the focus in it and gives it back afterwards. */
  #ask(box: HTMLDialogElement) {
    this.#card.append(box);
    box.showModal();
  }
}

const explain = (error: GinnelError, { problems }: PasskeyStrings) =>
  problems[error.reason ?? ""] ?? problems[error.code] ?? error.message;

const alert = (error: GinnelError, strings: PasskeyStrings) =>
  h("p", { class: "notice bad", role: "alert" }, explain(error, strings));

function spoken(state: PasskeyListState, strings: PasskeyStrings): string {
  if (state.name === "loading") return strings.loading;
  if (state.name !== "ready") return "";
  if (state.busy) return strings.busy;
  return state.changed ? strings.changed[state.changed] : "";
}
