// Registers <passage-register>.
import { define } from "../parts/define.ts";
import { RegisterElement } from "./register-element.ts";

/** Registers the tag, once; `server` is the address of the Ginnel server it talks to. */
export const defineRegisterElement = (server: string): void =>
  define("passage-register", RegisterElement, server);

declare global {
  interface HTMLElementTagNameMap {
    "passage-register": RegisterElement;
  }
}
