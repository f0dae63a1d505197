// <passage-auth> in a real browser: every screen of registering and signing in, what leads to it and
// what leads out of it.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const box = () => stage.page.getByLabel("Email address");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const alert = () => stage.page.getByRole("alert");

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

describe("registration", () => {
  test("makes a passkey, keeps the tokens, follows the redirect", async () => {
    await stage.visit(ELEMENT);
    await button("Create an account").click();
    await title("Create your account").waitFor();
    assert.equal(await stage.page.evaluate(() => document.activeElement?.id), "identifier");
    await stage.look("auth-register");
    await submit("ada@example.com", "Create a passkey");
    await stage.page.waitForURL("**/dashboard");
    assert.deepEqual(stage.mock.requests, [
      "GET /",
      "GET /users",
      "POST /register/webauthn/start",
      "POST /register/webauthn/finish",
    ]);
    const [user] = stage.mock.users;
    assert.equal(user!.email, "ada@example.com");
    const token = await stage.storage("psg_auth_token");
    const cookies = await stage.context.cookies(stage.mock.page);
    const cookie = cookies.find(({ name }) => name === "psg_auth_token");
    assert.ok(token && cookie);
    assert.equal(cookie.value, token);
    assert.deepEqual([cookie.path, cookie.sameSite, cookie.secure], ["/", "Lax", false]);
    assert.ok(stage.mock.refreshTokens.has((await stage.storage("psg_refresh_token"))!));
    assert.equal(await stage.storage("psg_last_login"), "ada@example.com");
    assert.deepEqual(JSON.parse((await stage.storage("psg_cred_obj"))!), {
      [user!.id]: user!.devices[0]!.cred_id,
    });
  });

  test("offers to sign in where there is an account, and does it", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await button("Create an account").click();
    await submit("ada@example.com", "Create a passkey");
    await alert().getByText("ada@example.com already has an account.").waitFor();
    await stage.look("auth-existing");
    assert.ok(!stage.mock.requests.includes("POST /register/webauthn/start"));
    await alert().getByRole("button", { name: "Sign in instead" }).click();
    await stage.page.waitForURL("**/dashboard");
  });

  test("says that sign-up is closed", async () => {
    stage.mock.publicSignup = false;
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    assert.equal(await button("Create an account").count(), 0);
    await stage.look("auth-login-closed");
    await submit("nobody@example.com");
    await alert().getByText("There is no account for nobody@example.com.").waitFor();
    assert.equal(await button("Create an account").count(), 0);
  });

  test("a device that has a passkey already offers to sign in", async () => {
    await stage.page.addInitScript(() => {
      navigator.credentials.create = () =>
        Promise.reject(new DOMException("", "InvalidStateError"));
    });
    await stage.visit(ELEMENT);
    await button("Create an account").click();
    await submit("ada@example.com", "Create a passkey");
    await alert().getByText("This device has a passkey for the account.").waitFor();
    await stage.look("auth-passkey-exists");
  });
});

describe("sign-in", () => {
  test("with an identifier", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await box().fill("Ada@example.com ");
    await box().press("Enter");
    await stage.page.waitForURL("**/dashboard");
    assert.deepEqual(stage.mock.requests.slice(-2), [
      "POST /login/webauthn/start",
      "POST /login/webauthn/finish",
    ]);
  });

  test("without one, and learns the name", async () => {
    const user = await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await button("Sign in with a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(stage.mock.requests.at(-1), "GET /currentuser");
    assert.equal(await stage.storage("psg_last_login"), "ada@example.com");
    assert.ok((await stage.storage("psg_cred_obj"))!.includes(user.id));
    await stage.visit(ELEMENT);
    await title("Welcome back").waitFor();
    await stage.page.getByText("ada@example.com").waitFor();
  });

  test("asks for an address that looks like one", async () => {
    await stage.visit(ELEMENT);
    await submit("");
    await stage.page.getByText("Enter your email address.").waitFor();
    assert.equal(await stage.page.evaluate(() => document.activeElement?.id), "identifier");
    await submit("ada");
    const described = await box().evaluate(
      (input) => document.getElementById(input.getAttribute("aria-describedby")!)!.textContent,
    );
    assert.equal(described, "Enter an address like ada@example.com.");
    assert.equal(await box().getAttribute("aria-invalid"), "true");
    await stage.look("auth-invalid");
    assert.deepEqual(stage.mock.requests, ["GET /"]);
  });

  test("offers to register an unknown account, and does it", async () => {
    await stage.visit(ELEMENT);
    await submit("new@example.com");
    await alert().getByText("There is no account for new@example.com.").waitFor();
    await stage.look("auth-unknown");
    await alert().getByRole("button", { name: "Create an account" }).click();
    await title("Create your account").waitFor();
    assert.equal(await box().inputValue(), "new@example.com");
  });

  test("an account without a passkey is told so where there are no links", async () => {
    stage.mock.addUser("ada@example.com");
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("This account has no passkey").waitFor();
  });

  test("a deactivated account is told so on a screen of its own", async () => {
    stage.mock.addUser("ada@example.com", "inactive");
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("This account is deactivated").waitFor();
    assert.equal(await button("Try again").count(), 0);
    await stage.look("auth-deactivated");
    await button("Back").click();
    await title("Sign in to Acme").waitFor();
  });

  test("waits for the dialogue and can be cancelled", async () => {
    await stage.enrol("ada@example.com");
    await stage.leaveDialogue();
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("Use your passkey").waitFor();
    assert.equal(
      await stage.page.evaluate(
        () => document.querySelector("passage-auth")!.shadowRoot!.activeElement?.tagName,
      ),
      "H2",
    );
    await stage.look("auth-waiting");
    await button("Cancel").click();
    await title("Sign in to Acme").waitFor();
    assert.equal(await box().inputValue(), "ada@example.com");
  });

  test("a dialogue that was closed can be opened again", async () => {
    await stage.enrol("ada@example.com");
    await stage.verified(false);
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("No passkey was used").waitFor();
    await stage.look("auth-cancelled");
    await stage.verified(true);
    await button("Try again").click();
    await stage.page.waitForURL("**/dashboard");
  });

  test("a passkey that the server does not know is explained", async () => {
    await stage.enrol("ada@example.com");
    stage.mock.users[0]!.devices = [];
    await stage.visit(ELEMENT);
    await button("Sign in with a passkey").click();
    await title("This passkey is not known").waitFor();
    await stage.look("auth-unknown-passkey");
  });

  test("shows that it works on it", async () => {
    stage.mock.hold("POST /login/webauthn/start");
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await button("One moment…").waitFor();
    await stage.look("auth-checking");
    stage.mock.release("POST /login/webauthn/start");
  });

  test("tells the seconds of a rate limit and offers the form again after them", async () => {
    stage.mock.refuse("POST /login/webauthn/start", {
      status: 429,
      code: "rate_limited",
      retryAfter: 3,
    });
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await alert().getByText("Wait 3 seconds, then try again.").waitFor();
    await alert().waitFor({ state: "detached" });
  });

  test("a server that went away meanwhile can be asked again", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    await stage.page.route("**/login/webauthn/start", (route) => route.abort());
    await submit("ada@example.com");
    await alert().getByText("The server cannot be reached.").waitFor();
    await stage.look("auth-network");
    await stage.page.unroute("**/login/webauthn/start");
    await alert().getByRole("button", { name: "Try again" }).click();
    await stage.page.waitForURL("**/dashboard");
  });
});

