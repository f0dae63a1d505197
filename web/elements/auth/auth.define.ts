// Registers <passage-auth>.
import { define } from "../parts/define.ts";
import { AuthElement } from "./auth-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export const defineAuthElement = (server: string): void =>
  define("passage-auth", AuthElement, server);

declare global {
  interface HTMLElementTagNameMap {
    "passage-auth": AuthElement;
  }
}
