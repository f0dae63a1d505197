// <passage-auth> in a real browser, on the page that a mailed link leads to: in the browser that asked, in another one,
// late, twice, altered; and what stands between a link and the end: the offer of a passkey.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const RECORD = `<script>
  document.querySelector("passage-auth").onEvent = (event) => (window.seen ??= []).push(event.type);
</script>`;
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const digits = () => stage.page.getByLabel("The two digits");
const seen = async () => (await stage.page.evaluate("seen")) as string[];

/** Asks for a link as another browser would, of which this one knows nothing. */
const elsewhere = (email = "ada@example.com", hash: string | undefined = "another browser") => {
  const { mock } = stage;
  mock.body =
    (ELEMENT + RECORD).replace("APP", mock.appId) + `<script src="${mock.url}/web.js"></script>`;
  const user = mock.users.find((one) => one.email === email) ?? mock.addUser(email);
  mock.mail.send("login", email, { magic_link_path: "/login", browser_key_hash: hash }, user);
  return user;
};
const open = (more = "") => stage.page.goto(stage.mock.mail.last.url + more);

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

describe("a link of a client without a key", () => {
  test("signs in, and leaves the address first", async () => {
    const user = elsewhere("ada@example.com", "");
    stage.mock.hold("GET /");
    await open("&next=1#part");
    await title("Signing you in…").waitFor();
    await stage.look("opened");
    assert.equal(stage.page.url(), stage.mock.page + "/login?next=1#part");
    stage.mock.release("GET /");
    await title("Sign in faster next time").waitFor();
    assert.deepEqual(await seen(), [
      "onLoaded",
      "onMagicLinkActivated",
      "onMagicLinkActivateSuccess",
    ]);
    await button("Not now").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(await stage.storage("psg_last_login"), user.email);
    assert.equal(stage.mock.mail.activations[0]!.token, "");
  });

  test("names the session that this browser has already", async () => {
    const user = elsewhere("ada@example.com", "");
    const { token } = await stage.signIn(user);
    await open();
    await title("Sign in faster next time").waitFor();
    assert.equal(stage.mock.mail.activations[0]!.token, token);
  });

  test("works with a session that cannot be refreshed", async () => {
    const user = elsewhere("ada@example.com", "");
    await stage.signIn(user, -10);
    stage.mock.refreshTokens.clear();
    await open();
    await title("Sign in faster next time").waitFor();
    assert.equal(stage.mock.mail.activations[0]!.token, "");
  });

  test("waits for a server that is away", async () => {
    elsewhere("ada@example.com", "");
    await stage.page.route("**/magic-link/activate", (route) => route.abort());
    await open();
    await title("The server cannot be reached").waitFor();
    await stage.look("opened-offline");
    await stage.page.unroute("**/magic-link/activate");
    await button("Try again").click();
    await title("Sign in faster next time").waitFor();
  });

  test("does not enter a deactivated account", async () => {
    const user = elsewhere("ada@example.com", "");
    user.status = "inactive";
    await open();
    await title("This account is deactivated").waitFor();
    assert.equal(await stage.storage("psg_auth_token"), null);
  });
});

describe("a link that another browser asked for", () => {
  test("wants the two digits, and sends people back there", async () => {
    elsewhere();
    await open();
    await title("Which number do you see?").waitFor();
    await stage.look("digits");
    await digits().fill("4");
    await button("Confirm").click();
    assert.equal(stage.mock.mail.activations.length, 1);
    await digits().fill("47");
    assert.equal(stage.mock.mail.activations.length, 1);
    await button("Confirm").click();
    await title("Go back to where you started").waitFor();
    await stage.look("digits-accepted");
    assert.equal(stage.mock.mail.last.link.end, "used");
    assert.equal(await stage.storage("psg_auth_token"), null);
  });

  test("dies at the first wrong entry", async () => {
    elsewhere();
    await open();
    await digits().fill("48");
    await digits().press("Enter");
    await title(/Those were not the digits/).waitFor();
    assert.equal(stage.mock.mail.last.link.end, "wrong");
    // The address is not known here.
    await button("Send a new link").click();
    await stage.page.getByLabel("Email address").fill("ada@example.com");
    await button("Send me a link").click();
    await title("Check your mail").waitFor();
  });

  test("can be tried again with its digits when the server was away", async () => {
    elsewhere();
    await open();
    await digits().waitFor();
    await stage.page.route("**/magic-link/activate", (route) => route.abort());
    await digits().fill("47");
    await button("Confirm").click();
    await title("The server cannot be reached").waitFor();
    await stage.look("digits-offline");
    await stage.page.unroute("**/magic-link/activate");
    await button("Try again").click();
    await title("Go back to where you started").waitFor();
  });

  test("signs in the page that asked, not the one that opened", async () => {
    stage.mock.addUser("ada@example.com");
    await stage.visit(ELEMENT + RECORD);
    await stage.page.getByLabel("Email address").fill("ada@example.com");
    await button("Use a link instead").click();
    await title("Check your mail").waitFor();
    const phone = await stage.context.browser()!.newContext();
    try {
      const page = await phone.newPage();
      await page.goto(stage.mock.mail.last.url);
      await page.getByLabel("The two digits").fill("47");
      await page.getByRole("button", { name: "Confirm" }).click();
      await page.getByRole("heading", { name: "Go back to where you started" }).waitFor();
      assert.equal(await page.evaluate(() => localStorage.getItem("psg_auth_token")), null);
    } finally {
      await phone.close();
    }
    await title("Sign in faster next time").waitFor();
    assert.ok(await stage.storage("psg_auth_token"));
  });
});

describe("a dead link", () => {
  for (const [end, heading] of [
    ["expired", "This link has expired"],
    ["used", "This link was used before"],
  ] as const) {
    test(`is explained: ${end}`, async () => {
      elsewhere();
      stage.mock.mail.last.link.end = end;
      await open();
      await title(heading).waitFor();
      await stage.look(`dead-${end}`);
      await button("Send a new link").click();
      await button("Send me a link").waitFor();
    });
  }

  test("is explained: unknown", async () => {
    elsewhere();
    await open("altered");
    await title("This link does not belong to any sign-in here").waitFor();
    await stage.look("dead-unknown");
    await button("Back").click();
    await title("Sign in to Acme").waitFor();
  });

  test("that this very browser used signs in all the same", async () => {
    stage.mock.addUser("ada@example.com");
    await stage.visit(ELEMENT);
    await stage.page.getByLabel("Email address").fill("ada@example.com");
    await button("Use a link instead").click();
    await title("Check your mail").waitFor();
    stage.mock.mail.last.link.end = "used";
    const asked = stage.page.waitForRequest("**/magic-link/activate");
    await open();
    await asked;
    await title("Sign in faster next time").waitFor();
  });
});

describe("a link to a new address", () => {
  test("confirms it and offers no passkey", async () => {
    const user = stage.mock.addUser("ada@example.com");
    await stage.signIn(user);
    await stage.visit(ELEMENT + RECORD);
    await title("Sign in to Acme").waitFor();
    const link = await stage.page.evaluate(
      (app) => window.Ginnel.createClient(app).currentUser.changeEmail("ada@new.example"),
      stage.mock.appId,
    );
    assert.deepEqual([link.purpose, link.digits], ["change", "47"]);
    assert.match(stage.mock.mail.last.url, /psg_verify_link=/);
    // The form does not wait for it.
    await stage.page.reload();
    await title("Sign in to Acme").waitFor();
    stage.mock.body += `<script>
      document.querySelector("passage-auth").onSuccess = (result) => (window.result = result);
    </script>`;
    await open();
    await title("Your address is confirmed").waitFor();
    await stage.look("verified");
    assert.equal(user.email, "ada@new.example");
    assert.equal(await stage.storage("psg_last_login"), "ada@new.example");
    assert.ok(await stage.page.evaluate("result.authToken"));
    assert.ok((await seen()).includes("onVerifyIdentity"));
  });
});

describe("the offer of a passkey", () => {
  test("can fail and be tried again, and counts as an event", async () => {
    elsewhere("ada@example.com", "");
    await stage.verified(false);
    await open();
    await button("Add a passkey").click();
    await stage.page.getByRole("alert").getByText("No passkey was used.").waitFor();
    await stage.look("offer-cancelled");
    await stage.verified(true);
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(stage.mock.users[0]!.devices.length, 1);
  });

  test("waits for the dialogue", async () => {
    elsewhere("ada@example.com", "");
    await stage.leaveDialogue();
    await open();
    await button("Add a passkey").click();
    await button("One moment…").waitFor();
    await stage.look("offer-waiting");
    assert.ok((await seen()).includes("onAddPasskey"));
    await button("Not now").click();
    await stage.page.waitForURL("**/dashboard");
  });

  test("is not made where this browser has a passkey", async () => {
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await button("Sign in with a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    elsewhere("ada@example.com", "");
    await open();
    await stage.page.waitForURL("**/dashboard");
  });

  test("ends where the device has one already", async () => {
    await stage.enrol("ada@example.com");
    elsewhere("ada@example.com", "");
    await open();
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(stage.mock.users[0]!.devices.length, 1);
  });
});
