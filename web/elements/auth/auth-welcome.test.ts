// <passage-auth> in a real browser, greeting whoever signed in here last.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const box = () => stage.page.getByLabel("Email address");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });

before(() => stage.open());
after(() => stage.close());
beforeEach(async () => {
  await stage.begin();
  await stage.page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    localStorage.setItem("psg_last_login", "ada@example.com");
  });
});
afterEach(() => stage.end());

test("continues with one click", async () => {
  await stage.enrol("ada@example.com");
  await stage.visit(ELEMENT);
  await title("Welcome back").waitFor();
  await stage.page.getByText("ada@example.com").waitFor();
  await stage.look("welcome");
  await button("Continue").click();
  await stage.page.waitForURL("**/dashboard");
});

test("lets somebody else in", async () => {
  await stage.visit(ELEMENT);
  await button("Switch account").click();
  await title("Sign in to Acme").waitFor();
  assert.equal(await box().inputValue(), "");
  assert.equal(await stage.page.evaluate(() => document.activeElement?.id), "identifier");
});

test("says what is wrong, and goes by link where there are links", async () => {
  stage.mock.links = true;
  await stage.visit(ELEMENT);
  await button("Continue").click();
  await stage.page.getByText("There is no account for ada@example.com.").waitFor();
  await stage.look("welcome-unknown");
  stage.mock.addUser("ada@example.com");
  await button("Use a link instead").click();
  await title("Check your mail").waitFor();
});

test("sends a link where nobody may learn who has an account", async () => {
  stage.mock.links = stage.mock.hideUserExistence = true;
  await stage.visit(ELEMENT);
  await title("Welcome back").waitFor();
  await stage.look("welcome-hidden-existence");
  await button("Send me a link").click();
  await title("Check your mail").waitFor();
});

test("greets in <passage-login>, too", async () => {
  await stage.visit(`<passage-login app-id="APP"></passage-login>`);
  await title("Welcome back").waitFor();
  await stage.look("welcome-login");
});

test("an identifier of the page outweighs it", async () => {
  await stage.visit(ELEMENT.replace(">", ` identifier="bob@example.com">`));
  await title("Sign in to Acme").waitFor();
  assert.equal(await box().inputValue(), "bob@example.com");
});
