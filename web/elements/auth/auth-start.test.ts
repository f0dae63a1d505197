// <passage-auth> in a real browser from the script tag to the first screen, and the pages on which there is no way on.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const box = () => stage.page.getByLabel("Email address");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });

/** Submits an identifier and waits for nothing. */
async function submit(identifier: string, name = "Continue") {
  await box().fill(identifier);
  await button(name).click();
}
/** Pages on which autofill would answer by itself, since the virtual authenticator never shows a list. */
const withoutAutofill = () =>
  stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  await withoutAutofill();
});
afterEach(() => stage.end());

describe("start", () => {
  test("shows that it loads, then the form", async () => {
    stage.mock.hold("GET /");
    await stage.visit(ELEMENT);
    await stage.page.getByText("Loading…").first().waitFor();
    await stage.look("auth-loading");
    stage.mock.release("GET /");
    await title("Sign in to Acme").waitFor();
    await stage.look("auth-login");
    assert.equal(await box().getAttribute("autocomplete"), "username webauthn");
  });

  test("leaves the focus of the page alone", async () => {
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    assert.equal(await stage.page.evaluate(() => document.activeElement?.tagName), "BODY");
  });

  for (const tag of ["passage-login", "passage-register"]) {
    test(`${tag} says that the app id is missing and how to get one`, async () => {
      await stage.visit(`<${tag}></${tag}>`);
      await title("The app id is missing").waitFor();
      await stage.page.getByText("Make an app in the Console").first().waitFor();
      await stage.look(`${tag}-no-app-id`);
      assert.deepEqual(stage.mock.requests, []);
    });
  }

  test("says that the app is unknown", async () => {
    await stage.visit(`<passage-auth app-id="nobody"></passage-auth>`);
    await title("There is no app “nobody”").waitFor();
    await stage.page.getByText("ginnel app list").waitFor();
    await stage.look("auth-unknown-app");
  });

  test("takes an app id that a framework sets later", async () => {
    await stage.visit("<passage-login></passage-login>");
    await title("The app id is missing").waitFor();
    await stage.page.evaluate(
      (id) => (document.querySelector("passage-login")!.appId = id),
      stage.mock.appId,
    );
    await title("Sign in to Acme").or(box()).first().waitFor();
  });

  test("takes properties set before the script was there", async () => {
    stage.mock.body = `<div id="place"></div><script>
      const auth = document.createElement("passage-auth");
      auth.appId = "${stage.mock.appId}"; auth.setAttribute("identifier", "ada@example.com"); auth.onEvent = (e) => (window.events ??= []).push(e.type);
      place.append(auth);
    </script><script src="${stage.mock.url}/web.js"></script>`;
    await stage.page.goto(stage.mock.page);
    await title("Sign in to Acme").waitFor();
    assert.equal(await box().inputValue(), "ada@example.com");
    assert.deepEqual(await stage.page.evaluate("events"), ["onLoaded", "onShowLogin"]);
  });

  for (const tag of [`type="module"`, "async", "defer", ""]) {
    test(`knows its server as <script ${tag}>`, async () => {
      stage.mock.body =
        `<script ${tag} src="${stage.mock.url}/web.js"></script>` +
        ELEMENT.replace("APP", stage.mock.appId);
      await stage.page.goto(stage.mock.page);
      await title("Sign in to Acme").waitFor();
    });
  }

  test("knows its server when a module imports it", async () => {
    stage.mock.body =
      `<script type="module">import "${stage.mock.url}/web.js"</script>` +
      ELEMENT.replace("APP", stage.mock.appId);
    await stage.page.goto(stage.mock.page);
    await title("Sign in to Acme").waitFor();
  });

  test("tries again by itself and by button when the server is away", async () => {
    await stage.page.route("**/auth/v1/**", (route) => route.abort());
    await stage.visit(ELEMENT);
    await title("The server cannot be reached").waitFor();
    await stage.look("auth-offline");
    await button("Try again").click();
    await title("The server cannot be reached").waitFor();
    await stage.page.unroute("**/auth/v1/**");
    await stage.page.evaluate(() => dispatchEvent(new Event("online")));
    await title("Sign in to Acme").waitFor();
  });

  test("waits when the server asks to", async () => {
    stage.mock.refuse("GET /", { status: 429, code: "rate_limited", retryAfter: 40 });
    await stage.visit(ELEMENT);
    await title("Too many tries").waitFor();
    await stage.page
      .getByText(/Wait \d+ seconds/)
      .first()
      .waitFor();
    await stage.look("auth-rate-limited-at-load");
  });
});

describe("pages on which passkeys cannot work", () => {
  test("127.0.0.1 leads to localhost with the same port", async () => {
    await stage.visit(ELEMENT, { at: `http://127.0.0.1:${stage.mock.pagePort}/login?next=1` });
    await title("Sign-in does not work at this address").waitFor();
    const link = stage.page.getByRole("link");
    assert.equal(await link.getAttribute("href"), `${stage.mock.page}/login?next=1`);
    await stage.look("auth-wrong-origin-loopback");
    await link.click();
    await title("Sign in to Acme").waitFor();
  });

  test("another origin is told exactly what to add", async () => {
    stage.mock.authOrigin = "https://acme.example";
    await stage.visit(ELEMENT);
    await title("Sign-in does not work at this address").waitFor();
    await stage.page
      .getByText(`ginnel app update ${stage.mock.appId} \\ --add-origin ${stage.mock.page}`)
      .waitFor();
    assert.equal(
      await stage.page.getByRole("link").getAttribute("href"),
      "https://acme.example/login",
    );
    await stage.look("auth-wrong-origin");
  });

  test("an address of the local network is told about https", async () => {
    const here = `http://lan.test:${stage.mock.pagePort}`;
    await stage.visit(ELEMENT, { at: here + "/login" });
    await title("Passkeys need a secure address").waitFor();
    await stage.page.getByText("Serve the page with https.").first().waitFor();
    await stage.look("auth-insecure");
  });

  test("a browser without passkeys is told so", async () => {
    await stage.page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    await stage.visit(ELEMENT);
    await title("No passkeys in this browser").waitFor();
    await stage.look("auth-unsupported");
  });

  test("a refusal of the origin by the server blocks as well", async () => {
    stage.mock.refuse("POST /login/webauthn/start", {
      status: 403,
      code: "operation_not_allowed",
      reason: "origin_not_allowed",
    });
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("Sign-in does not work at this address").waitFor();
  });
});
