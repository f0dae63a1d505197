// What signed-in users do with their own data, sessions and linked accounts. Apart from the client, so that pages which
// only sign people in do not carry it.
import type { Client } from "./client.ts";
import { camel } from "./transport.ts";
import type { CurrentUser, Metadata } from "./types.ts";

/** A sign-in of this user somewhere. Times are RFC 3339. */
export interface UserSession {
  id: string;
  /** Whether it is the one that asks. */
  current: boolean;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  /** Browser and system, as far as they are known. */
  device: string;
  /** Network address. */
  address: string;
  methods: string[];
}

/** A linked account; its names are the wire's. */
export interface SocialConnection {
  provider_id: string;
  provider_identifier: string;
}

export type ProfileManagement = ReturnType<typeof manageProfile>;

/** The data of the user who is signed in with this client. */
export function manageProfile({ currentUser: { send } }: Client) {
  return {
    /** Removes the user's address or number. Needs a recent sign-in; the last one cannot go. */
    async removeIdentifier(kind: "email" | "phone"): Promise<void> {
      await send("PATCH", "/" + kind, { body: { ["new_" + kind]: "" } });
    },

    /** Changes some of the app's own fields; `""` empties one. */
    async setMetadata(values: Metadata): Promise<CurrentUser> {
      const { user } = await send("PATCH", "/user-metadata", { body: { user_metadata: values } });
      return camel<CurrentUser>(user);
    },

    /** Where the user is signed in. */
    async sessions(): Promise<UserSession[]> {
      const { sessions } = await send("GET", "/sessions");
      return (sessions as object[]).map((session) => camel<UserSession>(session));
    },

    /** Ends one session. */
    async endSession(id: string): Promise<void> {
      await send("DELETE", "/sessions/" + encodeURIComponent(id));
    },

    /** Ends all sessions but this one. */
    async endOtherSessions(): Promise<void> {
      await send("DELETE", "/sessions");
    },

    /** Linked accounts by provider. */
    async connections(): Promise<Record<string, SocialConnection>> {
      return (await send("GET", "/social-connections")).social_connections;
    },

    async removeConnection(provider: string): Promise<void> {
      await send("DELETE", "/social-connections/" + encodeURIComponent(provider));
    },
  };
}
