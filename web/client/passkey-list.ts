// The signed-in user's passkeys, to add, rename and remove.
import { Account, type AccountState } from "./account.ts";
import type { Client } from "./client.ts";
import { managePasskeys } from "./passkey-management.ts";
import type { App, Passkey } from "./types.ts";

/** What the list shows. */
export interface Passkeys {
  app: App;
  passkeys: Passkey[];
}
export type PasskeyListState = AccountState<Passkeys>;

/** What was just done. */
export type Change = "added" | "renamed" | "removed";

export class PasskeyList extends Account<Passkeys> {
  protected override async read(client: Client): Promise<Passkeys> {
    const [app, passkeys] = await Promise.all([client.app(), managePasskeys(client).list()]);
    return { app, passkeys };
  }

  #passkeys = () => managePasskeys(this.client!);

  add(): Promise<void> {
    return this.change("added", () => this.#passkeys().add());
  }
  rename(id: string, name: string): Promise<void> {
    return this.change("renamed", () => this.#passkeys().rename(id, name));
  }
  remove(id: string): Promise<void> {
    return this.change("removed", () => this.#passkeys().remove(id));
  }
}
