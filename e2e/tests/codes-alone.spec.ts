/** An app that sends codes without links: sign-up, sign-in, wrong codes, a passkey that is gone. */
import { look } from "../support/look.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test as base } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** A page of an app with codes alone. */
const test = base.extend<{ site: { name: "example app"; url: string; appId: string } }>({
  site: async ({ ginnel, pageServer }, use) => {
    const url = new URL(pageServer.url).origin;
    const appId = await ginnel.createApp({
      authOrigin: url,
      redirectUrl: "/in",
      update: ["--magic-links", "false", "--one-time-codes", "true"],
    });
    pageServer.page("/in", "<p>You are in.</p>");
    await use({
      name: "example app",
      url: pageServer.page("/", twoLines(appId, ginnel.url)),
      appId,
    });
  },
});

const boxes = (visit: Visit) => visit.page.locator("input[slot=otpInput]");
const isIn = (visit: Visit) => expect(visit.page.getByText("You are in.")).toBeVisible();

/** Asks for a code with the button of this name. */
async function ask(visit: Visit, email: string, name: string) {
  await visit.box().fill(email);
  await visit.button(name).click();
  await visit.waitsForMail(email);
  await expect(visit.page.getByText("We sent a code to").first()).toBeVisible();
}

test("signs up and signs in, and the mail has no link", async ({ visit, page, inbox }) => {
  const email = newPerson();
  await visit.openRegister();
  await ask(visit, email, "Sign up by code instead");
  const mail = await inbox.newest(email);
  expect(mail.link).toBe("");
  await expect(boxes(visit).first()).toBeFocused();
  await look(page, "code-alone");
  await page.keyboard.type(mail.code);
  await visit.skipsPasskey();
  await isIn(visit);

  await page.evaluate(() => localStorage.clear());
  await visit.openLogin();
  await ask(visit, email, "Use a code instead");
  const { code } = await inbox.newest(email, 2);
  await boxes(visit).nth(4).focus();
  // As a mail program copies it.
  await page.evaluate(
    (text) => document.execCommand("insertText", false, text),
    `${code.slice(0, 3)} ${code.slice(3)}`,
  );
  await visit.addsPasskey();
  await isIn(visit);
});

test("tells wrong codes, and after five of them only a new one works", async ({
  visit,
  page,
  inbox,
}) => {
  const email = newPerson();
  await visit.openRegister();
  await ask(visit, email, "Sign up by code instead");
  const { code } = await inbox.newest(email);
  const wrong = code === "111111" ? "222222" : "111111";
  for (const left of [4, 3, 2, 1]) {
    await boxes(visit).first().fill(wrong);
    await expect(page.getByText(new RegExp(`\\b${left} (tries|try)\\b`)).first()).toBeVisible();
  }
  await boxes(visit).first().fill(wrong);
  await expect(page.getByText(/Too many/).first()).toBeVisible();
  await look(page, "code-exhausted");
  await boxes(visit).first().fill(code);
  await expect(page.getByText(/Too many|expired|no longer/).first()).toBeVisible();
  await visit.button("Use another address").click();
  await ask(visit, email, "Send me a code");
  await boxes(visit)
    .first()
    .fill((await inbox.newest(email, 2)).code);
  await visit.isOfferedPasskey();
});

test("a browser that remembers a passkey which is gone gets a new one", async ({
  visit,
  page,
  ginnel,
  site,
  inbox,
}) => {
  const email = newPerson();
  await ginnel.addUser(site.appId, email);
  await visit.openLogin();
  // What Passage's elements left behind.
  await page.evaluate(() => localStorage.setItem("psg_cred_obj", `{"someone":"Z29uZQ"}`));
  await ask(visit, email, "Continue");
  await boxes(visit)
    .first()
    .fill((await inbox.newest(email)).code);
  await visit.addsPasskey();
  await isIn(visit);
});
