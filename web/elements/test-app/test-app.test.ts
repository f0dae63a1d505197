// <passage-auth> without an app id, in a real browser: its test app from the first visit to the finished tag, and what is
// said where there is none to be had.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = "<passage-auth></passage-auth>";
const MAKING = "POST /api/v1/apps";
const GONE = "gone56789012345678901234";
const form = () => stage.page.getByRole("heading", { name: "Sign in to Acme" });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const link = (name: string) => stage.page.getByRole("link", { name });
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const made = () => stage.mock.requests.filter((request) => request === MAKING).length;

/** What the page told the developer. */
let told: string[] = [];

/** A browser that got this test app some time ago. */
async function remember(id: string, server = stage.mock.url) {
  await stage.page.goto(stage.mock.page + "/blank");
  await stage.page.evaluate(
    ([id, server]) => {
      localStorage.setItem("psg_ephemeral_app_id", id!);
      localStorage.setItem("psg_ephemeral_app_name", "Test app at home");
      localStorage.setItem("ginnel_claim_secret", "old");
      localStorage.setItem("ginnel_test_app_server", server!);
    },
    [id, server],
  );
}

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  told = [];
  stage.page.on("console", (line) => line.type() === "info" && told.push(line.text()));
  await stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
});
afterEach(() => stage.end());

describe("a page without an app id", () => {
  test("gets a test app and shows its links", async () => {
    stage.mock.hold(MAKING);
    await stage.visit(ELEMENT);
    await stage.page.getByText("Loading…").first().waitFor();
    await stage.look("test-app-making");
    stage.mock.release(MAKING);
    await form().waitFor();
    await stage.look("test-app");

    const { host } = new URL(stage.mock.page);
    const name = `Test app at ${host}`;
    assert.deepEqual(stage.mock.testAppWishes, [
      { auth_origin: stage.mock.page, name, login_url: "/login" },
    ]);
    const page = `${stage.mock.url}/claim/${stage.mock.appId}`;
    const claim = `${page}?name=${encodeURIComponent(name)}&secret=S3cret%26%3D`;
    assert.deepEqual(told, [
      `Passage Test App ID: ${stage.mock.appId}`,
      `Claim your app: ${claim}`,
    ]);
    for (const [text, address] of [
      ["Claim this app", claim],
      ["Open its test inbox", `${page}/inbox?secret=S3cret%26%3D`],
    ]) {
      assert.equal(await link(text!).getAttribute("href"), address);
      assert.equal(await link(text!).getAttribute("target"), "_blank");
    }
    assert.equal(await stage.storage("psg_ephemeral_app_id"), stage.mock.appId);
    assert.equal(await stage.storage("psg_ephemeral_app_name"), name);
    assert.equal(await stage.storage("ginnel_claim_secret"), "S3cret&=");
    assert.equal(await stage.storage("ginnel_test_app_server"), stage.mock.url);
  });

  test("has the box between the form and the way to the other one", async () => {
    await stage.visit(ELEMENT);
    await form().waitFor();
    for (const [submit, other] of [
      ["Continue", "Create an account"],
      ["Create a passkey", "Sign in instead"],
    ]) {
      const places = await stage.page.evaluate(
        ([submit, other]) => {
          const root = document.querySelector("passage-auth")!.shadowRoot!;
          const nodes = [...root.querySelectorAll("button, [role=note]")];
          const at = (text: string) => nodes.findIndex((node) => node.textContent === text);
          return [at(submit!), nodes.findIndex((node) => node.role === "note"), at(other!)];
        },
        [submit, other],
      );
      assert.ok(places[0]! >= 0 && places[0]! < places[1]! && places[1]! < places[2]!, `${places}`);
      await button(other!).click();
    }
  });

  test("signs people up and in", async () => {
    await stage.visit(ELEMENT);
    await button("Create an account").click();
    await stage.page.getByLabel("Email address").fill("ada@example.com");
    await button("Create a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(await stage.storage("ginnel_app_id"), stage.mock.appId);
    await stage.page.evaluate(() => localStorage.removeItem("psg_auth_token"));
    await stage.page.goto(stage.mock.page + "/login");
    await button("Sign in with a passkey").or(button("Continue")).first().click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(made(), 1);
  });

  test("sends links, and shows where they can be read", async () => {
    stage.mock.links = true;
    await stage.visit(ELEMENT);
    await button("Create an account").click();
    await stage.page.getByLabel("Email address").fill("ada@example.com");
    await button("Sign up by link instead").click();
    await title("Check your mail").waitFor();
    assert.equal(await link("Open its test inbox").count(), 1);
    await stage.look("test-app-link-sent");
    await button("Use another address").click();
    await link("Open its test inbox").waitFor();
  });

  test("uses the same app at the next visit", async () => {
    await stage.visit(ELEMENT);
    await form().waitFor();
    await stage.page.reload();
    await form().waitFor();
    assert.equal(made(), 1);
    assert.equal(told.length, 4);
  });

  test("shares it between elements and tabs that begin at once", async () => {
    stage.mock.body = ELEMENT + ELEMENT + `<script src="${stage.mock.url}/web.js"></script>`;
    const other = await stage.context.newPage();
    await Promise.all([stage.page, other].map((page) => page.goto(stage.mock.page)));
    for (const page of [stage.page, other]) {
      const forms = page.getByRole("heading", { name: "Sign in to Acme" });
      await forms.nth(1).waitFor();
    }
    assert.equal(made(), 1);
  });

  test("goes on where the browser forbids storage", async () => {
    await stage.page.addInitScript(() => {
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("Forbidden", "SecurityError");
        },
      });
    });
    await stage.visit(ELEMENT);
    await form().waitFor();
  });

  test("leaves its test app alone once it has an app id", async () => {
    await stage.visit(ELEMENT);
    await form().waitFor();
    stage.mock.ephemeral = false;
    await stage.visit(`<passage-auth app-id="APP"></passage-auth>`);
    await form().waitFor();
    assert.equal(await stage.page.getByRole("note").count(), 0);
    assert.equal(told.length, 2);
  });

  test("loads nothing of this on a page with an app id", async () => {
    const scripts: string[] = [];
    stage.page.on("request", (request) => scripts.push(request.url()));
    await stage.visit(`<passage-auth app-id="APP"></passage-auth>`);
    await form().waitFor();
    assert.ok(scripts.some((url) => url.endsWith("/web.js")));
    assert.ok(!scripts.some((url) => url.includes("test-app")), scripts.join("\n"));
  });
});

