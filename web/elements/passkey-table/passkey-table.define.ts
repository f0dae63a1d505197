// Registers <passage-passkey-table>.
import { PasskeyTableElement } from "./passkey-table-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export function definePasskeyTableElement(server: string): void {
  if (customElements.get("passage-passkey-table")) return;
  customElements.define(
    "passage-passkey-table",
    class extends PasskeyTableElement {
      protected override readonly server = server;
    },
  );
}

declare global {
  interface HTMLElementTagNameMap {
    "passage-passkey-table": PasskeyTableElement;
  }
}
