// <passage-login> in a real browser: no title, no way to registration; and passkeys among the box's suggestions,
// which all elements share.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Stage } from "../../testing/browser.ts";

const stage = new Stage();
const ELEMENT = `<passage-login app-id="APP"></passage-login>`;
const box = () => stage.page.getByLabel("Email address");
const button = (name: string) => stage.page.getByRole("button", { name, exact: true });

before(() => stage.open());
after(() => stage.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

/**
 * Takes the browser's place for autofill requests, because no list appears in a headless browser: `pick()` on the page
 * answers the waiting request as if the person had chosen, `waiting` counts the requests that were not aborted.
 */
const autofillList = () =>
  stage.page.addInitScript(() => {
    const page = window as unknown as { waiting: number; aborted: number; pick(): void };
    page.waiting = page.aborted = 0;
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(true);
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = (options) => {
      if (options?.mediation !== "conditional") return get(options);
      page.waiting++;
      return new Promise((resolve, reject) => {
        options.signal?.addEventListener("abort", () => {
          page.waiting--;
          page.aborted++;
          reject(new DOMException("", "AbortError"));
        });
        page.pick = () => {
          const { mediation: _, signal: __, ...plain } = options;
          resolve(get(plain));
        };
      });
    };
  });

describe("the form", () => {
  test("has a name for screen readers, but no title and no way to registration", async () => {
    await stage.visit(ELEMENT);
    await box().waitFor();
    const title = stage.page.getByRole("heading", { name: "Sign in to Acme" });
    assert.ok((await title.boundingBox())!.width <= 1);
    assert.equal(await button("Create an account").count(), 0);
    await stage.look("login");
    await box().fill("new@example.com");
    await button("Continue").click();
    await stage.page.getByText("There is no account for new@example.com.").waitFor();
    assert.equal(await button("Create an account").count(), 0);
  });

  test("is worked by keyboard alone", async () => {
    // The virtual authenticator would answer an autofill request by itself.
    await stage.page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    });
    await stage.enrol("ada@example.com");
    await stage.leaveDialogue();
    await stage.visit(ELEMENT);
    await box().waitFor();
    const { keyboard } = stage.page;
    await keyboard.press("Tab");
    await keyboard.type("ada@example.com");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await stage.page.getByRole("heading", { name: "Use your passkey" }).waitFor();
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await box().waitFor();
    await stage.presence(true);
    await box().focus();
    await keyboard.press("Tab");
    await keyboard.press("Tab");
    await keyboard.press("Space");
    await stage.page.waitForURL("**/dashboard");
  });

  test("speaks through forced colours and keeps its looks under a hostile page style", async () => {
    await stage.page.emulateMedia({ forcedColors: "active" });
    await stage.visit(ELEMENT, {
      extra:
        "<style>input, label { border: 9px solid lime; color: lime; font: 40px serif; margin: 50px }</style>",
    });
    await box().waitFor();
    assert.equal(await box().evaluate((input) => getComputedStyle(input).borderTopWidth), "0px");
    await stage.picture("login-forced-colours");
  });

  test("the theme attribute outweighs the system", async () => {
    const colours = { light: "rgb(255, 255, 255)", dark: "rgb(26, 28, 33)" };
    const shows = (scheme: "light" | "dark") =>
      stage.page.waitForFunction((wanted) => {
        const card = document.querySelector("passage-login")?.shadowRoot?.querySelector(".card");
        return card && getComputedStyle(card).backgroundColor === wanted;
      }, colours[scheme]);
    await stage.page.emulateMedia({ colorScheme: "dark" });
    await stage.visit(ELEMENT.replace(">", ` theme="light">`));
    await shows("light");
    await stage.page.evaluate(() =>
      document.querySelector("passage-login")!.setAttribute("theme", "auto"),
    );
    await shows("dark");
    await stage.page.emulateMedia({ colorScheme: "light" });
    await shows("light");
  });
});

describe("autofill", () => {
  test("signs in with the passkey picked in the box", async () => {
    await autofillList();
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await stage.page.waitForFunction("waiting === 1");
    await stage.page.evaluate("pick()");
    await stage.page.waitForURL("**/dashboard");
    assert.equal(await stage.storage("psg_last_login"), "ada@example.com");
  });

  test("really waits in this browser", async () => {
    // With the browser's own implementation: the request is made and stays open without a dialogue.
    const asked = stage.page.waitForRequest("**/login/webauthn/start");
    await stage.visit(ELEMENT);
    await asked;
    await box().waitFor();
  });

  test("makes room for a ceremony with a dialogue and comes back after it", async () => {
    await autofillList();
    await stage.enrol("ada@example.com");
    await stage.verified(false);
    await stage.visit(ELEMENT);
    await stage.page.waitForFunction("waiting === 1");
    await box().fill("ada@example.com");
    await button("Continue").click();
    await stage.page.getByRole("heading", { name: "No passkey was used" }).waitFor();
    assert.deepEqual(await stage.page.evaluate("[waiting, aborted]"), [0, 1]);
    await button("Back").click();
    await stage.page.waitForFunction("waiting === 1");
  });

  test("a second element on the page takes it over, and the focused one has it", async () => {
    await autofillList();
    await stage.visit(ELEMENT);
    await stage.page.waitForFunction("waiting === 1");
    await stage.page.evaluate(() => {
      const first = document.querySelector("passage-login")!;
      const second = document.createElement("passage-login");
      second.appId = first.appId;
      first.after(second);
    });
    await stage.page.waitForFunction("waiting === 1 && aborted === 1");
    await box().first().focus();
    await stage.page.waitForFunction("waiting === 1 && aborted === 2");
  });

  test("a removed element leaves nothing open", async () => {
    await autofillList();
    await stage.visit(ELEMENT);
    await stage.page.waitForFunction("waiting === 1");
    await stage.page.evaluate(() => document.querySelector("passage-login")!.remove());
    await stage.page.waitForFunction("waiting === 0");
  });

  test("is refused by beforeAuth as well", async () => {
    await autofillList();
    await stage.enrol("ada@example.com");
    await stage.visit(ELEMENT);
    await stage.page.waitForFunction("waiting === 1");
    await stage.page.evaluate(() => {
      document.querySelector("passage-login")!.beforeAuth = () => false;
    });
    await stage.page.evaluate("pick()");
    await stage.page.getByRole("heading", { name: "No passkey was used" }).waitFor();
    assert.ok(!stage.mock.requests.includes("POST /login/webauthn/finish"));
  });
});