describe("a test app that is no more", () => {
  test("is replaced by a new one when it has ended", async () => {
    await remember(GONE);
    await stage.visit(ELEMENT);
    await form().waitFor();
    assert.equal(made(), 1);
    assert.equal(await stage.storage("psg_ephemeral_app_id"), stage.mock.appId);
    assert.equal(await stage.storage("ginnel_claim_secret"), "S3cret&=");
    assert.ok(!told.join().includes(GONE), told.join());
  });

  test("of another server is not used", async () => {
    await remember(stage.mock.appId, "https://other.example");
    await stage.visit(ELEMENT);
    await form().waitFor();
    assert.equal(made(), 1);
    assert.equal(await stage.storage("ginnel_test_app_server"), stage.mock.url);
  });

  test("was claimed: the finished tag is shown", async () => {
    await remember(stage.mock.appId);
    await stage.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await stage.visit(ELEMENT);
    await stage.page.getByText("This app was claimed").waitFor();
    await stage.look("test-app-claimed");
    assert.equal(made(), 0);
    assert.deepEqual(told, [`Passage Test App ID: ${stage.mock.appId}`]);
    assert.equal(await link("Claim this app").count(), 0);
    await button("Copy the tag").click();
    await button("Copied").waitFor();
    const tag = `<passage-auth app-id="${stage.mock.appId}"></passage-auth>`;
    assert.equal(await stage.page.evaluate(() => navigator.clipboard.readText()), tag);
    await stage.page.getByText(tag).waitFor();
  });

  test("was claimed, and copying is forbidden: it can be selected", async () => {
    await remember(stage.mock.appId);
    await stage.page.addInitScript(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"));
    });
    await stage.visit(ELEMENT);
    await button("Copy the tag").click();
    await button("Select and copy it by hand").waitFor();
  });
});

