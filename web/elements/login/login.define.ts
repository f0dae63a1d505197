// Registers <passage-login>.
import { LoginElement } from "./login-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export function defineLoginElement(server: string): void {
  if (customElements.get("passage-login")) return;
  customElements.define(
    "passage-login",
    class extends LoginElement {
      protected override readonly server = server;
    },
  );
}

declare global {
  interface HTMLElementTagNameMap {
    "passage-login": LoginElement;
  }
}
