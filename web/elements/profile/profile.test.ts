// <passage-profile> in a real browser.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string) => stage.page.getByRole("heading", { name, exact: true });
const field = (name: string) => stage.page.getByLabel(name, { exact: true });
const said = (text: string) => stage.page.getByText(text).waitFor({ state: "attached" });
const text = (words: string) => stage.page.getByText(words, { exact: true });
const visit = (element = `<passage-profile app-id="APP"></passage-profile>`) =>
  stage.visit(element, {
    at: stage.mock.page + "/profile",
    scripts: ["/web.js", "/elements/profile.js"],
  });
const SCHEMA = [
  ["name", "Your name", "string"],
  ["age", "Age", "integer"],
  ["born", "Date of birth", "date"],
  ["news", "Send me the newsletter", "boolean"],
].map(([field_name, friendly_name, type]) => ({
  id: field_name,
  field_name,
  friendly_name,
  type,
  registration: false,
  profile: true,
}));

/** Everything that a profile can show. */
async function ada() {
  const { mock } = stage;
  const user = await stage.enrol("ada@example.com");
  mock.links = mock.codes = true;
  mock.facts = {
    allowed_identifier: "both",
    required_identifier: "either",
    user_metadata_schema: [
      ...SCHEMA,
      { ...SCHEMA[0], field_name: "hidden", friendly_name: "Not shown", profile: false },
    ],
  };
  user.metadata = { name: "Ada", born: "12/10/1815", news: true, hidden: "secret" };
  mock.profile.sessions.push(mock.profile.session("Safari on iPhone"));
  mock.profile.sessions.push(mock.profile.session("Firefox on Windows"));
  await stage.signIn(user);
  return user;
}

