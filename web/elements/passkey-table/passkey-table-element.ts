// <passage-passkey-table>: the signed-in user's passkeys, to add, rename and remove.
import { PasskeyList, type Client, type Passkey, type Passkeys } from "@ginnel/client";
import { button } from "../parts/account-dialogs.ts";
import { AccountElement } from "../parts/account-element.ts";
import { accountStyles } from "../parts/account.styles.ts";
import { day } from "../parts/dates.ts";
import { h, icon, type Child } from "../parts/dom.ts";
import { BIN, PASSKEY, PENCIL } from "../parts/icons.ts";
import { passkeysEn as strings } from "../strings/passkeys-en.ts";
import { theme } from "../theme.ts";
import { removeDialog, renameDialog } from "./dialogs.ts";
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
 * @attr {boolean} plain - Without a card of its own, for pages that bring one.
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
export class PasskeyTableElement extends AccountElement<Passkeys, PasskeyList> {
  protected override readonly strings = strings;
  protected override readonly styles = theme + accountStyles + passkeyTableStyles;

  protected override connect(client: Client | undefined, onState: () => void): PasskeyList {
    return new PasskeyList(client, onState);
  }

  protected override content(
    { app, passkeys }: Passkeys,
    list: PasskeyList,
    busy: boolean,
  ): Child[] {
    const add = () => {
      this.onEvent?.({ type: "onAddPasskey" });
      void list.add();
    };
    return [
      h(
        "div",
        "head",
        h("div", "", h("h2", { tabindex: "-1" }, strings.title), h("p", "muted", strings.hint)),
        button(busy ? strings.busy : strings.add, "", add, busy),
      ),
      passkeys.length
        ? this.#table(passkeys, list, busy, app.profileManagement === false)
        : h("p", "muted none", strings.none),
    ];
  }

  /** `fixed` where people may not change what is known of them. */
  #table(passkeys: Passkey[], list: PasskeyList, busy: boolean, fixed: boolean) {
    const date = (time?: string | null) => (time ? day(time) : strings.never);
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
          onclick: () => busy || this.ask(box()),
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
        !fixed &&
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
          !fixed && header(strings.actions, true),
        ),
      ),
      h("tbody", "", ...passkeys.map(row)),
    );
  }
}
