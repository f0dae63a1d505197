// elements/passkey-table.js: the passkey table with a client of its own, for pages behind the sign-in.
import { serverOf } from "../parts/script-url.ts";
import { definePasskeyTableElement } from "./passkey-table.define.ts";

definePasskeyTableElement(serverOf());