before(() => stage.open());
after(() => stage.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

test("shows everything, and nothing that is not the user's to see", async () => {
  await ada();
  stage.mock.profile.connections["github"] = {
    provider_id: "1",
    provider_identifier: "ada-on-github",
    created_at: "2026-05-01T10:00:00Z",
    last_login_at: "2026-05-01T10:00:00Z",
  };
  await visit();
  await title("How we reach you").waitFor();
  await text("ada@example.com").waitFor();
  await text("Verified").waitFor();
  await text("None yet").waitFor();
  await title("Passkeys").waitFor();
  await text("Chromium on Linux").first().waitFor();
  await text("ada-on-github").waitFor();
  assert.equal(await field("Your name").inputValue(), "Ada");
  assert.equal(await field("Date of birth").inputValue(), "1815-12-10");
  assert.equal(await field("Send me the newsletter").isChecked(), true);
  assert.equal(await field("Not shown").count(), 0);
  await button("Rename Chromium on Linux").waitFor();
  await stage.page.setViewportSize({ width: 1280, height: 1500 });
  await stage.picture("profile-whole");
  await stage.look("profile");
  await stage.page.evaluate(() => (document.documentElement.dir = "rtl"));
  await stage.look("profile-rtl");
});

test("shows that it loads, that nobody is signed in, that the server is away", async () => {
  await visit();
  await text("Sign in to see your account.").waitFor();
  await stage.look("profile-signed-out");
  await ada();
  stage.mock.hold("GET /currentuser/sessions");
  await visit();
  await text("Loading your account…").waitFor({ state: "attached" });
  await stage.look("profile-loading");
  stage.mock.release("GET /currentuser/sessions");
  await title("How we reach you").waitFor();
  await stage.page.route("**/auth/v1/**", (route) => route.abort());
  await visit();
  await stage.page.getByRole("alert").waitFor();
  await stage.look("profile-offline");
  await stage.page.unroute("**/auth/v1/**");
  await button("Try again").click();
  await title("How we reach you").waitFor();
});

test("without an app id says so", async () => {
  await visit("<passage-profile></passage-profile>");
  await stage.page.getByText("Make an app in the Console").waitFor();
});

test("a second copy of the scripts changes nothing", async () => {
  await ada();
  const errors: Error[] = [];
  stage.page.on("pageerror", (error) => errors.push(error));
  await stage.visit(`<passage-profile app-id="APP"></passage-profile>`, {
    scripts: ["/elements/passkey-table.js", "/elements/profile.js", "/elements/profile.js"],
  });
  await title("Passkeys").waitFor();
  assert.deepEqual(errors, []);
});

describe("an identifier", () => {
  test("is changed by the code of a message to the new one", async () => {
    const user = await ada();
    await visit();
    await button("Change email address").click();
    await title("Change email address").waitFor();
    await stage.look("profile-change");
    await field("New email address").fill("nonsense");
    await button("Send the message").click();
    await text("Enter an address like ada@example.com.").waitFor();
    await field("New email address").fill("ada@new.example");
    await button("Send the message").click();
    await title("Check your mail").waitFor();
    await stage.look("profile-confirm");
    assert.equal(stage.mock.mail.last.to, "ada@new.example");
    assert.equal(user.email, "ada@example.com");
    await field("Six-digit code").fill("000000");
    await button("Confirm").click();
    await stage.page.getByText("4 tries left.").waitFor();
    await stage.look("profile-wrong-code");
    await field("Six-digit code").fill(stage.mock.mail.last.code);
    await button("Confirm").click();
    await said("Your email address was changed.");
    await text("ada@new.example").waitFor();
    assert.equal(user.email, "ada@new.example");
  });

  test("is changed when the link is opened elsewhere, and the page goes on by itself", async () => {
    const user = await ada();
    await visit();
    await button("Add a phone number").click();
    await field("New phone number").fill("+49 30 123456");
    await button("Send the message").click();
    await title("Check your phone").waitFor();
    await text("47").waitFor();
    await stage.look("profile-confirm-phone");
    user.phone = "+4930123456";
    stage.mock.mail.last.link.identifier = user.phone;
    stage.mock.mail.last.link.end = "used";
    await said("Your phone number was changed.");
    await text("+4930123456").waitFor();
    assert.equal(await stage.page.locator("dialog").count(), 0);
  });

  test("that belongs to somebody else is refused in words", async () => {
    await ada();
    stage.mock.addUser("bob@example.com");
    await visit();
    await button("Change email address").click();
    await field("New email address").fill("bob@example.com");
    await button("Send the message").click();
    await stage.page.getByRole("alert").getByText("This belongs to another account.").waitFor();
    await stage.look("profile-refused");
  });

  test("waits for a sign-in that the server wants", async () => {
    await ada();
    stage.mock.stale = true;
    await visit();
    await button("Change email address").click();
    await field("New email address").fill("ada@new.example");
    await button("Send the message").click();
    await title("Confirm that it is you").waitFor();
    await stage.look("profile-step-up");
    await button("Use my passkey").click();
    await title("Check your mail").waitFor();
    await button("Cancel").click();
    // What a closed dialogue means is done once the browser says that it is closed.
    await stage.page.locator("dialog").waitFor({ state: "detached" });
    assert.equal(await stage.storage("ginnel_link:" + stage.mock.appId), null);
  });

  test("is removed where another stays and none is needed", async () => {
    const user = await ada();
    user.phone = "+4930123456";
    await visit();
    await button("Remove phone number").click();
    await title("Remove your phone number?").waitFor();
    await stage.look("profile-remove");
    await button("Cancel").click();
    assert.equal(user.phone, "+4930123456");
    await button("Remove phone number").click();
    await button("Remove").click();
    await said("It was removed.");
    assert.equal(user.phone, "");
    assert.equal(await button("Remove email address").count(), 0);
    user.phone = "+4930123456";
    stage.mock.facts["required_identifier"] = "email";
    await visit();
    await button("Remove phone number").waitFor();
    assert.equal(await button("Remove email address").count(), 0);
  });
});

test("the app's own fields are changed by type, and only what changed is sent", async () => {
  const user = await ada();
  await visit();
  await field("Age").fill("thirty");
  await button("Save").click();
  await text("Enter a whole number.").waitFor();
  await stage.look("profile-field-wrong");
  await field("Age").fill("36");
  await field("Your name").fill("");
  await field("Send me the newsletter").uncheck();
  await button("Save").click();
  await said("Your changes were saved.");
  assert.deepEqual(stage.mock.profile.changes, [{ name: "", age: 36, news: false }]);
  assert.equal(user.metadata["hidden"], "secret");
  // Nothing to save.
  await button("Save").click();
  assert.equal(stage.mock.profile.changes.length, 1);
});

test("what was typed stays while something else is done", async () => {
  await ada();
  await visit();
  await field("Your name").fill("Countess");
  stage.mock.refuse("DELETE /currentuser/sessions/" + stage.mock.profile.sessions[1]!.id, {
    status: 503,
    code: "server_busy",
    error: "The server is busy. Try again.",
  });
  await button("Sign out Safari on iPhone").click();
  await stage.page.getByRole("alert").waitFor();
  assert.equal(await field("Your name").inputValue(), "Countess");
});

test("passkeys are added, renamed and removed", async () => {
  const user = await ada();
  stage.mock.addDevice(user, "cGhvbmU", "Ada's telephone");
  await visit();
  await button("Rename Ada's telephone").click();
  await field("Name").fill("Red telephone");
  await button("Save").last().click();
  await button("Remove Red telephone").click();
  await button("Remove").click();
  await said("The passkey was removed.");
  assert.equal(user.devices.length, 1);
  // The rest stood still meanwhile.
  assert.equal(await field("Your name").inputValue(), "Ada");
});

describe("sessions", () => {
  test("are ended one by one or all others at once", async () => {
    await ada();
    await visit();
    await text("This device").waitFor();
    await button("Sign out Safari on iPhone").click();
    await said("That device was signed out.");
    assert.equal(stage.mock.profile.sessions.length, 2);
    await button("Sign out everywhere else").click();
    await title("Sign out everywhere else?").waitFor();
    await stage.page.locator("dialog").getByRole("button", { name: "Sign out" }).click();
    await said("All other devices were signed out.");
    assert.deepEqual(
      stage.mock.profile.sessions.map(({ current }) => current),
      [true],
    );
    assert.equal(await button("Sign out everywhere else").count(), 0);
  });

  test("this one ends by signing out", async () => {
    await ada();
    await visit();
    await button("Sign out").click();
    await text("Sign in to see your account.").waitFor();
    assert.equal(await stage.storage("psg_auth_token"), null);
    assert.ok(stage.mock.requests.includes("DELETE /tokens"));
  });
});

test("a linked account is unlinked after a question", async () => {
  await ada();
  stage.mock.profile.connections["google"] = { provider_identifier: "ada@gmail.example" };
  await visit();
  await button("Unlink Google").click();
  await title("Unlink Google?").waitFor();
  await button("Unlink").last().click();
  await said("The account was unlinked.");
  assert.deepEqual(stage.mock.profile.connections, {});
  assert.equal(await title("Linked accounts").count(), 0);
});

test("is read only where the app lets nobody change it", async () => {
  await ada();
  stage.mock.facts["profile_management"] = false;
  await visit();
  await title("How we reach you").waitFor();
  await text("12/10/1815").waitFor();
  await button("Add a passkey").waitFor();
  await stage.look("profile-read-only");
  for (const name of ["Change email address", "Add a phone number", "Save"]) {
    assert.equal(await button(name).count(), 0);
  }
  assert.equal(await button("Rename Chromium on Linux").count(), 0);
  await button("Sign out Safari on iPhone").waitFor();
});
