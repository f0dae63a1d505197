/**
 * The person's authenticators, through Chromium's own virtual ones. Nobody touches them unless a story says so: a
 * virtual authenticator that always answers would take up each autofill at once, since it never shows a list.
 */
import { generateKeyPairSync } from "node:crypto";
import type { CDPSession, Page } from "@playwright/test";

export type Kind = "internal" | "usb";

export class Passkeys {
  #authenticators: { id: string; kind: Kind }[] = [];

  private constructor(
    private readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  /** Gives a page a built-in authenticator with a screen lock. */
  static async open(page: Page): Promise<Passkeys> {
    const passkeys = new Passkeys(page, await page.context().newCDPSession(page));
    // Autofill leaves no trace on the page; the count of requests that wait for a pick is the only way to see it.
    await page.addInitScript(() => {
      const counted = window as unknown as { autofillsWaiting: number };
      counted.autofillsWaiting = 0;
      const { credentials } = navigator;
      if (!credentials) return;
      const get = credentials.get.bind(credentials);
      credentials.get = (options) => {
        const answer = get(options);
        if (options?.mediation === "conditional") {
          counted.autofillsWaiting++;
          const settled = () => void counted.autofillsWaiting--;
          answer.then(settled, settled);
        }
        return answer;
      };
    });
    await passkeys.cdp.send("WebAuthn.enable", { enableUI: false });
    await passkeys.add("internal");
    return passkeys;
  }

  /** One more authenticator: `usb` is a security key with a PIN. */
  async add(kind: Kind): Promise<void> {
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: kind,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    });
    this.#authenticators.push({ id: authenticatorId, kind });
  }

  /**
   * Waits until autofill waits for a pick. A form does so as soon as it stands; whoever is there before would be taken
   * for somebody who picks.
   */
  async autofillWaits(): Promise<void> {
    await this.page.waitForFunction(
      () => (window as unknown as { autofillsWaiting: number }).autofillsWaiting > 0,
    );
  }

  /** Runs what asks for a passkey, with somebody there who touches the authenticator that is meant. */
  async agree(act: () => Promise<unknown>, kind: Kind = "internal"): Promise<void> {
    await this.#present(true, kind);
    try {
      await act();
    } finally {
      await this.#present(false, kind);
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

  async #present(enabled: boolean, wanted: Kind) {
    for (const { id: authenticatorId, kind } of this.#authenticators) {
      if (kind !== wanted) continue;
      await this.cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    }
  }

  async #verified(isUserVerified: boolean) {
    for (const { id: authenticatorId } of this.#authenticators) {
      await this.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    }
  }

  /** Ids of all stored credentials, authenticator by authenticator. */
  async list(): Promise<string[][]> {
    const lists: string[][] = [];
    for (const { id: authenticatorId } of this.#authenticators) {
      const { credentials } = await this.cdp.send("WebAuthn.getCredentials", { authenticatorId });
      lists.push(credentials.map((credential) => credential.credentialId));
    }
    return lists;
  }

  /** Forgets everything, as a reset device does. */
  async clear(): Promise<void> {
    for (const { id: authenticatorId } of this.#authenticators) {
      await this.cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    }
  }

  /** Puts a passkey for localhost into the first authenticator that no server ever saw. */
  async seedUnknown(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await this.cdp.send("WebAuthn.addCredential", {
      authenticatorId: this.#authenticators[0]!.id,
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
