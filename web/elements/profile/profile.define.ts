// Registers <passage-profile>.
import { define } from "../parts/define.ts";
import { ProfileElement } from "./profile-element.ts";

/** Registers the tag, once; takes the address of the Ginnel server it talks to. */
export const defineProfileElement = define("passage-profile", ProfileElement);

declare global {
  interface HTMLElementTagNameMap {
    "passage-profile": ProfileElement;
  }
}
