// Registers <passage-login>.
import { define } from "../parts/define.ts";
import { LoginElement } from "./login-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export const defineLoginElement = (server: string): void =>
  define("passage-login", LoginElement, server);

declare global {
  interface HTMLElementTagNameMap {
    "passage-login": LoginElement;
  }
}
