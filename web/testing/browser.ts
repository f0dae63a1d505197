// A real Chromium for the element tests: pages of the mock server, virtual authenticators, axe, screenshots.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type CDPSession,
  type Page,
} from "playwright-core";
import { MockServer } from "./mock-server.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const root = process.cwd();
const shots = join(root, ".shots");
mkdirSync(shots, { recursive: true });

export class Stage {
  mock!: MockServer;
  page!: Page;
  context!: BrowserContext;
  cdp!: CDPSession;
  authenticatorId = "";
  #browser!: Browser;

  async open(): Promise<void> {
    this.#browser = await chromium.launch({
      executablePath: process.env["GINNEL_CHROMIUM"] || "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--host-resolver-rules=MAP lan.test 127.0.0.1",
      ],
    });
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  /** A fresh server, profile and authenticator. */
  async begin(): Promise<void> {
    this.mock = await MockServer.start(join(root, "elements/dist"));
    this.context = await this.#browser.newContext({ locale: "en-GB", reducedMotion: "reduce" });
    this.page = await this.context.newPage();
    await this.authenticator();
  }

  async end(): Promise<void> {
    await this.context.close();
    this.mock.stop();
  }

  /** A platform authenticator that answers at once, as a person who always agrees. */
  async authenticator(options: object = {}): Promise<void> {
    this.cdp = await this.context.newCDPSession(this.page);
    await this.cdp.send("WebAuthn.enable", { enableUI: false });
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...options,
      },
    });
    this.authenticatorId = authenticatorId;
  }

  /** The person stops answering the browser's dialogue. */
  async leaveDialogue(): Promise<void> {
    await this.presence(false);
  }
  async presence(enabled: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
  }
  /** The person declines (`false`) or passes the check of the screen lock. */
  async verified(isUserVerified: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  }

  /** Opens a page with an element; `script` is the path of the bundle. */
  async visit(
    element: string,
    { at = this.mock.page + "/login", scripts = ["/web.js"], extra = "" } = {},
  ) {
    const tags = scripts.map((path) => `<script src="${this.mock.url}${path}"></script>`).join("");
    this.mock.body = extra + element.replaceAll("APP", this.mock.appId) + tags;
    await this.page.goto(at);
  }

  /** A picture alone, for looks whose colours axe cannot read. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  /** Finds nothing wrong with axe and takes a picture, in light and dark, on a telephone and a desk. */
  async look(name: string): Promise<void> {
    const { page } = this;
    for (const colorScheme of ["light", "dark"] as const) {
      for (const [size, width, height] of [
        ["narrow", 320, 640],
        ["wide", 1280, 720],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${size}.png`) });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        assert.ok(overflow <= 0, `${name} at ${width}px is ${overflow}px too wide`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: { run(): Promise<{ violations: object[] }> } }).axe.run(),
        );
        const found = (
          violations as { id: string; nodes: { html: string; failureSummary: string }[] }[]
        )
          .map(
            ({ id, nodes }) =>
              `${id}: ${nodes.map((n) => `${n.html}\n${n.failureSummary}`).join("\n")}`,
          )
          .join("\n");
        assert.equal(found, "", `axe on ${name}, ${colorScheme}, ${width}px`);
      }
    }
  }

  /** Makes a user with a passkey of this authenticator, without any page being signed in. */
  async enrol(email: string) {
    const user = this.mock.addUser(email);
    const { page, mock } = this;
    await page.goto(mock.page + "/blank");
    const credential = await page.evaluate(
      async ({ id, name }) => {
        const made = (await navigator.credentials.create({
          publicKey: {
            challenge: new Uint8Array(32),
            rp: { id: "localhost", name: "Acme" },
            user: { id: new TextEncoder().encode(id), name, displayName: name },
            pubKeyCredParams: [{ alg: -7, type: "public-key" }],
            authenticatorSelection: { residentKey: "required", userVerification: "required" },
          },
        })) as PublicKeyCredential;
        return made.id;
      },
      { id: user.id, name: email },
    );
    mock.addDevice(user, credential);
    return user;
  }

  /** Puts a session of this user into the page's storage. */
  async signIn(user: ReturnType<MockServer["addUser"]>, lifetime?: number) {
    const result = this.mock.authResult(user);
    const token = this.mock.token(user, lifetime);
    await this.page.goto(this.mock.page + "/blank");
    await this.page.evaluate(
      ([token, refresh, app, server]) => {
        localStorage.setItem("psg_auth_token", token!);
        localStorage.setItem("psg_refresh_token", refresh!);
        localStorage.setItem("ginnel_app_id", app!);
        localStorage.setItem("ginnel_server", server!);
      },
      [token, result.refresh_token, this.mock.appId, this.mock.url],
    );
    return { token, refreshToken: result.refresh_token };
  }

  async storage(key: string): Promise<string | null> {
    return this.page.evaluate((name) => localStorage.getItem(name), key);
  }
}
