// Registers <passage-auth>.
import { AuthElement } from "./auth-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export function defineAuthElement(server: string): void {
  if (customElements.get("passage-auth")) return;
  customElements.define(
    "passage-auth",
    class extends AuthElement {
      protected override readonly server = server;
    },
  );
}

declare global {
  interface HTMLElementTagNameMap {
    "passage-auth": AuthElement;
  }
}
