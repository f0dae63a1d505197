// <passage-auth> in a real browser, where people are known by phone numbers.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const box = (name: string) => stage.page.getByLabel(name, { exact: true });
const input = () => stage.page.locator("input#identifier");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  stage.mock.codes = true;
  await stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
});
afterEach(() => stage.end());

test("phones alone: the box, the country, the words", async () => {
  stage.mock.facts = { allowed_identifier: "phone", default_country: "DE" };
  stage.mock.addUser("+4930123456");
  await stage.visit(ELEMENT);
  await box("Phone number (Germany)").waitFor();
  await stage.look("phone-login");
  assert.equal(await input().getAttribute("type"), "tel");
  await button("Continue").click();
  await stage.page.getByText("Enter your phone number.").waitFor();
  await input().fill("ada@example.com");
  await button("Continue").click();
  await stage.page.getByText("Enter a number like +1 415 555 2671.").waitFor();
  await stage.look("phone-invalid");
  await input().fill("+4930123456");
  await box("Phone number").waitFor();
  await button("Continue").click();
  await title("Check your phone").waitFor();
  await button("Use another number").waitFor();
  await stage.look("phone-code-sent");
  assert.equal(stage.mock.mail.last.to, "+4930123456");
  await stage.page.getByLabel("Six-digit code").first().waitFor();
  await stage.page.keyboard.type(stage.mock.mail.last.code);
  await title("Sign in faster next time").waitFor();
});

test("both: digits turn the box into one for numbers", async () => {
  stage.mock.facts = { allowed_identifier: "both", required_identifier: "either" };
  await stage.visit(ELEMENT);
  await box("Email address or phone number").waitFor();
  await stage.look("phone-or-email");
  await input().pressSequentially("(415)");
  await box("Phone number (United States)").waitFor();
  assert.equal(await input().getAttribute("inputmode"), "tel");
  await stage.look("phone-typed");
  await input().fill("");
  await input().pressSequentially("ada@");
  await box("Email address or phone number").waitFor();
  assert.equal(await input().getAttribute("inputmode"), "email");
});

test("a number is sent as it was typed", async () => {
  stage.mock.facts = { allowed_identifier: "both", required_identifier: "either" };
  stage.mock.addUser("(0) 30 / 12-34.56");
  await stage.visit(ELEMENT);
  await input().fill(" (0) 30 / 12-34.56 ");
  await button("Continue").click();
  await title("Check your phone").waitFor();
  assert.equal(stage.mock.mail.last.to, "(0) 30 / 12-34.56");
});

test("the server's refusal of a number is told", async () => {
  stage.mock.facts = { allowed_identifier: "phone" };
  stage.mock.refuse("POST /login/webauthn/start", {
    status: 400,
    code: "invalid_request",
    error: "This is not a phone number of United States. Write it with its country's code, +…",
  });
  await stage.visit(ELEMENT);
  await input().fill("123");
  await button("Continue").click();
  await stage.page.getByText("This is not a phone number of United States.").waitFor();
  await stage.look("phone-refused");
});

test("a registration asks for what the app needs, a sign-in for either", async () => {
  stage.mock.facts = { allowed_identifier: "both", required_identifier: "phone" };
  await stage.visit(ELEMENT);
  await box("Email address or phone number").waitFor();
  await button("Create an account").click();
  await box("Phone number (United States)").waitFor();
  await stage.look("phone-register");
  await input().fill("+14155552671");
  await button("Create a passkey").click();
  await stage.page.waitForURL("**/dashboard");
  assert.equal(stage.mock.users[0]!.phone, "+14155552671");
});
