// <passage-profile>: the signed-in user's own data, to see and to change.
import { Profile, type Client, type Metadata, type ProfileData } from "@ginnel/client";
import { AccountElement } from "../parts/account-element.ts";
import { accountStyles } from "../parts/account.styles.ts";
import { h, type Child } from "../parts/dom.ts";
import { profileEn as strings } from "../strings/profile-en.ts";
import { theme } from "../theme.ts";
import { details } from "./details.ts";
import { profileStyles } from "./profile.styles.ts";
import { identifiers, sessions, social, type Scene } from "./sections.ts";

/**
 * The signed-in user's own data: email address and phone number, the app's own fields, passkeys, the browsers and devices
 * where they are signed in, linked accounts; and the way out. A new address or number counts once its message was
 * confirmed. Where the app lets nobody change their profile, it is shown only.
 *
 * @tag passage-profile
 * @attr {string} app-id - The app's id, from `ginnel app create`. Required.
 * @attr {string} lang - Language of messages; the browser's by default. The texts are English.
 * @attr {"light"|"dark"|"auto"} theme - `auto`, the default, follows the system.
 * @attr {string} url - Address of the Ginnel server; the one that served the script by default.
 * @attr {boolean} plain - Without a card of its own, for pages that bring one.
 * @prop {(event: {type: string}) => void} onEvent - Told onLoaded and onAddPasskey.
 * @prop {TokenStore} tokenStore - Keeps the tokens in place of local storage and the cookie.
 * @csspart button - Every button with a text.
 * @csspart button-secondary - Buttons of lesser weight.
 * @csspart modal - The dialogues.
 * @csspart passage-table - The table of passkeys; also -header-row, -header-cell, -row and -cell.
 * @cssprop --passage-table-row-border-color - The lines between passkeys.
 * @cssprop --passage-modal-background-color - The dialogues.
 */
export class ProfileElement extends AccountElement<ProfileData, Profile> {
  protected override readonly strings = strings;
  protected override readonly styles = theme + accountStyles + profileStyles;

  #passkeys: HTMLElementTagNameMap["passage-passkey-table"] | undefined;
  /** The form of the app's own fields, which keeps what was typed until other data come. */
  #details: { data: ProfileData; element: HTMLElement | undefined } | undefined;

  protected override connect(client: Client | undefined, onState: () => void): Profile {
    this.#passkeys = undefined;
    this.#details = undefined;
    return new Profile(client, onState);
  }

  protected override content(data: ProfileData, profile: Profile, busy: boolean): Child[] {
    const fixed = data.app.profileManagement === false;
    const { language } = this;
    const scene: Scene = { profile, busy, fixed, language, ask: (box) => this.ask(box) };
    if (this.#details?.data !== data) {
      const save = (values: Metadata) => {
        const { state } = profile;
        if (state.name === "ready" && !state.busy) void profile.setMetadata(values);
      };
      this.#details = { data, element: details(data, fixed, save) };
    }
    return [
      identifiers(data, scene),
      this.#details.element,
      this.#table(),
      sessions(data, scene),
      social(data, scene),
    ];
  }

  /** The passkeys, with a state of their own. */
  #table() {
    if (this.#passkeys) return this.#passkeys;
    const { appId, url, language, tokenStore } = this;
    const table = h("passage-passkey-table", {
      "app-id": appId,
      url,
      lang: language,
      theme: this.getAttribute("theme") ?? "",
      plain: true,
      exportparts:
        "button, button-secondary, modal, passage-table, passage-table-header-row, passage-table-header-cell, passage-table-row, passage-table-cell",
    });
    if (tokenStore) table.tokenStore = tokenStore;
    table.onEvent = (event) => event.type === "onAddPasskey" && this.onEvent?.(event);
    return (this.#passkeys = table);
  }
}
