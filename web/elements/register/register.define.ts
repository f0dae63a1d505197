// Registers <passage-register>.
import { define } from "../parts/define.ts";
import { RegisterElement } from "./register-element.ts";

/** Registers the tag, once; takes the address of the Ginnel server it talks to. */
export const defineRegisterElement = define("passage-register", RegisterElement);

declare global {
  interface HTMLElementTagNameMap {
    "passage-register": RegisterElement;
  }
}
