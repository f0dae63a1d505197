/** A real server with apps, and people who sign up there with a passkey made in software. */
import { execFile, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const binary = process.env.GINNEL_BINARY || join(import.meta.dirname, "../../target/debug/ginnel");

/** The site of all apps here. */
export const origin = "http://localhost:8080";

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export class Server {
  static async start() {
    if (!existsSync(binary)) {
      throw new Error(`There is no server at ${binary}. Build one: cargo build -p ginnel`);
    }
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "ginnel-twins-"));
    const port = await freePort();
    server.url = `http://localhost:${port}`;
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GINNEL_"));
    server.options = {
      cwd: server.folder,
      env: {
        ...Object.fromEntries(own),
        GINNEL_LISTEN: `127.0.0.1:${port}`,
        GINNEL_EXAMPLE_LISTEN: `127.0.0.1:${await freePort()}`,
        GINNEL_PUBLIC_URL: server.url,
        GINNEL_DATA_DIR: join(server.folder, "data"),
      },
    };
    server.process = spawn(binary, ["serve"], { ...server.options, stdio: "ignore" });
    const ended = new Promise((resolve) => server.process.on("close", resolve));
    server.ended = ended;
    for (let attempt = 0; attempt < 600; attempt++) {
      const answer = await fetch(`${server.url}/healthz`).catch(() => undefined);
      if (answer?.ok) return server;
      if (server.process.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await server.stop();
    throw new Error(`${binary} does not answer at ${server.url}`);
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  async command(...words) {
    return (await run(binary, words, this.options)).stdout;
  }

  /** Makes an app; `lifetime` is that of its auth tokens, in seconds. */
  async createApp(algorithm, lifetime) {
    const words = ["--name", `Twins ${algorithm}`, "--auth-origin", origin, "--redirect-url", "/"];
    const more = ["--algorithm", algorithm, "--auth-token-lifetime", String(lifetime), "--json"];
    const { app } = JSON.parse(await this.command("app", "create", ...words, ...more));
    return app.id;
  }

  async keySet(appId) {
    return (await fetch(`${this.url}/auth/v1/apps/${appId}/.well-known/jwks.json`)).json();
  }

  async post(appId, path, body) {
    const answer = await fetch(`${this.url}/auth/v1/apps/${appId}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Signs up somebody new, and signs them in once more; the tokens of both. */
  async people(appId) {
    const passkey = new Passkey();
    const identifier = `${randomBytes(6).toString("hex")}@example.com`;
    const asked = await this.post(appId, "register/webauthn/start", { identifier });
    const signedUp = await this.post(appId, "register/webauthn/finish", {
      handshake_id: asked.handshake.id,
      handshake_response: passkey.create(asked.handshake.challenge.publicKey),
    });
    const again = await this.post(appId, "login/webauthn/start", { identifier });
    const signedIn = await this.post(appId, "login/webauthn/finish", {
      handshake_id: again.handshake.id,
      handshake_response: passkey.get(again.handshake.challenge.publicKey),
    });
    return { signedUp: signedUp.auth_result, signedIn: signedIn.auth_result };
  }

  /** The next token of a session. */
  async refresh(appId, refreshToken) {
    return (await this.post(appId, "tokens", { refresh_token: refreshToken })).auth_result;
  }
}

const sha256 = (data) => createHash("sha256").update(data).digest();
const encoded = (data) => Buffer.from(data).toString("base64url");

/** Text or bytes of less than 256 bytes in CBOR. */
const cbor = (value) => {
  const kind = typeof value === "string" ? 0x60 : 0x40;
  const head = value.length < 24 ? [kind | value.length] : [kind | 24, value.length];
  return Buffer.concat([Buffer.from(head), Buffer.from(value)]);
};

/** A passkey for ES256 with the attestation none (WebAuthn L3 §6.5.4). */
class Passkey {
  #key = generateKeyPairSync("ec", { namedCurve: "P-256" });
  #id = randomBytes(16);
  #user;

  create({ challenge, rp, user }) {
    this.#user = user.id;
    const { x, y } = this.#key.publicKey.export({ format: "jwk" });
    const coordinates = [x, y].map((number) => Buffer.from(number, "base64url"));
    const cose = Buffer.concat([
      Buffer.from("a5010203262001", "hex"),
      ...coordinates.flatMap((bytes, at) => [Buffer.from([0x21 + at]), cbor(bytes)]),
    ]);
    const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, 16]), this.#id, cose]);
    const data = Buffer.concat([this.#data(rp.id, 0x5d), credential]);
    const object = Buffer.concat([
      Buffer.from([0xa3]),
      ...[cbor("fmt"), cbor("none"), cbor("attStmt"), Buffer.from([0xa0])],
      ...[cbor("authData"), cbor(data)],
    ]);
    return this.#response({
      clientDataJSON: this.#clientData("webauthn.create", challenge),
      attestationObject: encoded(object),
    });
  }

  get({ challenge, rpId }) {
    const data = this.#data(rpId, 0x1d);
    const clientDataJSON = this.#clientData("webauthn.get", challenge);
    const hash = sha256(Buffer.from(clientDataJSON, "base64url"));
    return this.#response({
      clientDataJSON,
      authenticatorData: encoded(data),
      signature: encoded(sign("sha256", Buffer.concat([data, hash]), this.#key.privateKey)),
      userHandle: this.#user,
    });
  }

  #data = (rpId, flags) => Buffer.concat([sha256(rpId), Buffer.from([flags, 0, 0, 0, 0])]);
  #clientData = (type, challenge) =>
    encoded(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  #response = (response) => ({
    id: encoded(this.#id),
    rawId: encoded(this.#id),
    type: "public-key",
    response,
  });
}
