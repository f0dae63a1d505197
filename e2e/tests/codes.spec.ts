/** A person types the six digits of a mail instead of opening its link, and goes between passkeys and links. */
import { look } from "../support/look.ts";
import { Passkeys } from "../support/passkey.ts";
import { expect, test } from "../support/test.ts";
import { Visit } from "../support/visit.ts";

/** Six digits that are not those. */
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

test("a typed code signs in, and the link of its mail is used up", async ({
  visit,
  elsewhere,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  const { code, link } = await inbox.newest(email);
  await visit.codeBox().pressSequentially(code);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  await elsewhere.page.goto(link);
  await expect(elsewhere.title("This link was used before")).toBeVisible();
});

test("a code is copied in the inbox and pasted, with spaces around it", async ({
  visit,
  page,
  context,
  inbox,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const email = await visit.signUpByLink();
  const mails = await context.newPage();
  await mails.goto(inbox.url);
  await mails.getByRole("article").filter({ hasText: email }).getByRole("link").click();
  await mails.getByRole("button", { name: "Copy the code" }).click();
  await mails.evaluate(async () => {
    const code = await navigator.clipboard.readText();
    await navigator.clipboard.writeText(` ${code.slice(0, 3)} ${code.slice(3)} `);
  });
  await page.bringToFront();
  await visit.codeBox().focus();
  await page.keyboard.press("Control+V");
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
});

test("wrong codes are counted down to the last, and the link still works", async ({
  visit,
  page,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  const { code, link } = await inbox.newest(email);
  for (const left of ["4 tries", "3 tries", "2 tries", /1 tr(y|ies)/]) {
    await visit.codeBox().pressSequentially(wrong(code));
    await expect(page.getByText(left)).toBeVisible();
    await expect(visit.codeBox()).toBeFocused();
    if (left === "4 tries") await look(page, "wrong-code");
  }
  for (const last of [wrong(code), code]) {
    await visit.codeBox().pressSequentially(last);
    await expect(page.getByText("Too many wrong codes.").first()).toBeVisible();
    expect(await visit.cookie()).toBeUndefined();
  }
  await look(page, "too-many-codes");
  await page.goto(link);
  await visit.isOfferedPasskey();
});

test("a mail asked for again, after a countdown, ends the first code but not the first link", async ({
  visit,
  page,
  elsewhere,
  inbox,
}) => {
  await page.clock.install();
  const email = await visit.signUpByLink();
  const first = await inbox.newest(email);
  const countdown = page.getByRole("button", { name: /^Send again in \d+ s$/ });
  await expect(countdown).toHaveAttribute("aria-disabled", "true");
  await countdown.click({ force: true });
  await page.clock.fastForward(31_000);
  await visit.button("Send again").click();
  await expect(page.getByText("Sent once more to").first()).toBeVisible();
  await look(page, "link-resent");
  const second = await inbox.newest(email, 2);
  expect(second.code).not.toBe(first.code);

  await visit.codeBox().pressSequentially(first.code);
  await expect(page.getByText("Look at the newest message; 4 tries are left.")).toBeVisible();
  await look(page, "replaced-code");
  expect(await visit.cookie()).toBeUndefined();
  await elsewhere.page.goto(first.link);
  await expect(elsewhere.title("Which number do you see?")).toBeVisible();
  await visit.codeBox().pressSequentially(second.code);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
});

test("a code that has expired says so", async ({ visit, page, inbox, ginnel }) => {
  const email = await visit.signUpByLink();
  const { code } = await inbox.newest(email);
  await ginnel.sql("UPDATE magic_links SET code_expires_at = 1 WHERE address = ?", email);
  await visit.codeBox().pressSequentially(code);
  await expect(page.getByText("This code works no more.")).toBeVisible();
  expect(await visit.cookie()).toBeUndefined();
});

test("from the passkey screens to a link, and back", async ({ visit, page, inbox }) => {
  const email = await visit.register();
  await visit.signOut();
  // From the dialogue of the browser.
  await visit.submit(email, "Continue");
  await expect(visit.title("Use your passkey")).toBeVisible();
  await look(page, "waiting-login");
  await visit.button("Use a link instead").click();
  await visit.waitsForMail(email);
  // Back, and with the passkey after all.
  await visit.button("Use another address").click();
  await expect(visit.box()).toHaveValue(email);
  await look(page, "form-by-link");
  await visit.passkeys.agree(async () => {
    await visit.button("Sign in with a passkey").click();
    await expect(visit.greeting(email)).toBeVisible();
  });
  // From a passkey that did not work.
  await visit.signOut();
  await visit.passkeys.fail(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title(/No passkey was used|did not work/)).toBeVisible();
  });
  await visit.button("Use a link instead").click();
  await visit.waitsForMail(email);
  expect(await inbox.ids(email)).toHaveLength(2);
});

test("from signing up by link to a passkey, and back", async ({ visit, page }) => {
  await visit.openRegister();
  await visit.button("Sign up by link instead").click();
  await expect(visit.button("Send me a link")).toBeVisible();
  await look(page, "register-by-link");
  await visit.button("Create a passkey instead").click();
  await expect(visit.button("Create a passkey")).toBeVisible();
  await visit.button("Sign up by link instead").click();
  await visit.button("Send me a link").click();
  await expect(page.getByText("Enter your email address.")).toBeVisible();
});

test("a browser without passkeys signs up by link and is offered none", async ({
  browser,
  site,
  inbox,
}) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    const visit = new Visit(page, await Passkeys.open(page), site.url);
    await page.goto(site.url);
    await expect(visit.button("Send me a link")).toBeVisible();
    await expect(visit.button("Sign in with a passkey")).toHaveCount(0);
    await look(page, "no-passkeys-in-browser");
    await visit.button("Create an account").click();
    const email = `nokia-${Date.now()}@example.com`;
    await visit.box().fill(email);
    await visit.button("Send me a link").click();
    await visit.waitsForMail(email);
    await visit.codeBox().fill((await inbox.newest(email)).code);
    await expect(visit.greeting(email)).toBeVisible();
  } finally {
    await context.close();
  }
});

test("ten mails an hour for one address, and no more", async ({ visit, page, inbox, ginnel }) => {
  const email = await visit.signUpByLink();
  for (let sent = 1; sent < 10; sent++) {
    await visit.button("Use another address").click();
    await visit.button("Send me a link").click();
    await visit.waitsForMail(email);
  }
  await visit.button("Use another address").click();
  await visit.button("Send me a link").click();
  await expect(visit.alert()).toContainText("Too many tries. Wait");
  await look(page, "too-many-mails");
  expect(await inbox.ids(email)).toHaveLength(10);
  expect(ginnel.log).not.toContain("panicked");
});
