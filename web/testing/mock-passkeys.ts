// The part of the mock server that begins and ends ceremonies.
import { randomBytes } from "node:crypto";
import { id, refuse, unknown, type MockServer, type MockUser } from "./mock-server.ts";

interface Handshake {
  challenge: string;
  user?: MockUser | undefined;
  purpose: string;
}
export class MockPasskeys {
  #handshakes = new Map<string, Handshake>();

  constructor(private readonly mock: MockServer) {}

  #handshake(
    purpose: string,
    user: MockUser | undefined,
    publicKey: (challenge: string) => object,
  ) {
    // 33 bytes whose base64 has none of + / - _, as the wire contract asks.
    let challenge = "+";
    while (/[+/]/.test(challenge)) challenge = randomBytes(33).toString("base64");
    const handshake = id();
    this.#handshakes.set(handshake, { challenge, user, purpose });
    return {
      handshake: { id: handshake, challenge: { publicKey: publicKey(challenge) } },
      user: user ? this.mock.describe(user) : null,
    };
  }

  /** Options for a new passkey. */
  registration(purpose: string, user: MockUser, attachment?: string) {
    return this.#handshake(purpose, user, (challenge) => ({
      attestation: "none",
      authenticatorSelection: {
        ...(attachment !== "any" && { authenticatorAttachment: attachment ?? "platform" }),
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      challenge,
      excludeCredentials: user.devices.map((d) => ({ id: d.cred_id, type: "public-key" })),
      pubKeyCredParams: [{ alg: -7, type: "public-key" }],
      rp: { id: "localhost", name: "Acme" },
      timeout: 60_000,
      user: {
        id: Buffer.from(user.id).toString("base64url"),
        name: user.email || user.phone,
        displayName: user.email || user.phone,
      },
    }));
  }

  /** Options for a sign-in. */
  login(identifier?: string) {
    if (this.mock.hideUserExistence) identifier = undefined;
    const user = identifier === undefined ? undefined : this.mock.byIdentifier(identifier);
    if (identifier !== undefined) {
      if (!user) refuse(404, "user_not_found", unknown(identifier));
      if (user.status === "inactive")
        refuse(
          403,
          "user_not_active",
          "This account is deactivated. Ask the people who run this app.",
        );
      if (!user.devices.length)
        refuse(
          409,
          "user_has_no_passkeys",
          "This account has no passkey yet. Sign up with this identifier to make one.",
        );
    }
    return this.#handshake("login", user, (challenge) => ({
      challenge,
      rpId: "localhost",
      timeout: 60_000,
      userVerification: "required",
      allowCredentials: user?.devices.map((d) => ({ id: d.cred_id, type: "public-key" })) ?? [],
    }));
  }

  /** Judges what a browser made of them. */
  check(purpose: string, type: string, body: any): Handshake {
    const handshake = this.#handshakes.get(body.handshake_id);
    this.#handshakes.delete(body.handshake_id);
    const { response } = body.handshake_response;
    const data = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString());
    const same = Buffer.from(data.challenge, "base64url").equals(
      Buffer.from(handshake?.challenge ?? "", "base64"),
    );
    if (
      handshake?.purpose !== purpose ||
      !same ||
      data.type !== type ||
      data.origin !== this.mock.page
    ) {
      refuse(401, "webauthn_login_failed", "The ceremony does not fit.", "challenge_used");
    }
    if (purpose !== "login" && !Array.isArray(body.handshake_response.transports)) {
      refuse(400, "invalid_request", "transports are missing beside response.");
    }
    if (handshake.user && body.user_id !== handshake.user.id) {
      refuse(400, "invalid_request", "user_id is missing.");
    }
    return handshake;
  }
}
