// A Ginnel server for tests of the browser half: the wire shapes of the real one, kept in memory. It checks what a
// browser can get wrong (challenge, origin, credential, handshake), not signatures; the real server's own tests do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { MockLinks } from "./mock-links.ts";
import { MockProfile } from "./mock-profile.ts";

export interface MockUser {
  id: string;
  email: string;
  phone: string;
  status: "active" | "inactive" | "pending";
  devices: MockDevice[];
  metadata: Record<string, unknown>;
}
export interface MockDevice {
  id: string;
  cred_id: string;
  friendly_name: string;
  created_at: string;
  last_login_at: string | null;
  updated_at: string;
  usage_count: number;
  user_id: string;
  type: "passkey";
  icons: { light: null; dark: null };
}
interface Handshake {
  challenge: string;
  user?: MockUser | undefined;
  purpose: string;
}
/** A refusal to give instead of the usual answer. */
export interface Refusal {
  status: number;
  code: string;
  error?: string;
  reason?: string;
  retryAfter?: number;
}

export const id = () => randomBytes(18).toString("base64url").replace(/[-_]/g, "x");
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Where pages make test apps. */
const TEST_APPS = "/api/v1/apps";

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code);
  }
}
export function refuse(status: number, code: string, error: string, reason?: string): never {
  throw new Refused({ status, code, error, ...(reason && { reason }) });
}

/** The server's sentence for an address that nobody has. */
export const unknown = (identifier: string) =>
  `There is no account for ${identifier}. Check it, or sign up.`;

export class MockServer {
  readonly appId = "app4567890123456789abcde";
  users: MockUser[] = [];
  refreshTokens = new Map<string, string>();
  requests: string[] = [];
  /** Seconds an auth token lives. */
  lifetime = 3600;
  publicSignup = true;
  /** Whether the app sends links. */
  links = false;
  /** Whether it sends codes; as `links` unless said otherwise. */
  codes: boolean | undefined;
  /** Further facts about the app, as on the wire. */
  facts: Record<string, unknown> = {};
  profile = new MockProfile(this);
  /** Seconds that a link lives. */
  linkLifetime = 900;
  hideUserExistence = false;
  mail = new MockLinks(this);
  /** Whether the app is a test app. */
  ephemeral = false;
  /** Bodies of the requests for a test app. */
  testAppWishes: Record<string, string>[] = [];
  /** The app's own origin; the page's by default. */
  authOrigin = "";
  redirectUrl = "/dashboard";
  /** Whether adding and removing passkeys asks for a fresh sign-in first. */
  stale = false;
  /** Body of the pages; replaced by each test. */
  body = "";
  refusals = new Map<string, Refusal>();
  /** Paths whose answers wait until `release`. */
  #held = new Map<string, (() => void)[]>();
  #handshakes = new Map<string, Handshake>();
  #api!: Server;
  #pages!: Server;

