// Registers <passage-login>.
import { define } from "../parts/define.ts";
import { LoginElement } from "./login-element.ts";

/** Registers the tag, once; takes the address of the Ginnel server it talks to. */
export const defineLoginElement = define("passage-login", LoginElement);

declare global {
  interface HTMLElementTagNameMap {
    "passage-login": LoginElement;
  }
}
