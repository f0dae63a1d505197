/** A person signs up and in by mailed link: in the same browser, in another one, too late, twice. */
import type { Page } from "@playwright/test";
import { look } from "../support/look.ts";
import { twoLines } from "../support/page-server.ts";
import { Passkeys } from "../support/passkey.ts";
import { expect, onEverySite, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** Opens the mail in the inbox and clicks its link; the tab that comes up. */
async function clickLink(inbox: Page, to: string): Promise<Page> {
  await inbox.getByRole("article").filter({ hasText: to }).first().getByRole("link").click();
  const [tab] = await Promise.all([
    inbox.context().waitForEvent("page"),
    inbox.getByRole("link", { name: "Open the link" }).click(),
  ]);
  return tab;
}

onEverySite((site) => {
  const picture = site.replace(" ", "-");

  test("signs up by link: the tab that opens it is signed in, and the one that asked goes on", async ({
    visit,
    page,
    context,
    inbox,
  }) => {
    const email = await visit.signUpByLink();
    await look(page, `${picture}-link-sent`);

    const mails = await context.newPage();
    await mails.goto(inbox.url);
    const tab = await clickLink(mails, email);
    const opened = new Visit(tab, await Passkeys.open(tab), visit.url);
    await opened.isOfferedPasskey();
    expect(new URL(tab.url()).search).toBe("");
    await visit.isOfferedPasskey();

    await opened.addsPasskey();
    await expect(opened.greeting(email)).toBeVisible();
    await visit.skipsPasskey();
    await expect(visit.greeting(email)).toBeVisible();
    await look(page, `${picture}-dashboard-by-link`);

    // The passkey signs in from now on.
    await opened.signOut();
    await opened.signIn(email);
  });

  test("signs in by link, skips the passkey, and is sent a link by itself the next time", async ({
    visit,
    context,
    inbox,
  }) => {
    const email = await visit.signUpByLink();
    await visit.page.goto((await inbox.newest(email)).link);
    await visit.skipsPasskey();
    await expect(visit.greeting(email)).toBeVisible();
    await visit.signOut();

    // Without a passkey on file there is nothing else to try.
    await visit.submit(email, "Continue");
    await visit.waitsForMail(email);
    // The list must not be opened before the second mail stands in it.
    await inbox.newest(email, 2);
    const mails = await context.newPage();
    await mails.goto(inbox.url);
    const tab = await clickLink(mails, email);
    const opened = new Visit(tab, visit.passkeys, visit.url);
    await opened.skipsPasskey();
    await expect(opened.greeting(email)).toBeVisible();
    await visit.skipsPasskey();
    await expect(visit.greeting(email)).toBeVisible();
  });
});

test("the offer of a passkey can be left and taken up again", async ({ visit, page, inbox }) => {
  const email = await visit.signUpByLink();
  await page.goto((await inbox.newest(email)).link);
  await visit.isOfferedPasskey();
  await look(page, "offer");
  await visit.passkeys.fail(async () => {
    await visit.button("Add a passkey").click();
    await expect(visit.alert()).toBeVisible();
  });
  await look(page, "offer-failed");
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  expect((await visit.passkeys.list())[0]).toHaveLength(1);
  expect(await inbox.subjects(email)).toContain("New passkey for your account with Example app");
  // Where this browser has a passkey, none is offered.
  await visit.signOut();
  await visit.askForLink(email);
  await page.goto((await inbox.newest(email, 3)).link);
  await expect(visit.greeting(email)).toBeVisible();
});

test("a waiting page survives a reload, and a way back", async ({ visit, page, inbox }) => {
  const email = await visit.signUpByLink();
  const digits = await visit.digits();
  await page.reload();
  await visit.waitsForMail(email);
  expect(await visit.digits()).toBe(digits);
  await visit.button("Use another address").click();
  await visit.seesLogin();
  await page.reload();
  await visit.seesLogin();
  expect(await inbox.ids(email)).toHaveLength(1);
});

test("opened in another browser, the two digits sign in the tab that asked and no other", async ({
  visit,
  page,
  elsewhere,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  await elsewhere.page.goto((await inbox.newest(email)).link);
  await expect(elsewhere.title("Which number do you see?")).toBeVisible();
  await look(elsewhere.page, "digits");
  await elsewhere.digitsBox().fill(await visit.digits());
  await elsewhere.button("Confirm").click();
  await expect(elsewhere.title("Go back to where you started")).toBeVisible();
  await look(elsewhere.page, "digits-accepted");
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();

  expect(await elsewhere.cookie()).toBeUndefined();
  expect(await elsewhere.storage("psg_auth_token")).toBeNull();
  await elsewhere.page.goto(visit.url + "/dashboard");
  await expect(elsewhere.title("Please sign in")).toBeVisible();
  await expect(page).toHaveURL(visit.url + "/dashboard");
});

test("wrong digits end the link, and the tab that asked sends a new one", async ({
  visit,
  page,
  elsewhere,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  const { link } = await inbox.newest(email);
  await elsewhere.page.goto(link);
  const digits = Number(await visit.digits());
  await elsewhere.digitsBox().fill(String((digits + 1) % 100).padStart(2, "0"));
  await elsewhere.digitsBox().press("Enter");
  await expect(
    elsewhere.title("Those were not the digits, so this link works no more"),
  ).toBeVisible();
  await look(elsewhere.page, "wrong-digits-there");
  await expect(visit.title("Those were not the digits, so this link works no more")).toBeVisible();
  await look(page, "wrong-digits-here");

  // Dead for everybody, with the right digits and in the right browser too.
  await elsewhere.page.goto(link);
  await expect(elsewhere.title(/This link (was used before|does not belong)/)).toBeVisible();
  expect(await elsewhere.cookie()).toBeUndefined();
  expect(await visit.cookie()).toBeUndefined();

  await visit.button("Send a new link").click();
  await visit.waitsForMail(email);
  const fresh = await inbox.newest(email, 2);
  await page.goto(fresh.link);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
});

test("a scanner that fetches the link, and one that runs its scripts, use nothing up", async ({
  visit,
  page,
  elsewhere,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  const { link } = await inbox.newest(email);
  for (const method of ["HEAD", "GET", "GET"]) {
    expect((await fetch(link, { method })).status).toBe(200);
  }
  // A browser that forbids storage, as scanners do.
  await elsewhere.page.addInitScript(() =>
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new DOMException("", "SecurityError");
      },
    }),
  );
  for (let round = 0; round < 2; round++) {
    await elsewhere.page.goto(link);
    await expect(elsewhere.title("Which number do you see?")).toBeVisible();
  }
  expect(await elsewhere.cookie()).toBeUndefined();

  await visit.waitsForMail(email);
  await page.goto(link);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
});

test("a link works once", async ({ visit, page, elsewhere, inbox }) => {
  const email = await visit.signUpByLink();
  const { link } = await inbox.newest(email);
  await page.goto(link);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  const token = await visit.cookie();

  for (const person of [visit, elsewhere]) {
    await person.page.goto(link);
    await expect(person.title("This link was used before")).toBeVisible();
  }
  await look(elsewhere.page, "link-used");
  expect(await elsewhere.cookie()).toBeUndefined();
  expect(await visit.cookie()).toBe(token);
  await elsewhere.button("Send a new link").click();
  await elsewhere.submit(email, "Send me a link");
  await elsewhere.waitsForMail(email);
});

test("a link that has expired says so, where it is opened and where it was asked for", async ({
  visit,
  page,
  elsewhere,
  inbox,
  ginnel,
}) => {
  const email = await visit.signUpByLink();
  const { link } = await inbox.newest(email);
  // A quarter of an hour is too long for a story: the link is made older where it is stored.
  await ginnel.sql("UPDATE magic_links SET expires_at = created_at + 1 WHERE address = ?", email);
  await expect(visit.title("This link has expired")).toBeVisible();
  await look(page, "link-expired");
  await elsewhere.page.goto(link);
  await expect(elsewhere.title("This link has expired")).toBeVisible();
  expect(await elsewhere.cookie()).toBeUndefined();

  await visit.button("Send a new link").click();
  await visit.waitsForMail(email);
  await page.goto((await inbox.newest(email, 2)).link);
  await visit.isOfferedPasskey();
});

test("altered links and those of another app do not work", async ({
  visit,
  page,
  inbox,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  const other = pageServer.page("/", twoLines(appId, ginnel.url));
  const email = await visit.signUpByLink();
  const { link } = await inbox.newest(email);
  const altered = link.slice(0, -1) + (link.endsWith("A") ? "B" : "A");
  for (const address of [altered, other + new URL(link).search]) {
    await page.goto(address);
    await expect(visit.title("This link does not belong to any sign-in here")).toBeVisible();
    expect(await visit.cookie()).toBeUndefined();
  }
  await look(page, "link-unknown");
  await visit.button("Back").click();
  await expect(visit.title("Sign in to Acme")).toBeVisible();
  // It was not used up by that.
  await page.goto(link);
  await visit.isOfferedPasskey();
});

test("a link goes to the page that asked for it if that is among the app's login paths", async ({
  page,
  passkeys,
  pageServer,
  inbox,
  ginnel,
}) => {
  const appId = await ginnel.createApp({
    authOrigin: pageServer.url,
    redirectUrl: "/welcome",
    update: ["--add-login-path", "/de/login"],
  });
  pageServer.page("/welcome", "<h1>Welcome</h1>");
  for (const [path, landing] of [
    ["/de/login", "/de/login"],
    ["/elsewhere", "/"],
  ] as const) {
    const visit = new Visit(page, passkeys, pageServer.page(path, twoLines(appId, ginnel.url)));
    pageServer.page("/", twoLines(appId, ginnel.url));
    const email = await visit.signUpByLink(newPerson());
    const { link } = await inbox.newest(email);
    expect(new URL(link).origin + new URL(link).pathname).toBe(pageServer.url + landing);
    await page.goto(link);
    await visit.skipsPasskey();
    await expect(visit.title("Welcome")).toBeVisible();
    await page.evaluate(() => localStorage.clear());
    await page.context().clearCookies();
  }
});
