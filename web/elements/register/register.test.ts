// <passage-register> in a real browser: registration alone.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-register app-id="APP"></passage-register>`;
const box = () => stage.page.getByLabel("Email address");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });

before(() => stage.open());
after(() => stage.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

test("registers, and shows the browser's dialogue while it waits", async () => {
  await stage.leaveDialogue();
  await stage.visit(ELEMENT);
  await box().waitFor();
  await stage.look("register");
  assert.equal(await button("Sign in instead").count(), 0);
  await box().fill("ada@example.com");
  await button("Create a passkey").click();
  await stage.page.getByRole("heading", { name: "Create your passkey" }).waitFor();
  await stage.look("register-waiting");
  await button("Cancel").click();
  await stage.presence(true);
  await button("Create a passkey").click();
  await stage.page.waitForURL("**/dashboard");
  assert.equal(stage.mock.users[0]!.email, "ada@example.com");
});

test("a user made ahead without a passkey may register", async () => {
  stage.mock.addUser("ada@example.com", "pending");
  await stage.visit(ELEMENT);
  await box().fill("ada@example.com");
  await button("Create a passkey").click();
  await stage.page.waitForURL("**/dashboard");
  assert.equal(stage.mock.users.length, 1);
});

test("an account of somebody else is told of, where there are no links", async () => {
  stage.mock.refuse("POST /register/webauthn/start", {
    status: 403,
    code: "identifier_not_verified",
    error: "This account waits for its owner. Prove the address by a link or code first.",
  });
  await stage.visit(ELEMENT);
  await box().fill("ada@example.com");
  await button("Create a passkey").click();
  await stage.page.getByText("This account waits for its owner.").waitFor();
  await stage.look("register-not-verified");
});

test("says that sign-up is closed", async () => {
  stage.mock.publicSignup = false;
  await stage.visit(ELEMENT);
  await stage.page.getByRole("heading", { name: "Sign-up is closed" }).waitFor();
  assert.equal(await button("Create a passkey").count(), 0);
  await stage.look("register-closed");
});
