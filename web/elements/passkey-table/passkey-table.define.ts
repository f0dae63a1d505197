// Registers <passage-passkey-table>.
import { define } from "../parts/define.ts";
import { PasskeyTableElement } from "./passkey-table-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export const definePasskeyTableElement = (server: string): void =>
  define("passage-passkey-table", PasskeyTableElement, server);

declare global {
  interface HTMLElementTagNameMap {
    "passage-passkey-table": PasskeyTableElement;
  }
}
