// Registers <passage-passkey-table>.
import { define } from "../parts/define.ts";
import { PasskeyTableElement } from "./passkey-table-element.ts";

/** Registers the tag, once; takes the address of the Ginnel server it talks to. */
export const definePasskeyTableElement = define("passage-passkey-table", PasskeyTableElement);

declare global {
  interface HTMLElementTagNameMap {
    "passage-passkey-table": PasskeyTableElement;
  }
}
