/**
 * The person's authenticators, through Chromium's own virtual ones. Nobody touches them unless a story says so: a
 * virtual authenticator that always answers would take up each autofill at once, since it never shows a list.
 */
import { generateKeyPairSync } from "node:crypto";
import type { CDPSession, Page } from "@playwright/test";

/** How an authenticator is reached, as Chromium's virtual ones can be. */
export type Kind = "internal" | "usb" | "nfc" | "ble" | "cable" | "hybrid" | "smart-card";

/** What a virtual authenticator can be told (Chrome DevTools Protocol, WebAuthn.VirtualAuthenticatorOptions). */
export interface Authenticator {
  protocol: "u2f" | "ctap2";
  ctap2Version?: "ctap2_0" | "ctap2_1" | "ctap2_2";
  transport: Kind;
  hasResidentKey: boolean;
  hasUserVerification: boolean;
  isUserVerified: boolean;
  automaticPresenceSimulation: boolean;
  hasLargeBlob?: boolean;
  hasCredBlob?: boolean;
  hasMinPinLength?: boolean;
  hasPrf?: boolean;
  hasHmacSecret?: boolean;
  hasHmacSecretMc?: boolean;
  defaultBackupEligibility?: boolean;
  defaultBackupState?: boolean;
}

/** One that can do what a passkey needs. */
const able: Authenticator = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: false,
};

export class Passkeys {
  #authenticators: { id: string; kind: Kind; autofills: boolean }[] = [];

  private constructor(
    private readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  /** Gives a page a built-in authenticator with a screen lock, or the one that is described. */
  static async open(page: Page, authenticator: Partial<Authenticator> = {}): Promise<Passkeys> {
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
    await passkeys.#add(authenticator);
    return passkeys;
  }

  /** One more authenticator: `usb` is a security key with a PIN. */
  add(kind: Kind): Promise<void> {
    return this.#add({ transport: kind });
  }

  async #add(authenticator: Partial<Authenticator>) {
    const options = { ...able, ...authenticator };
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options,
    });
    this.#authenticators.push({
      id: authenticatorId,
      kind: options.transport,
      autofills: options.transport === "internal" && options.hasUserVerification,
    });
  }

  /**
   * Waits until autofill waits for a pick. A form does so as soon as it stands; whoever is there before would be taken
   * for somebody who picks. Where nothing is built in that verifies people, the browser has no autofill.
   */
  async autofillWaits(): Promise<void> {
    if (!this.#authenticators.some(({ autofills }) => autofills)) return;
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

  /** Makes the first authenticator answer wrongly from now on. */
  async answerWrongly(how: {
    isBogusSignature?: boolean;
    isBadUV?: boolean;
    isBadUP?: boolean;
  }): Promise<void> {
    const authenticatorId = this.#authenticators[0]!.id;
    await this.cdp.send("WebAuthn.setResponseOverrideBits", { authenticatorId, ...how });
  }

  /** Changes what the first authenticator says of its first credential. */
  async change(properties: {
    backupEligibility?: boolean;
    backupState?: boolean;
    signCount?: number;
  }): Promise<void> {
    const authenticatorId = this.#authenticators[0]!.id;
    const credentialId = (await this.list())[0]![0]!;
    await this.cdp.send("WebAuthn.setCredentialProperties", {
      authenticatorId,
      credentialId,
      ...properties,
    });
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
