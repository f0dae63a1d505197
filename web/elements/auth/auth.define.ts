// Registers <passage-auth>.
import { define } from "../parts/define.ts";
import { AuthElement } from "./auth-element.ts";

/** Registers the tag, once; takes the address of the Ginnel server it talks to. */
export const defineAuthElement = define("passage-auth", AuthElement);

declare global {
  interface HTMLElementTagNameMap {
    "passage-auth": AuthElement;
  }
}