  static async start(dist: string): Promise<MockServer> {
    const mock = new MockServer();
    const listen = (server: Server) =>
      new Promise<Server>((done) => server.listen(0, "127.0.0.1", () => done(server)));
    mock.#api = await listen(
      createServer((request, response) => void mock.#serve(request, response, dist)),
    );
    mock.#pages = await listen(
      createServer((request, response) =>
        response
          .setHeader("Content-Type", "text/html")
          .end(mock.html(request.url === "/dashboard" ? "" : mock.body)),
      ),
    );
    return mock;
  }

  stop(): void {
    for (const server of [this.#api, this.#pages]) {
      server.closeAllConnections();
      server.close();
    }
  }

  #port = (server: Server) => (server.address() as AddressInfo).port;
  get url(): string {
    return `http://localhost:${this.#port(this.#api)}`;
  }
  get pagePort(): number {
    return this.#port(this.#pages);
  }
  get page(): string {
    return `http://localhost:${this.pagePort}`;
  }

  html(body = this.body): string {
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>
        :root { color-scheme: light dark; --page: #eef0f4; }
        @media (prefers-color-scheme: dark) { :root { --page: #0e0f12; } }
        body { margin: 0; padding: 40px 16px; background: var(--page); font-family: system-ui, sans-serif; }
        h1 { font-size: 18px; text-align: center; margin: 0 0 24px; }
      </style></head><body><main><h1>Acme</h1>${body}</main></body></html>`;
  }

  /** Refuses every `key` request, such as "GET /users", until cleared. */
  refuse(key: string, refusal: Refusal): void {
    this.refusals.set(key, refusal);
  }
  hold(key: string): void {
    this.#held.set(key, []);
  }
  release(key: string): void {
    this.#held.get(key)?.forEach((go) => go());
    this.#held.delete(key);
  }

  /** An account with an address or a number. */
  addUser(identifier: string, status: MockUser["status"] = "active"): MockUser {
    const [email, phone] = identifier.includes("@") ? [identifier, ""] : ["", identifier];
    const user: MockUser = { id: id(), email, phone, status, devices: [], metadata: {} };
    this.users.push(user);
    return user;
  }
  addDevice(user: MockUser, credentialId: string, name = "Chromium on Linux"): MockDevice {
    const now = new Date(Date.UTC(2026, 4, 1 + user.devices.length * 20)).toISOString();
    const device: MockDevice = {
      id: id(),
      cred_id: credentialId,
      friendly_name: name,
      created_at: now,
      last_login_at: null,
      updated_at: now,
      usage_count: 0,
      user_id: user.id,
      type: "passkey",
      icons: { light: null, dark: null },
    };
    user.devices.push(device);
    return device;
  }

  token(user: MockUser, lifetime = this.lifetime): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: `${this.url}/auth/v1/apps/${this.appId}`,
      aud: [this.page, this.appId],
      sub: user.id,
      iat: now,
      nbf: now - 5,
      exp: now + lifetime,
      jti: id(),
    };
    return `${b64({ alg: "RS256", kid: "k", typ: "JWT" })}.${b64(claims)}.c2ln`;
  }

  authResult(user: MockUser) {
    const refresh = id();
    this.refreshTokens.set(refresh, user.id);
    return {
      auth_token: this.token(user),
      redirect_url: this.redirectUrl,
      refresh_token: refresh,
      refresh_token_expiration: Math.floor(Date.now() / 1000) + 86_400,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse, dist: string): Promise<void> {
    const address = new URL(request.url ?? "/", this.url);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "content-type, authorization");
    response.setHeader("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
    response.setHeader("Access-Control-Expose-Headers", "Retry-After");
    if (request.method === "OPTIONS") return void response.end();
    if (address.pathname.endsWith(".js")) {
      const script = await readFile(join(dist, address.pathname));
      return void response.setHeader("Content-Type", "text/javascript").end(script);
    }
    const prefix = `/auth/v1/apps/${this.appId}`;
    const path = address.pathname.slice(prefix.length);
    const makesTestApp = address.pathname === TEST_APPS;
    const key = `${request.method} ${makesTestApp ? TEST_APPS : path || "/"}`;
    this.requests.push(key);
    let status = 200;
    let answer: unknown;
    try {
      let text = "";
      for await (const chunk of request) text += chunk;
      const waiting = this.#held.get(key);
      if (waiting) await new Promise<void>((go) => waiting.push(go));
      const refusal = this.refusals.get(key);
      if (refusal) throw new Refused(refusal);
      if (!makesTestApp && !address.pathname.startsWith(prefix)) {
        const [, name] = /apps\/([^/]+)/.exec(address.pathname) ?? [];
        refuse(
          404,
          "app_not_found",
          `There is no app “${name}”. Compare the app id with this list:`,
        );
      }
      answer = this.#answer(key, text ? JSON.parse(text) : {}, address, request);
      if (/^POST \/(tokens|register\/magic-link)|finish$/.test(key)) status = 201;
      if (key.startsWith("PATCH /magic-link") && !(answer as any).auth_result) status = 202;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { retryAfter, status: code, ...rest } = error.refusal;
      status = code;
      if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
      const wait =
        retryAfter && retryAfter < 100
          ? `${retryAfter} seconds`
          : `${Math.ceil((retryAfter ?? 0) / 60)} minutes`;
      const sentence = retryAfter ? `Too many tries. Wait ${wait}, then try again.` : rest.code;
      answer = { code: rest.code, error: rest.error ?? sentence, reason: rest.reason };
    }
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  }

  #answer(key: string, body: any, address: URL, request: IncomingMessage): unknown {
    switch (key) {
      case "POST " + TEST_APPS:
        this.testAppWishes.push(body);
        this.ephemeral = true;
        return { app: { id: this.appId, name: body.name }, claim_secret: "S3cret&=" };
      case "GET /":
        return {
          app: {
            ephemeral: this.ephemeral,
            id: this.appId,
            name: "Acme",
            auth_origin: this.authOrigin || this.page,
            additional_auth_origins: [],
            redirect_url: this.redirectUrl,
            public_signup: this.publicSignup,
            default_language: "en",
            hide_user_existence: this.hideUserExistence,
            auth_methods: {
              passkeys: {},
              ...(this.links && { magic_link: { ttl: this.linkLifetime, ttl_display_unit: "m" } }),
              ...((this.codes ?? this.links) && {
                otp: { ttl: this.linkLifetime, ttl_display_unit: "m" },
              }),
            },
            allowed_identifier: "email",
            required_identifier: "email",
            default_country: "US",
            profile_management: true,
            require_identifier_verification: false,
            user_metadata_schema: [],
            ...this.facts,
          },
        };
      case "GET /users": {
        if (this.hideUserExistence) {
          refuse(403, "operation_not_allowed", "Not told.", "user_existence_hidden");
        }
        const user = this.byIdentifier(address.searchParams.get("identifier"));
        return { user: user ? this.#user(user) : null };
      }
      case "POST /users": {
        if (this.byIdentifier(body.identifier)) {
          refuse(400, "invalid_request", "user: already exists.");
        }
        const user = this.addUser(body.identifier, "pending");
        user.metadata = body.user_metadata ?? {};
        return { user: this.#user(user) };
      }
      case "POST /register/webauthn/start": {
        if (this.hideUserExistence) refuse(403, "identifier_not_verified", "Sign in by link.");
        if (!this.publicSignup) {
          refuse(403, "operation_not_allowed", "Public signup is off.", "public_signup_disabled");
        }
        const known = this.byIdentifier(body.identifier);
        if (known?.devices.length) {
          refuse(403, "operation_not_allowed", "Has an account.", "user_already_registered");
        }
        const user = known ?? this.addUser(body.identifier, "pending");
        // Who is not there before the ceremony is not there if it ends early.
        if (!known) this.users.pop();
        return this.#registration("register", user, body.authenticator_attachment);
      }
      case "POST /register/webauthn/finish": {
        const { user } = this.#check("register", "webauthn.create", body);
        if (!this.users.includes(user!)) this.users.push(user!);
        this.addDevice(user!, body.handshake_response.id);
        return { auth_result: this.authResult(user!) };
      }
      case "POST /login/webauthn/start":
        return this.#login(body.identifier);
      case "POST /login/webauthn/finish": {
        this.#check("login", "webauthn.get", body);
        const credential = body.handshake_response.id as string;
        const user = this.users.find((one) => one.devices.some((d) => d.cred_id === credential));
        if (!user) {
          refuse(
            401,
            "discoverable_login_failed",
            "This passkey is not known.",
            "unknown_credential",
          );
        }
        const device = user.devices.find((d) => d.cred_id === credential)!;
        device.last_login_at = new Date().toISOString();
        device.usage_count++;
        this.stale = false;
        return { auth_result: this.authResult(user) };
      }
      case "POST /tokens": {
        const user = this.users.find(
          (one) => one.id === this.refreshTokens.get(body.refresh_token),
        );
        if (!user) refuse(401, "invalid_refresh_token", "Sign in again.");
        this.refreshTokens.delete(body.refresh_token);
        return { auth_result: this.authResult(user) };
      }
      case "DELETE /tokens":
        this.refreshTokens.delete(address.searchParams.get("refresh_token") ?? "");
        return undefined;
    }
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    return this.mail.answer(key, body, token) ?? this.#currentUser(key, body, token);
  }

  #currentUser(key: string, body: any, token: string): unknown {
    const claims = token
      ? JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString())
      : {};
    const user = this.users.find((one) => one.id === claims.sub);
    if (!user || claims.exp * 1000 < Date.now())
      refuse(401, "invalid_access_token", "Sign in again.");
    const device = user.devices.find((one) => key.endsWith("/" + one.id));
    const fresh = () =>
      this.stale &&
      refuse(403, "operation_not_allowed", "Sign in again first.", "reauthentication_required");
    if (key === "GET /currentuser") return { user: this.#user(user) };
    const answer = this.profile.answer(key, body, user, fresh);
    if (answer) return answer;
    if (key === "GET /currentuser/devices") return { devices: user.devices };
    if (key === "POST /currentuser/devices/start") {
      fresh();
      return this.#registration("device", user, body.authenticator_attachment);
    }
    if (key === "POST /currentuser/devices/finish") {
      this.#check("device", "webauthn.create", body);
      return { device: this.addDevice(user, body.handshake_response.id, "New passkey") };
    }
    if (device && key.startsWith("PATCH")) {
      device.friendly_name = body.friendly_name;
      return { device };
    }
    if (device && key.startsWith("DELETE")) {
      fresh();
      if (user.devices.length === 1) {
        refuse(403, "operation_not_allowed", "The last passkey stays.", "last_passkey");
      }
      user.devices = user.devices.filter((one) => one !== device);
      return undefined;
    }
    return refuse(404, "not_found", `The mock server has no ${key}.`);
  }

  byIdentifier(identifier: string | null) {
    const wanted = identifier?.toLowerCase();
    return this.users.find(({ email, phone }) => wanted && (email === wanted || phone === wanted));
  }

  #user(user: MockUser) {
    const { devices, metadata, ...rest } = user;
    return {
      ...rest,
      email_verified: !!user.email,
      phone_verified: !!user.phone,
      webauthn: devices.length > 0,
      webauthn_types: [],
      webauthn_devices: devices,
      user_metadata: metadata,
    };
  }

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
      user: user ? this.#user(user) : null,
    };
  }

  #registration(purpose: string, user: MockUser, attachment?: string) {
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

  #login(identifier?: string) {
    if (this.hideUserExistence) identifier = undefined;
    const user = identifier === undefined ? undefined : this.byIdentifier(identifier);
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

  #check(purpose: string, type: string, body: any): Handshake {
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
      data.origin !== this.page
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
