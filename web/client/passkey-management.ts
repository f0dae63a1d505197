// What signed-in users do with their passkeys. Apart from the client, so that pages which only sign people in do not
// carry it.
import type { Client } from "./client.ts";
import { camel } from "./transport.ts";
import type { Passkey } from "./types.ts";

export type PasskeyManagement = ReturnType<typeof managePasskeys>;

/** The passkeys of the user who is signed in with this client. */
export function managePasskeys({ currentUser: { send, addPasskey } }: Client) {
  const path = (id: string) => "/devices/" + encodeURIComponent(id);
  return {
    async list(): Promise<Passkey[]> {
      const { devices } = await send("GET", "/devices");
      return (devices as object[]).map((device) => camel<Passkey>(device));
    },

    add: addPasskey,

    async rename(id: string, name: string): Promise<Passkey> {
      const { device } = await send("PATCH", path(id), { body: { friendly_name: name } });
      return camel<Passkey>(device);
    },

    /** Removes a passkey. Needs a recent sign-in; the last one cannot go (`reason` is `last_passkey`). */
    async remove(id: string): Promise<void> {
      await send("DELETE", path(id));
    },
  };
}
