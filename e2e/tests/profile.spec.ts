/** <passage-profile> on a page of its own: another address, a number, sessions, the way out. */
import { randomInt } from "node:crypto";
import { look } from "../support/look.ts";
import { Passkeys } from "../support/passkey.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test as base } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** A site whose page behind the sign-in is the profile. */
const test = base.extend<{ site: { name: "example app"; url: string; appId: string } }>({
  site: async ({ ginnel, pageServer }, use) => {
    const appId = await ginnel.createApp({
      authOrigin: pageServer.url,
      redirectUrl: "/profile",
      update: ["--identifiers", "both", "--required-identifier", "either"],
    });
    pageServer.page(
      "/profile",
      `<passage-profile app-id="${appId}"></passage-profile>
       <script src="${ginnel.url}/elements/profile.js"></script>`,
    );
    await use({
      name: "example app",
      url: pageServer.page("/", twoLines(appId, ginnel.url)),
      appId,
    });
  },
});

async function signUp(visit: Visit, code: (email: string) => Promise<string>): Promise<string> {
  const email = newPerson();
  await visit.openRegister();
  await visit.page.locator("input#identifier").fill(email);
  await visit.button("Sign up by link instead").click();
  await visit.waitsForMail(email);
  await visit.codeBox().fill(await code(email));
  await visit.addsPasskey();
  await expect(visit.title("How we reach you")).toBeVisible();
  return email;
}

test("an address is changed, a number added and removed, each confirmed by its message", async ({
  visit,
  page,
  inbox,
}) => {
  const email = await signUp(visit, async (to) => (await inbox.newest(to)).code);
  const dialog = page.getByRole("dialog");
  const mark = page.locator("passage-profile").getByText("Verified", { exact: true });
  await expect(mark).toHaveCount(1);
  await look(page, "profile");

  const other = newPerson();
  await visit.button("Change email address").click();
  await dialog.getByLabel("New email address").fill(other);
  await dialog.getByRole("button", { name: "Send the message" }).click();
  await expect(dialog.getByText("Check your mail")).toBeVisible();
  await dialog.getByLabel("Six-digit code").fill((await inbox.newest(other)).code);
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText(other, { exact: true })).toBeVisible();
  await expect(page.getByText(email, { exact: true })).toHaveCount(0);

  const number = `+1415555${randomInt(1000, 9999)}`;
  await visit.button("Add a phone number").click();
  await dialog.getByLabel("New phone number").fill(number);
  await dialog.getByRole("button", { name: "Send the message" }).click();
  await expect(dialog.getByText("Check your phone")).toBeVisible();
  await look(page, "profile-confirm-number");
  await dialog.getByLabel("Six-digit code").fill((await inbox.newest(number)).code);
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(mark).toHaveCount(2);
  await visit.button("Remove phone number").click();
  await dialog.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(visit.button("Add a phone number")).toBeVisible();
});

test("other sessions are seen and ended, and then this one", async ({
  visit,
  page,
  browser,
  inbox,
}) => {
  const email = await signUp(visit, async (to) => (await inbox.newest(to)).code);
  const context = await browser.newContext();
  const elsewhere = await context.newPage();
  const other = new Visit(elsewhere, await Passkeys.open(elsewhere), visit.url);
  await elsewhere.goto(visit.url);
  await elsewhere.locator("input#identifier").fill(email);
  await other.button("Use a link instead").click();
  await other.waitsForMail(email);
  // The second one told of the new passkey.
  await other.codeBox().fill((await inbox.newest(email, 3)).code);
  await other.skipsPasskey();
  await expect(other.title("How we reach you")).toBeVisible();

  await page.reload();
  await expect(page.getByText("This device", { exact: true })).toBeVisible();
  await visit.button("Sign out everywhere else").click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(visit.button("Sign out everywhere else")).toHaveCount(0);
  await elsewhere.reload();
  await expect(elsewhere.getByText("Sign in to see your account.")).toBeVisible();
  await context.close();

  await visit.button("Sign out").click();
  await expect(page.getByText("Sign in to see your account.")).toBeVisible();
  expect(await visit.cookie()).toBeUndefined();
});
