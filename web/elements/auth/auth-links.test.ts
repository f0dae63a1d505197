// <passage-auth> in a real browser, signing in by mail: what leads to a link, and the page that waits for it.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const RECORD = `<script>
  document.querySelector("passage-auth").onEvent = (event) => (window.seen ??= []).push(event.type);
</script>`;
const box = () => stage.page.getByLabel("Email address");
const code = () => stage.page.getByLabel("Or enter its code");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const alert = () => stage.page.getByRole("alert");
const count = (key: string) => stage.mock.requests.filter((one) => one === key).length;
const polls = () => count("POST /magic-link/status");

/** Submits an identifier and waits for nothing. */
async function submit(identifier: string, name = "Continue") {
  await box().fill(identifier);
  await button(name).click();
}
/** A user without a passkey, on the page that waits for the mail. */
async function waiting() {
  const user = stage.mock.addUser("ada@example.com");
  await stage.visit(ELEMENT + RECORD);
  await submit("ada@example.com");
  await title("Check your mail").waitFor();
  return user;
}
/** The page seems to be in the background, or is shown again. */
const background = (hidden: boolean) =>
  stage.page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
/** Skips the offer of a passkey and arrives. */
async function arrive() {
  await title("Sign in faster next time").waitFor();
  await button("Not now").click();
  await stage.page.waitForURL("**/dashboard");
}

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  stage.mock.links = true;
  await stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
});
afterEach(() => stage.end());

describe("to a link", () => {
  test("by itself for an account without a passkey", async () => {
    await waiting();
    await stage.page.getByText("ada@example.com", { exact: true }).waitFor();
    await stage.page.getByText("47", { exact: true }).waitFor();
    await stage.look("link-sent");
    const { to, url, language } = stage.mock.mail.last;
    assert.deepEqual([to, language], ["ada@example.com", "en-GB"]);
    assert.ok(url.startsWith(stage.mock.page + "/login?psg_magic_link="));
    assert.match(stage.mock.mail.last.link.hash!, /^[\w-]{43}$/);
    assert.equal(
      await stage.page.evaluate(
        () => document.querySelector("passage-auth")!.shadowRoot!.activeElement?.tagName,
      ),
      "H2",
    );
    assert.deepEqual(await stage.page.evaluate("seen"), [
      "onLoaded",
      "onShowLogin",
      "onMagicLinkLogin",
    ]);
  });

  test("from the form, at once when the address is there", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    await stage.look("link-login");
    await button("Use a link instead").click();
    await button("Send me a link").waitFor();
    assert.equal(await stage.page.evaluate(() => document.activeElement?.id), "identifier");
    await stage.look("link-form");
    await submit("ada@example.com", "Send me a link");
    await title("Check your mail").waitFor();
    await button("Use another address").click();
    assert.equal(await box().inputValue(), "ada@example.com");
    await button("Sign in with a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(stage.mock.mail.mails.length, 1);

    await stage.page.evaluate(() => localStorage.clear());
    await stage.visit(ELEMENT);
    await box().fill("ada@example.com");
    await button("Use a link instead").click();
    await title("Check your mail").waitFor();
  });

  test("from the browser's dialogue, and after it was closed", async () => {
    await stage.enrol("ada@example.com");
    await stage.leaveDialogue();
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("Use your passkey").waitFor();
    await stage.look("link-instead-of-dialogue");
    await button("Use a link instead").click();
    await title("Check your mail").waitFor();
    await button("Use another address").click();
    await stage.presence(true);
    await stage.verified(false);
    await button("Sign in with a passkey").click();
    await title("No passkey was used").waitFor();
    await stage.look("link-after-dialogue");
    await button("Use a link instead").click();
    await button("Send me a link").click();
    await title("Check your mail").waitFor();
    assert.equal(stage.mock.mail.mails.length, 2);
  });

  test("at registration, and back to a passkey", async () => {
    await stage.visit(ELEMENT + RECORD);
    await button("Create an account").click();
    await stage.look("link-register");
    await button("Sign up by link instead").click();
    await button("Send me a link").waitFor();
    await stage.look("link-register-form");
    await button("Create a passkey instead").click();
    await button("Create a passkey").waitFor();
    await box().fill("new@example.com");
    await button("Sign up by link instead").click();
    await title("Check your mail").waitFor();
    assert.equal(stage.mock.mail.last.link.purpose, "register");
    await code().fill(stage.mock.mail.last.code);
    await arrive();
    assert.equal(stage.mock.users[0]!.email, "new@example.com");
    assert.equal(count("POST /register/webauthn/start"), 0);
  });

  test("where the browser has no passkeys at all", async () => {
    stage.mock.addUser("ada@example.com");
    await stage.page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    await stage.visit(ELEMENT);
    await button("Send me a link").waitFor();
    assert.equal(await button("Sign in with a passkey").count(), 0);
    await stage.look("link-without-passkeys");
    await submit("ada@example.com", "Send me a link");
    await title("Check your mail").waitFor();
    await code().fill(stage.mock.mail.last.code);
    // No passkey is offered here.
    await stage.page.waitForURL("**/dashboard");
  });

  test("where passkeys belong to another address", async () => {
    await stage.enrol("ada@example.com");
    await stage.page.addInitScript(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException("", "SecurityError"));
    });
    await stage.visit(ELEMENT);
    await submit("ada@example.com");
    await title("Check your mail").waitFor();
  });

  test("for the owner of an account that somebody else began", async () => {
    stage.mock.addUser("ada@example.com", "pending");
    stage.mock.refuse("POST /register/webauthn/start", {
      status: 403,
      code: "identifier_not_verified",
      error: "This account waits for its owner. Prove the address by a link or code first.",
    });
    await stage.visit(ELEMENT + RECORD);
    await button("Create an account").click();
    await submit("ada@example.com", "Create a passkey");
    await title("This account waits for its owner").waitFor();
    await stage.look("link-unverified");
    await button("Send me a link").click();
    await title("Check your mail").waitFor();
    assert.equal(stage.mock.mail.last.link.purpose, "login");
    assert.ok(((await stage.page.evaluate("seen")) as string[]).includes("onVerifyIdentity"));
    await code().fill(stage.mock.mail.last.code);
    await title("Sign in faster next time").waitFor();
  });

  test("alone where nobody may learn who has an account", async () => {
    stage.mock.hideUserExistence = true;
    await stage.visit(ELEMENT);
    await button("Send me a link").waitFor();
    await stage.look("link-hidden-existence");
    await submit("nobody@example.com", "Send me a link");
    await title("Check your mail").waitFor();
    await button("Use another address").click();
    await button("Create an account").click();
    await button("Send me a link").waitFor();
    assert.equal(await button("Create a passkey instead").count(), 0);
    await button("Send me a link").click();
    await title("Check your mail").waitFor();
    assert.equal(count("GET /users"), 0);
  });

  test("is not spoken of where the app has none, and refused in words where the server has stopped", async () => {
    stage.mock.links = false;
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    assert.equal(await button("Use a link instead").count(), 0);
    stage.mock.links = true;
    await stage.visit(ELEMENT);
    await title("Sign in to Acme").waitFor();
    stage.mock.links = false;
    stage.mock.addUser("ada@example.com");
    await submit("ada@example.com");
    await alert().getByText("This app sends no links.").waitFor();
  });

  test("is refused in words", async () => {
    stage.mock.addUser("ada@example.com", "inactive");
    await stage.visit(ELEMENT);
    await button("Use a link instead").click();
    await submit("nobody@example.com", "Send me a link");
    await alert().getByText("There is no account for nobody@example.com.").waitFor();
    await submit("ada@example.com", "Send me a link");
    await title("This account is deactivated").waitFor();
    await button("Back").click();
    stage.mock.refuse("POST /login/magic-link", {
      status: 429,
      code: "rate_limited",
      retryAfter: 1500,
    });
    await button("Send me a link").click();
    await alert().getByText("Wait 25 minutes, then try again.").waitFor();
    await stage.look("link-rate-limited");
  });
});

describe("the waiting page", () => {
  test("goes on by itself when the link is opened in another tab", async () => {
    await waiting();
    const tab = await stage.context.newPage();
    await tab.goto(stage.mock.mail.last.url);
    await tab.getByRole("heading", { name: "Sign in faster next time" }).waitFor();
    // No digits were asked for, and the key is gone with its use.
    assert.equal(stage.mock.mail.activations.length, 1);
    assert.ok(stage.mock.mail.activations[0]!.body.browser_key);
    await title("Sign in faster next time").waitFor();
    assert.equal(await stage.storage("ginnel_link:" + stage.mock.appId), null);
    assert.equal(await stage.storage("psg_last_login"), "ada@example.com");
    assert.equal(
      ((await stage.page.evaluate("seen")) as string[]).at(-1),
      "onMagicLinkActivateSuccess",
    );
    await arrive();
    assert.ok(await stage.storage("psg_auth_token"));
  });

  test("survives a reload", async () => {
    await waiting();
    await stage.page.reload();
    await title("Check your mail").waitFor();
    await stage.page.getByText("47", { exact: true }).waitFor();
    stage.mock.mail.last.link.user = stage.mock.users[0]!;
    stage.mock.mail.last.link.end = "used";
    await arrive();
  });

  test("takes the code as it is typed or pasted", async () => {
    await waiting();
    const { code: digits } = stage.mock.mail.last;
    assert.equal(await code().getAttribute("autocomplete"), "one-time-code");
    assert.equal(await code().getAttribute("inputmode"), "numeric");
    await code().focus();
    // As a mail program copies it.
    await stage.page.evaluate(
      (text) => document.execCommand("insertText", false, text),
      `${digits.slice(0, 3)} ${digits.slice(3)}`,
    );
    await title("Sign in faster next time").waitFor();
    assert.equal(count("POST /otp/activate"), 1);
    assert.equal(
      ((await stage.page.evaluate("seen")) as string[]).at(-1),
      "onOneTimePasscodeActivated",
    );
    await stage.look("link-offer");
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(stage.mock.users[0]!.devices.length, 1);
    assert.ok((await stage.storage("psg_cred_obj"))!.includes(stage.mock.users[0]!.id));
  });

  test("tells a wrong code, the tries left, and the end of them", async () => {
    await waiting();
    await code().fill("000000");
    const error = stage.page.getByText("4 tries left.");
    await error.waitFor();
    await stage.look("link-wrong-code");
    assert.equal(await code().getAttribute("aria-invalid"), "true");
    assert.equal(await code().inputValue(), "");
    assert.equal(await stage.page.evaluate(() => document.activeElement?.id), "otp");
    for (const left of [3, 2, 1]) {
      await stage.page.keyboard.type("000000");
      await stage.page.getByText(`${left} tries left.`).waitFor();
    }
    await stage.page.keyboard.type("000000");
    await stage.page.getByText("Too many wrong codes.").first().waitFor();
    await stage.look("link-too-many-codes");
    assert.equal(count("POST /otp/activate"), 5);
    // The link is still good.
    stage.mock.mail.last.link.end = "used";
    await title("Sign in faster next time").waitFor();
  });

  test("a code is no longer good once the mail was replaced", async () => {
    await waiting();
    stage.mock.refuse("POST /otp/activate", {
      status: 400,
      code: "invalid_request",
      reason: "code_expired",
      error: "This code is no longer good. Ask for a new mail.",
    });
    await code().fill("123456");
    await stage.page.getByText("This code is no longer good.").waitFor();
  });

  test("sends the mail once more, after a while", async () => {
    await stage.page.clock.install();
    await waiting();
    const first = stage.mock.mail.last;
    await button("Send again in 30 s").waitFor();
    await button("Send again in 30 s").click({ force: true });
    assert.equal(stage.mock.mail.mails.length, 1);
    await stage.page.clock.fastForward(31_000);
    await button("Send again").click();
    await stage.page.getByText("Sent once more to").first().waitFor();
    await stage.look("link-resent");
    assert.equal(stage.mock.mail.mails.length, 2);
    // Both mails belong to this browser.
    assert.equal(stage.mock.mail.last.link.hash, first.link.hash);
    stage.mock.refuse("POST /login/magic-link", {
      status: 429,
      code: "rate_limited",
      retryAfter: 90,
    });
    await stage.page.clock.fastForward(31_000);
    await button("Send again").click();
    await stage.page.getByText("Wait 90 seconds, then try again.").waitFor();
    await button("Send again in 90 s").waitFor();
    await stage.look("link-resend-refused");
  });

  test("asks only while somebody looks, and at once when they are back", async () => {
    await waiting();
    await stage.page.waitForResponse("**/magic-link/status");
    await background(true);
    const before = polls();
    await stage.page.waitForTimeout(5000);
    assert.equal(polls(), before);
    const asked = stage.page.waitForRequest("**/magic-link/status");
    await background(false);
    await asked;
    assert.ok(polls() <= before + 1);
  });

  test("asks less often after a minute", async () => {
    await stage.page.clock.install();
    await waiting();
    for (let n = 1; n <= 30; n++) {
      const response = stage.page.waitForResponse("**/magic-link/status");
      await stage.page.clock.runFor(2100);
      await response;
    }
    const before = polls();
    await stage.page.clock.runFor(2100);
    assert.equal(polls(), before);
    const response = stage.page.waitForResponse("**/magic-link/status");
    await stage.page.clock.runFor(3000);
    await response;
  });

  test("says that the link has expired, and sends a new one", async () => {
    stage.mock.linkLifetime = 3;
    await waiting();
    await title("This link has expired").waitFor();
    await stage.look("link-expired");
    const asked = polls();
    await button("Send a new link").click();
    await title("Check your mail").waitFor();
    assert.equal(stage.mock.mail.mails.length, 2);
    assert.ok(asked <= 2);
  });

  test("says that the digits were wrong elsewhere", async () => {
    await waiting();
    stage.mock.mail.last.link.end = "wrong";
    await title(/Those were not the digits/).waitFor();
    await stage.look("link-wrong-digits");
    await button("Send a new link").click();
    await title("Check your mail").waitFor();
  });

  test("goes back and forgets", async () => {
    await waiting();
    assert.ok(await stage.storage("ginnel_link:" + stage.mock.appId));
    await button("Use another address").click();
    await title("Sign in to Acme").waitFor();
    assert.equal(await stage.storage("ginnel_link:" + stage.mock.appId), null);
    await stage.page.reload();
    await title("Sign in to Acme").waitFor();
  });

  test("is forgotten after its time", async () => {
    await waiting();
    await stage.page.evaluate((slot) => {
      const link = JSON.parse(localStorage.getItem(slot)!);
      localStorage.setItem(slot, JSON.stringify({ ...link, expiresAt: Date.now() - 1 }));
    }, "ginnel_link:" + stage.mock.appId);
    await stage.page.reload();
    await title("Sign in to Acme").waitFor();
    assert.equal(await stage.storage("ginnel_link:" + stage.mock.appId), null);
  });

  test("keeps waiting when the server is away", async () => {
    await waiting();
    await stage.page.route("**/magic-link/status", (route) => route.abort());
    await stage.page.waitForEvent("requestfailed");
    await stage.page.unroute("**/magic-link/status");
    stage.mock.mail.last.link.end = "used";
    await title("Sign in faster next time").waitFor();
  });
});
