// <passage-auth> in a real browser, where the registration asks for the app's own fields.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const field = (name: string) => stage.page.getByLabel(name, { exact: true });
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const SCHEMA = [
  ["name", "Your name", "string"],
  ["age", "Age", "integer"],
  ["born", "Date of birth", "date"],
  ["work", "Work phone", "phone"],
  ["backup", "Backup address", "email"],
  ["news", "Send me the newsletter", "boolean"],
].map(([field_name, friendly_name, type]) => ({
  id: field_name,
  field_name,
  friendly_name,
  type,
  registration: true,
  profile: true,
}));
const VALUES = {
  name: "Ada Lovelace",
  age: 36,
  born: "1815-12-10",
  work: "+44 20 7946 0000",
  backup: "ada@lovelace.example",
  news: true,
};

async function fill() {
  await field("Email address").fill("ada@example.com");
  await field("Your name").fill(" Ada Lovelace ");
  await field("Age").fill("36");
  await field("Date of birth").fill("1815-12-10");
  await field("Work phone").fill("+44 20 7946 0000");
  await field("Backup address").fill("ada@lovelace.example");
  await field("Send me the newsletter").check();
}

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  stage.mock.facts["user_metadata_schema"] = [
    ...SCHEMA,
    { ...SCHEMA[0], field_name: "later", friendly_name: "Not asked", registration: false },
  ];
  await stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
});
afterEach(() => stage.end());

test("all are asked for, needed, and sent before the ceremony", async () => {
  await stage.visit(
    ELEMENT +
      `<script>
        const element = document.querySelector("passage-auth");
        element.beforeAuth = (identifier, context) => ((window.asked = context), true);
        element.onSuccess = (result, context) => (window.done = context);
      </script>`,
  );
  await title("Sign in to Acme").waitFor();
  assert.equal(await field("Your name").count(), 0);
  await button("Create an account").click();
  await field("Your name").waitFor();
  assert.equal(await field("Not asked").count(), 0);
  await stage.look("fields");
  await field("Email address").fill("ada@example.com");
  await button("Create a passkey").click();
  assert.equal(await stage.page.getByText("Fill this in.").count(), 5);
  assert.equal(await field("Your name").evaluate((input) => input.matches(":focus")), true);
  await field("Age").fill("thirty");
  await field("Backup address").fill("ada");
  await field("Work phone").fill("me");
  await button("Create a passkey").click();
  await stage.page.getByText("Enter a whole number.").waitFor();
  await stage.page.getByText("Enter an address like ada@example.com.").waitFor();
  await stage.page.getByText("Enter a number like +1 415 555 2671.").waitFor();
  await stage.look("fields-wrong");
  assert.ok(!stage.mock.requests.includes("POST /users"));
  await fill();
  await field("Age").press("Enter");
  await title("You are signed in").waitFor();
  assert.deepEqual(stage.mock.users[0]!.metadata, VALUES);
  assert.deepEqual(await stage.page.evaluate("asked"), {
    authType: "register",
    userMetadata: VALUES,
  });
  assert.deepEqual(await stage.page.evaluate("done"), {
    authType: "register",
    userMetadata: VALUES,
  });
  const order = stage.mock.requests.filter((key) => /^POST \/(users|register)/.test(key));
  assert.deepEqual(order, [
    "POST /users",
    "POST /register/webauthn/start",
    "POST /register/webauthn/finish",
  ]);
});

test("what was entered stays when the registration fails, and the second try is no other account", async () => {
  await stage.verified(false);
  await stage.visit(ELEMENT);
  await button("Create an account").click();
  await fill();
  await button("Create a passkey").click();
  await title("No passkey was used").waitFor();
  await button("Back").click();
  assert.equal(await field("Your name").inputValue(), " Ada Lovelace ");
  await stage.verified(true);
  await button("Create a passkey").click();
  await stage.page.waitForURL("**/dashboard");
  assert.equal(stage.mock.users.length, 1);
});

test("they go with the request for a code or link", async () => {
  stage.mock.codes = true;
  await stage.visit(ELEMENT);
  await button("Create an account").click();
  await fill();
  await button("Sign up by code instead").click();
  await title("Check your mail").waitFor();
  assert.equal(stage.mock.users.length, 0);
  await stage.page.getByLabel("Six-digit code").first().waitFor();
  await stage.page.locator("input[slot=otpInput]").first().fill(stage.mock.mail.last.code);
  await title("Sign in faster next time").waitFor();
  assert.deepEqual(stage.mock.users[0]!.metadata, VALUES);
});

test("pages that only sign in do not load them", async () => {
  const asked: string[] = [];
  stage.page.on("request", (request) => asked.push(request.url()));
  await stage.visit(`<passage-login app-id="APP"></passage-login>`);
  await field("Email address").waitFor();
  assert.ok(!asked.some((url) => url.endsWith("/elements/fields.js")));
});