describe("where there is none to be had", () => {
  const refuse = (error: string, reason: string, status = 403) =>
    stage.mock.refuse(MAKING, { status, code: "operation_not_allowed", error, reason });

  test("a server without test apps names the Console", async () => {
    const rest = "Make an app in its Console at https://id.example.com/console and set its id.";
    refuse("This server makes no test apps. " + rest, "test_apps_disabled");
    await stage.visit(ELEMENT);
    await title("This server makes no test apps").waitFor();
    await stage.page.getByText(rest).first().waitFor();
    await stage.look("test-app-refused");
    assert.deepEqual(told, []);
  });

  test("an origin that may have none is told so in the server's words", async () => {
    refuse(
      "Test apps are for pages on your own machine. Make an app in the Console.",
      "origin_not_allowed",
    );
    await stage.visit(ELEMENT);
    await title("Test apps are for pages on your own machine").waitFor();
    await stage.page.getByText("Make an app in the Console.").first().waitFor();
    // Nothing could be added to an app that there is not.
    assert.equal(await stage.page.getByText("ginnel app update").count(), 0);
    assert.equal(await link("Open").count(), 0);
    await stage.look("test-app-wrong-origin");
  });

  test("127.0.0.1 leads to localhost with the same port", async () => {
    const at = `http://127.0.0.1:${stage.mock.pagePort}/login?next=1`;
    refuse("Browsers make no passkeys here. Open the page at localhost.", "", 400);
    await stage.visit(ELEMENT, { at });
    await title("Browsers make no passkeys here").waitFor();
    assert.equal(await link("Open").getAttribute("href"), `${stage.mock.page}/login?next=1`);
    await stage.look("test-app-loopback");
    stage.mock.refusals.clear();
    await link("Open").click();
    await form().waitFor();
  });

  test("too many are put off", async () => {
    stage.mock.refuse(MAKING, { status: 429, code: "rate_limited", retryAfter: 3600 });
    await stage.visit(ELEMENT);
    await title("Too many tries").waitFor();
    await stage.look("test-app-rate-limited");
    stage.mock.refusals.clear();
    await button("Try again").click();
    await form().waitFor();
  });

  for (const [what, path] of [
    ["script", "**/elements/test-app.js*"],
    ["server", "**/api/v1/apps"],
    ["app", "**/auth/v1/**"],
  ] as const) {
    test(`an unreachable ${what} is tried again`, async () => {
      let refused = 0;
      await stage.page.route(path, (route) => {
        refused++;
        return route.abort();
      });
      await stage.visit(ELEMENT);
      await title("The server cannot be reached").waitFor();
      const before = refused;
      await button("Try again").click();
      // The title of the first try is still there until the second one has begun.
      while (refused === before) await setTimeout(10);
      await title("The server cannot be reached").waitFor();
      await stage.page.unroute(path);
      await button("Try again").click();
      await form().waitFor();
      assert.equal(made(), 1);
    });
  }

  test("a removed element makes none later", async () => {
    stage.mock.hold(MAKING);
    await stage.visit(ELEMENT);
    await stage.page.getByText("Loading…").first().waitFor();
    const failures: string[] = [];
    stage.page.on("pageerror", (error) => failures.push(error.message));
    await stage.page.evaluate(() => document.querySelector("passage-auth")!.remove());
    stage.mock.release(MAKING);
    await stage.page.waitForFunction(() => localStorage.getItem("psg_ephemeral_app_id"));
    assert.deepEqual(failures, []);
  });
});
