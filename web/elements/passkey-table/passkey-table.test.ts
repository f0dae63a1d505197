// <passage-passkey-table> in a real browser.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string) => stage.page.getByRole("heading", { name });
const rows = () => stage.page.locator("tbody tr");
const visit = () =>
  stage.visit(`<passage-passkey-table app-id="APP"></passage-passkey-table>`, {
    at: stage.mock.page + "/profile",
    scripts: ["/web.js", "/elements/passkey-table.js"],
  });

before(() => stage.open());
after(() => stage.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

/** A signed-in user with the passkey of this browser and one of a telephone. */
async function ada() {
  const user = await stage.enrol("ada@example.com");
  stage.mock.addDevice(user, "cGhvbmU", "Ada's telephone");
  user.devices[1]!.last_login_at = "2026-06-02T10:00:00Z";
  user.devices[1]!.usage_count = 3;
  await stage.signIn(user);
  return user;
}

test("lists name, day added and day last used", async () => {
  await ada();
  await visit();
  await rows().nth(1).waitFor();
  const cells = await rows().nth(1).locator("td").allInnerTexts();
  assert.match(cells[0]!, /Ada's telephone/);
  assert.match(cells[1]!, /21 May 2026/);
  assert.match(cells[2]!, /2 Jun 2026/);
  assert.match((await rows().first().locator("td").allInnerTexts())[2]!, /Never/);
  await stage.look("table");
});

test("shows that it loads, that nobody is signed in, that the server is away", async () => {
  await visit();
  await stage.page.getByText("Sign in to see your passkeys.").waitFor();
  await stage.look("table-signed-out");
  await ada();
  stage.mock.hold("GET /currentuser/devices");
  await visit();
  await stage.page.getByText("Loading your passkeys…").first().waitFor({ state: "attached" });
  await stage.look("table-loading");
  stage.mock.release("GET /currentuser/devices");
  await rows().first().waitFor();
  await stage.page.route("**/auth/v1/**", (route) => route.abort());
  await visit();
  await stage.page.getByRole("alert").waitFor();
  await stage.look("table-offline");
  await stage.page.unroute("**/auth/v1/**");
  await button("Try again").click();
  await rows().first().waitFor();
});

test("renames, and wants a name", async () => {
  const user = await ada();
  await visit();
  await button("Rename Ada's telephone").click();
  await title("Rename Ada's telephone").waitFor();
  await stage.look("table-rename");
  const name = stage.page.getByLabel("Name", { exact: true });
  await name.fill(" ");
  await button("Save").click();
  await stage.page.getByText("Enter a name.").waitFor();
  await name.fill("Red telephone");
  await name.press("Enter");
  await stage.page.getByText("The name was saved.").waitFor({ state: "attached" });
  assert.equal(user.devices[1]!.friendly_name, "Red telephone");
  await button("Rename Red telephone").waitFor();
});

test("removes after a question", async () => {
  const user = await ada();
  await visit();
  await button("Remove Ada's telephone").click();
  await title("Remove “Ada's telephone”?").waitFor();
  await stage.look("table-remove");
  await button("Cancel").click();
  assert.equal(user.devices.length, 2);
  await button("Remove Ada's telephone").click();
  await button("Remove").click();
  await stage.page.getByText("The passkey was removed.").waitFor({ state: "attached" });
  assert.equal(user.devices.length, 1);
  await button("Remove Chromium on Linux").click();
  await stage.page.getByText("This is your only passkey.").waitFor();
  await stage.look("table-last");
  assert.equal(await button("Remove").count(), 0);
  await stage.page.keyboard.press("Escape");
  await stage.page.getByText("This is your only passkey.").waitFor({ state: "detached" });
});

test("says why the last one stays when the server knows better", async () => {
  const user = await ada();
  await visit();
  await rows().nth(1).waitFor();
  user.devices.pop();
  await button("Remove Chromium on Linux").click();
  await button("Remove").click();
  await stage.page.getByText("Your only passkey cannot be removed").waitFor();
  await stage.look("table-refused");
});

test("adds a passkey, after a fresh sign-in where the server wants one", async () => {
  const user = await ada();
  stage.mock.stale = true;
  await visit();
  await button("Add a passkey").click();
  await title("Confirm that it is you").waitFor();
  await stage.look("table-step-up");
  await button("Cancel").click();
  await button("Add a passkey").click();
  await title("Confirm that it is you").waitFor();
  // The first authenticator has a passkey of this account: the new one goes to another.
  await button("Use my passkey").click();
  await stage.page.getByText("This device already has a passkey for your account.").waitFor();
  assert.ok(stage.mock.requests.includes("POST /login/webauthn/finish"));
  await stage.cdp.send("WebAuthn.removeVirtualAuthenticator", {
    authenticatorId: stage.authenticatorId,
  });
  await stage.authenticator({ transport: "usb" });
  await button("Add a passkey").click();
  await stage.page.getByText("The passkey was added.").waitFor({ state: "attached" });
  assert.equal(user.devices.length, 3);
  await button("Rename New passkey").waitFor();
});

test("goes by a mailed code for whoever has no passkey at hand", async () => {
  const user = await ada();
  stage.mock.stale = stage.mock.links = true;
  await visit();
  await button("Remove Ada's telephone").click();
  await button("Remove").click();
  await title("Confirm that it is you").waitFor();
  await stage.look("table-step-up-choice");
  await button("Use a code").click();
  await title("Check your mail").waitFor();
  await stage.look("table-code");
  const code = stage.page.getByLabel("Six-digit code");
  await button("Confirm").click();
  await stage.page.getByText("Enter the six digits of the code.").waitFor();
  await code.fill("000000");
  await code.press("Enter");
  await stage.page.getByText("4 tries left.").waitFor();
  await stage.look("table-wrong-code");
  assert.equal(user.devices.length, 2);
  await code.fill(stage.mock.mail.last.code.replace(/^.../, "$& "));
  await button("Confirm").click();
  await stage.page.getByText("The passkey was removed.").waitFor({ state: "attached" });
  assert.equal(user.devices.length, 1);
  assert.equal(stage.mock.mail.last.to, "ada@example.com");
  assert.ok(!stage.mock.requests.includes("POST /login/webauthn/start"));
});

test("asks nobody without a passkey for one, and forgets a code that is not wanted", async () => {
  const user = stage.mock.addUser("ada@example.com");
  await stage.signIn(user);
  stage.mock.stale = stage.mock.links = true;
  await visit();
  await button("Add a passkey").click();
  await title("Confirm that it is you").waitFor();
  assert.equal(await button("Use my passkey").count(), 0);
  await button("Use a code").click();
  await title("Check your mail").waitFor();
  await button("Cancel").click();
  await button("Add a passkey").waitFor();
  assert.equal(await stage.storage("ginnel_link:" + stage.mock.appId), null);
  await button("Add a passkey").click();
  await button("Use a code").click();
  await title("Check your mail").waitFor();
  await stage.page.getByLabel("Six-digit code").fill(stage.mock.mail.last.code);
  await button("Confirm").click();
  await stage.page.getByText("The passkey was added.").waitFor({ state: "attached" });
  assert.equal(user.devices.length, 1);
});

test("becomes signed out when the session ends", async () => {
  const user = await ada();
  await visit();
  await rows().first().waitFor();
  stage.mock.users = stage.mock.users.filter((one) => one !== user);
  stage.mock.refreshTokens.clear();
  await button("Rename Ada's telephone").click();
  await stage.page.getByLabel("Name", { exact: true }).fill("Blue telephone");
  await button("Save").click();
  await stage.page.getByText("Sign in to see your passkeys.").waitFor();
  assert.equal(await stage.storage("psg_auth_token"), null);
});

test("without an app id says so", async () => {
  await stage.visit("<passage-passkey-table></passage-passkey-table>", {
    scripts: ["/elements/passkey-table.js"],
  });
  await stage.page.getByText("Make an app in the Console").waitFor();
  await stage.look("table-no-app-id");
});
