// The signed-in user's own data: identifiers, the app's fields, sessions, linked accounts.
import { Account, type AccountState } from "./account.ts";
import type { Client } from "./client.ts";
import { manageProfile, type SocialConnection, type UserSession } from "./profile-management.ts";
import type { App, CurrentUser, Metadata } from "./types.ts";

/** What a profile shows. */
export interface ProfileData {
  app: App;
  user: CurrentUser;
  sessions: UserSession[];
  connections: Record<string, SocialConnection>;
}
export type ProfileState = AccountState<ProfileData>;

/** What was just done. */
export type ProfileChange =
  "email" | "phone" | "identifierRemoved" | "saved" | "sessionEnded" | "sessionsEnded" | "unlinked";

export class Profile extends Account<ProfileData> {
  protected override async read(client: Client): Promise<ProfileData> {
    const { sessions, connections } = manageProfile(client);
    const [app, user, ...rest] = await Promise.all([
      client.app(),
      client.currentUser.get(),
      sessions(),
      connections(),
    ]);
    return { app, user, sessions: rest[0], connections: rest[1] };
  }

  #do(changed: ProfileChange, act: (manage: ReturnType<typeof manageProfile>) => Promise<unknown>) {
    return this.change(changed, () => act(manageProfile(this.client!)));
  }

  /** Sends a message to a new address or number, which becomes the user's when it is confirmed. */
  changeIdentifier(kind: "email" | "phone", value: string, language?: string): Promise<void> {
    return this.#do(kind, async () => {
      const { app, currentUser } = this.client!;
      const { magic_link, otp } = (await app()).authMethods ?? {};
      const lifetime = (magic_link ?? otp)?.ttl;
      const change = kind === "email" ? currentUser.changeEmail : currentUser.changePhone;
      return change(value, { language, lifetime });
    });
  }
  removeIdentifier(kind: "email" | "phone"): Promise<void> {
    return this.#do("identifierRemoved", (manage) => manage.removeIdentifier(kind));
  }
  setMetadata(values: Metadata): Promise<void> {
    return this.#do("saved", async (manage) => void (await manage.setMetadata(values)));
  }
  endSession(id: string): Promise<void> {
    return this.#do("sessionEnded", (manage) => manage.endSession(id));
  }
  endOtherSessions(): Promise<void> {
    return this.#do("sessionsEnded", (manage) => manage.endOtherSessions());
  }
  removeConnection(provider: string): Promise<void> {
    return this.#do("unlinked", (manage) => manage.removeConnection(provider));
  }
  /** Ends the session of this browser. */
  async signOut(): Promise<void> {
    await this.client!.session.signOut();
  }
}

/** Whether an identifier may go: another stays, and the app does not ask for this one. */
export function mayRemove({ app, user }: ProfileData, kind: "email" | "phone"): boolean {
  const needed = app.requiredIdentifier;
  return !!user.email && !!user.phone && needed !== kind && needed !== "both";
}