describe("callbacks", () => {
  const record = `<script>
    const auth = document.querySelector("passage-auth"); window.seen = [];
    auth.beforeAuth = (...all) => { seen.push(["before", ...all]); return window.allow ?? true; };
    auth.onSuccess = (...all) => { seen.push(["success", ...all]); };
    auth.onEvent = (event) => { seen.push(["event", event.type]); };
  </script>`;

  test("onSuccess replaces the redirect and gets camelCase tokens", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT + record);
    await submit("ada@example.com");
    await title("You are signed in").waitFor();
    await stage.look("auth-done");
    const seen = (await stage.page.evaluate("seen")) as unknown[][];
    const [, result, context] = seen.find(([name]) => name === "success")! as any;
    assert.deepEqual(Object.keys(result).sort(), [
      "authToken",
      "redirectUrl",
      "refreshToken",
      "refreshTokenExpiration",
    ]);
    assert.deepEqual(context, { authType: "login" });
    assert.deepEqual(
      seen.find(([name]) => name === "before"),
      ["before", "ada@example.com", { authType: "login" }],
    );
    assert.ok(seen.some(([, type]) => type === "onLoginPasskey"));
    assert.equal(new URL(stage.page.url()).pathname, "/login");
  });

  test("beforeAuth can stop", async () => {
    await stage.visit(ELEMENT + record);
    await stage.page.evaluate("window.allow = false");
    await submit("ada@example.com");
    await stage.page.waitForFunction("seen.some(([name]) => name === 'before')");
    await title("Sign in to Acme").waitFor();
    assert.deepEqual(stage.mock.requests, ["GET /"]);
  });

  test("a token store of the page replaces ours", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(
      ELEMENT +
        `<script>
          window.kept = {};
          const auth = document.querySelector("passage-auth");
          auth.onSuccess = () => {};
          auth.tokenStore = { getAuthToken: async () => kept.authToken, getRefreshToken: async () => kept.refreshToken,
            setTokens: async (r) => { kept = r; }, clearTokens: async () => { kept = {}; } };
        </script>`,
    );
    await submit("ada@example.com");
    await title("You are signed in").waitFor();
    assert.ok(await stage.page.evaluate("kept.authToken"));
    assert.equal(await stage.storage("psg_auth_token"), null);
  });
});

test("two elements with different servers work on one page", async () => {
  const { MockServer } = await import("../../testing/mock-server.ts");
  const other = await MockServer.start(process.cwd() + "/elements/dist");
  try {
    other.authOrigin = stage.mock.page;
    other.refuse("POST /login/webauthn/start", {
      status: 403,
      code: "user_not_active",
      error: "This account is deactivated. Ask the people who run this app.",
    });
    await stage.visit(
      `${ELEMENT}<passage-auth id="second" url="${other.url}" app-id="${other.appId}"></passage-auth>`,
    );
    const second = stage.page.locator("#second");
    await second.getByLabel("Email address").fill("ada@example.com");
    await second.getByRole("button", { name: "Continue" }).click();
    await second.getByRole("heading", { name: "This account is deactivated" }).waitFor();
    assert.deepEqual(stage.mock.requests, ["GET /"]);
    assert.equal(
      await stage.page.locator("passage-auth").first().getByLabel("Email address").inputValue(),
      "",
    );
  } finally {
    other.stop();
  }
});
