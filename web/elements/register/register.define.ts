// Registers <passage-register>.
import { RegisterElement } from "./register-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export function defineRegisterElement(server: string): void {
  if (customElements.get("passage-register")) return;
  customElements.define(
    "passage-register",
    class extends RegisterElement {
      protected override readonly server = server;
    },
  );
}

declare global {
  interface HTMLElementTagNameMap {
    "passage-register": RegisterElement;
  }
}
