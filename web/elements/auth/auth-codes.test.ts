// <passage-auth> in a real browser, where an app sends codes alone, links alone, or nothing; and the boxes for a code.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-auth app-id="APP"></passage-auth>`;
const RECORD = `<script>
  document.querySelector("passage-auth").onEvent = (event) => (window.seen ??= []).push(event.type);
</script>`;
const box = () => stage.page.getByLabel("Email address");
const boxes = () => stage.page.locator("input[slot=otpInput]");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });
const title = (name: string | RegExp) => stage.page.getByRole("heading", { name });
const count = (key: string) => stage.mock.requests.filter((one) => one === key).length;
const filled = () =>
  boxes().evaluateAll((inputs) =>
    inputs.map((input) => (input as HTMLInputElement).value).join(""),
  );
const focused = () =>
  boxes().evaluateAll((inputs) => inputs.indexOf(document.activeElement as HTMLInputElement));

/** A user without a passkey, asked for the code that was mailed. */
async function waiting() {
  const user = stage.mock.addUser("ada@example.com");
  await stage.visit(ELEMENT + RECORD);
  await box().fill("ada@example.com");
  await button("Continue").click();
  await title("Check your mail").waitFor();
  return user;
}
async function paste(text: string) {
  await stage.page.evaluate((value) => document.execCommand("insertText", false, value), text);
}

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

describe("codes alone", () => {
  test("sign in, and offer a passkey", async () => {
    const user = await waiting();
    await stage.page.getByText("We sent a code to").first().waitFor();
    await stage.page.getByRole("group", { name: "Six-digit code" }).waitFor();
    await stage.look("code-sent");
    assert.equal(await focused(), 0);
    assert.equal(stage.mock.mail.last.url, undefined);
    await stage.page.keyboard.type(stage.mock.mail.last.code);
    await title("Sign in faster next time").waitFor();
    assert.equal(count("POST /otp/activate"), 1);
    // There is no link whose use could be waited for.
    assert.equal(count("POST /magic-link/status"), 0);
    assert.deepEqual(await stage.page.evaluate("seen"), [
      "onLoaded",
      "onShowLogin",
      "onOneTimePasscodeLogin",
      "onOneTimePasscodeActivated",
    ]);
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(user.devices.length, 1);
  });

  test("register", async () => {
    await stage.visit(ELEMENT + RECORD);
    await button("Create an account").click();
    await button("Sign up by code instead").click();
    await button("Send me a code").waitFor();
    await stage.look("code-register");
    await box().fill("new@example.com");
    await button("Send me a code").click();
    await title("Check your mail").waitFor();
    await boxes().first().fill(stage.mock.mail.last.code);
    await title("Sign in faster next time").waitFor();
    assert.equal(stage.mock.users[0]!.email, "new@example.com");
    assert.ok(
      ((await stage.page.evaluate("seen")) as string[]).includes("onOneTimePasscodeRegister"),
    );
  });

  test("survive a reload, and expire", async () => {
    stage.mock.linkLifetime = 12;
    await waiting();
    await stage.page.reload();
    await title("Check your mail").waitFor();
    await title("This code has expired").waitFor();
    await stage.look("code-expired");
    await button("Send a new code").click();
    await title("Check your mail").waitFor();
    assert.equal(count("POST /login/otp"), 2);
  });

  test("tell a wrong one, the tries left and the end of them", async () => {
    await waiting();
    await stage.page.keyboard.type("000000");
    await stage.page.getByText("4 tries left.").waitFor();
    await stage.look("code-wrong");
    assert.equal(await filled(), "");
    assert.equal(await focused(), 0);
    assert.equal(await boxes().first().getAttribute("aria-invalid"), "true");
    for (const left of [3, 2, 1]) {
      await stage.page.keyboard.type("000000");
      await stage.page.getByText(`${left} tries left.`).waitFor();
    }
    await stage.page.keyboard.type("000000");
    await stage.page.getByText("Too many wrong codes.").first().waitFor();
    await stage.look("code-exhausted");
    assert.equal(count("POST /otp/activate"), 5);
  });

  test("come once more after a while, and then the newest is the one", async () => {
    await stage.page.clock.install();
    await waiting();
    const first = stage.mock.mail.last.link.id;
    await button("Send again in 30 s").waitFor();
    await stage.page.clock.fastForward(31_000);
    await button("Send again").click();
    await stage.page.getByText("Sent once more to").first().waitFor();
    await boxes().first().fill(stage.mock.mail.last.code);
    await title("Sign in faster next time").waitFor();
    assert.notEqual(stage.mock.mail.last.link.id, first);
  });
});

