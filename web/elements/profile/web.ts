// elements/profile.js: the profile with the passkey table in it, and a client of its own, for pages behind the sign-in.
import { serverOf } from "../parts/script-url.ts";
import { definePasskeyTableElement } from "../passkey-table/passkey-table.define.ts";
import { defineProfileElement } from "./profile.define.ts";

const server = serverOf();
definePasskeyTableElement(server);
defineProfileElement(server);
