/**
 * The person's authenticators, through Chromium's own virtual ones. Nobody touches them unless a story says so: a
 * virtual authenticator that always answers would take up each autofill at once, since it never shows a list.
 */
import { generateKeyPairSync } from "node:crypto";
import type { CDPSession, Page } from "@playwright/test";

export type Kind = "internal" | "usb";

export class Passkeys {
  #ids: string[] = [];

  private constructor(private readonly cdp: CDPSession) {}

  /** Gives a page a built-in authenticator with a screen lock. */
  static async open(page: Page): Promise<Passkeys> {
    const passkeys = new Passkeys(await page.context().newCDPSession(page));
    await passkeys.cdp.send("WebAuthn.enable", { enableUI: false });
    await passkeys.add("internal");
    return passkeys;
  }

  /** One more authenticator: `usb` is a security key with a PIN. */
  async add(transport: Kind): Promise<void> {
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    });
    this.#ids.push(authenticatorId);
  }

  /** Runs what asks for a passkey, with somebody there who agrees. */
  async agree(act: () => Promise<unknown>): Promise<void> {
    await this.#present(true);
    try {
      await act();
    } finally {
      await this.#present(false);
    }
  }

  /** Runs what asks for a passkey, with somebody there who fails the screen lock. */
  async fail(act: () => Promise<unknown>): Promise<void> {
    await this.#verified(false);
    try {
      await this.agree(act);
    } finally {
      await this.#verified(true);
    }
  }

  async #present(enabled: boolean) {
    for (const authenticatorId of this.#ids) {
      await this.cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    }
  }

  async #verified(isUserVerified: boolean) {
    for (const authenticatorId of this.#ids) {
      await this.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    }
  }

  /** Ids of all stored credentials, authenticator by authenticator. */
  async list(): Promise<string[][]> {
    const lists: string[][] = [];
    for (const authenticatorId of this.#ids) {
      const { credentials } = await this.cdp.send("WebAuthn.getCredentials", { authenticatorId });
      lists.push(credentials.map((credential) => credential.credentialId));
    }
    return lists;
  }

  /** Forgets everything, as a reset device does. */
  async clear(): Promise<void> {
    for (const authenticatorId of this.#ids) {
      await this.cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    }
  }

  /** Puts a passkey for localhost into the first authenticator that no server ever saw. */
  async seedUnknown(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await this.cdp.send("WebAuthn.addCredential", {
      authenticatorId: this.#ids[0]!,
      credential: {
        credentialId: Buffer.from("a passkey that no server knows").toString("base64"),
        isResidentCredential: true,
        rpId: "localhost",
        userHandle: Buffer.from("nobody-knows-this-person").toString("base64"),
        privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
        signCount: 1,
      },
    });
  }
}