describe("the boxes", () => {
  test("are one group of six, the first of which the system fills in", async () => {
    await waiting();
    assert.equal(await boxes().count(), 6);
    assert.equal(await boxes().first().getAttribute("autocomplete"), "one-time-code");
    assert.equal(await boxes().nth(3).getAttribute("aria-label"), "Digit 4");
    for (const input of await boxes().all()) {
      assert.equal(await input.getAttribute("inputmode"), "numeric");
    }
  });

  for (const [at, text] of [
    [0, "123 456"],
    [3, "123-456"],
    [5, " 123456\n"],
    [2, "１２３４５６"],
  ] as const) {
    test(`take ${JSON.stringify(text)} pasted into box ${at + 1}, and hand it in once`, async () => {
      await waiting();
      await boxes().nth(at).fill("7");
      await boxes().nth(at).focus();
      await paste(text);
      await title("Sign in faster next time").waitFor();
      assert.equal(count("POST /otp/activate"), 1);
    });
  }

  test("are walked by arrows and emptied by backspace", async () => {
    await waiting();
    const { keyboard } = stage.page;
    await keyboard.type("12x3");
    assert.deepEqual([await filled(), await focused()], ["123", 3]);
    await keyboard.press("Backspace");
    assert.deepEqual([await filled(), await focused()], ["12", 2]);
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft");
    assert.equal(await focused(), 0);
    await keyboard.type("9");
    assert.deepEqual([await filled(), await focused()], ["92", 1]);
    await keyboard.press("ArrowRight");
    await keyboard.press("ArrowRight");
    assert.equal(await focused(), 3);
    await keyboard.press("Enter");
    // What is missing is asked for.
    assert.deepEqual([count("POST /otp/activate"), await focused()], [0, 2]);
  });

  test("hand a code in once, however often it is asked for", async () => {
    await waiting();
    stage.mock.hold("POST /otp/activate");
    await stage.page.keyboard.type(stage.mock.mail.last.code);
    await stage.page.keyboard.press("Enter");
    await stage.page.keyboard.press("Enter");
    await stage.look("code-checked");
    stage.mock.release("POST /otp/activate");
    await title("Sign in faster next time").waitFor();
    assert.equal(count("POST /otp/activate"), 1);
  });

  test("stand as they are in a page that reads from right to left", async () => {
    await waiting();
    await stage.page.evaluate(() => (document.documentElement.dir = "rtl"));
    const places = await boxes().evaluateAll((all) =>
      all.map((one) => one.getBoundingClientRect().x),
    );
    assert.deepEqual(
      places,
      [...places].sort((one, other) => one - other),
    );
    await stage.look("code-rtl");
  });
});

describe("links alone", () => {
  test("have no boxes", async () => {
    stage.mock.links = true;
    stage.mock.codes = false;
    await waiting();
    assert.equal(await boxes().count(), 6);
    assert.equal(await boxes().first().isVisible(), false);
    await stage.look("link-alone");
    stage.mock.mail.last.link.end = "used";
    await title("Sign in faster next time").waitFor();
  });
});

describe("passkeys alone", () => {
  beforeEach(() => {
    stage.mock.codes = false;
  });

  test("say which devices have them where this one has not", async () => {
    await stage.page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    await stage.visit(ELEMENT);
    await title("No passkeys in this browser").waitFor();
    await stage.look("passkeys-only-device");
  });

  test("send whoever has none to the people who can help", async () => {
    stage.mock.addUser("ada@example.com");
    await stage.visit(ELEMENT);
    await box().fill("ada@example.com");
    await button("Continue").click();
    await title("This account has no passkey").waitFor();
    await stage.page.getByText("Ask the people who run Acme for help.", { exact: true }).waitFor();
    await stage.look("passkeys-only-account");
    assert.equal(await button("Try again").count(), 0);
    await button("Back").click();
    assert.equal(await box().inputValue(), "ada@example.com");
  });
});

describe("a passkey that is gone", () => {
  /** What a browser still remembers of a passkey. */
  const remember = async (user: string, credential: string) => {
    await stage.page.goto(stage.mock.page + "/blank");
    await stage.page.evaluate(
      (value) => localStorage.setItem("psg_cred_obj", value),
      JSON.stringify({ [user]: credential }),
    );
  };

  test("that the server does not know is made anew after a code", async () => {
    const user = stage.mock.addUser("ada@example.com");
    await remember(user.id, "gone");
    await stage.visit(ELEMENT);
    await box().fill("ada@example.com");
    await button("Use a code instead").click();
    await title("Check your mail").waitFor();
    await boxes().first().fill(stage.mock.mail.last.code);
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(user.devices.length, 1);
    assert.ok((await stage.storage("psg_cred_obj"))!.includes(user.devices[0]!.cred_id));
  });

  test("that the authenticator does not have is made anew after a code", async () => {
    const user = stage.mock.addUser("ada@example.com");
    stage.mock.addDevice(user, "Z29uZQ");
    await remember(user.id, "Z29uZQ");
    await stage.visit(ELEMENT);
    await box().fill("ada@example.com");
    await button("Continue").click();
    await title("No passkey was used").waitFor();
    await button("Use a code instead").click();
    await title("Check your mail").waitFor();
    // The page may be loaded anew meanwhile.
    await stage.page.reload();
    await title("Check your mail").waitFor();
    await boxes().first().fill(stage.mock.mail.last.code);
    await button("Add a passkey").click();
    await stage.page.waitForURL("**/dashboard");
    assert.equal(user.devices.length, 2);
  });
});

test("an app that wants a proof first asks for it at the registration", async () => {
  stage.mock.facts["require_identifier_verification"] = true;
  await stage.visit(ELEMENT);
  await button("Create an account").click();
  await button("Send me a code").waitFor();
  assert.equal(await button("Create a passkey instead").count(), 0);
  await stage.look("code-proof-first");
  await box().fill("new@example.com");
  await button("Send me a code").click();
  await title("Check your mail").waitFor();
  await boxes().first().fill(stage.mock.mail.last.code);
  await button("Add a passkey").click();
  await stage.page.waitForURL("**/dashboard");
});
