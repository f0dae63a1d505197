/** Changes that need a recent sign-in: passkeys by mailed code, and another address. */
import { look } from "../support/look.ts";
import { PasskeyTable } from "../support/passkey-table.ts";
import { expect, test } from "../support/test.ts";
import { newPerson, type Visit } from "../support/visit.ts";
import type { Ginnel } from "../support/app.ts";
import { claimsOf } from "../support/tokens.ts";

/** Makes the sign-in of a person eleven minutes older, where it is stored. */
const elevenMinutesLater = async (ginnel: Ginnel, visit: Visit) =>
  ginnel.sql(
    "UPDATE sessions SET auth_time = auth_time - 660000 WHERE id = ?",
    String(claimsOf((await visit.cookie())!)["sid"]),
  );

test("a change after ten minutes is confirmed by a mailed code", async ({
  visit,
  page,
  ginnel,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  await page.goto((await inbox.newest(email)).link);
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  await elevenMinutesLater(ginnel, visit);
  const table = new PasskeyTable(page);
  await expect(page.getByText("You have no passkeys yet.")).toBeVisible();
  await look(page, "no-passkeys-yet");

  await table.addButton().click();
  await expect(table.dialog()).toContainText("You signed in a while ago.");
  await look(page, "step-up-by-code-alone");
  await table.dialog().getByRole("button", { name: "Use a code" }).click();
  const box = table.dialog().getByLabel("Six-digit code");
  await expect(table.dialog()).toContainText(`We sent a code to ${email}.`);
  await look(page, "step-up-code");
  const { code } = await inbox.newest(email, 2);
  await table.dialog().getByRole("button", { name: "Confirm" }).click();
  await expect(table.dialog()).toContainText("Enter the six digits of the code.");
  await box.fill(code === "111111" ? "222222" : "111111");
  await box.press("Enter");
  await expect(table.dialog()).toContainText("4 tries");
  await look(page, "step-up-wrong-code");
  await visit.passkeys.agree(async () => {
    await box.fill(code);
    await box.press("Enter");
    await expect(table.rows()).toHaveCount(1);
  });
  expect(await inbox.subjects(email)).toContain("New passkey for your account with Example app");

  // The code was a sign-in: the next change needs no more.
  await visit.passkeys.add("usb");
  await visit.passkeys.agree(async () => {
    await table.addButton().click();
    await expect(table.rows()).toHaveCount(2);
  }, "usb");
});

test("a change after ten minutes can be confirmed by the passkey or by a code", async ({
  visit,
  page,
  ginnel,
  inbox,
}) => {
  const email = await visit.signUpByLink();
  await page.goto((await inbox.newest(email)).link);
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  const table = new PasskeyTable(page);
  await visit.passkeys.add("usb");
  await visit.passkeys.agree(async () => {
    await table.addButton().click();
    await expect(table.rows()).toHaveCount(2);
  }, "usb");
  await table.rename(1, "Old key");
  await elevenMinutesLater(ginnel, visit);
  await table.remove("Old key");
  await look(page, "step-up-choice");
  await visit.passkeys.agree(async () => {
    await table.dialog().getByRole("button", { name: "Use my passkey" }).click();
    await expect(table.rows()).toHaveCount(1);
  });
  expect((await inbox.subjects(email)).sort()).toEqual([
    "Finish signing up for Example app",
    "New passkey for your account with Example app",
    "New passkey for your account with Example app",
    "Passkey removed from your account with Example app",
  ]);
});

test("another address: confirmed at the new one, told at the old one, old links are dead", async ({
  visit,
  page,
  elsewhere,
  site,
  ginnel,
  inbox,
}) => {
  const [email, next] = [await visit.signUpByLink(), newPerson()];
  await page.goto((await inbox.newest(email)).link);
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  await elsewhere.askForLink(email);
  const old = await inbox.newest(email, 3);

  await visit.changesEmail(site.appId, ginnel.url, next);
  const mail = await inbox.newest(next);
  expect(mail.subject).toBe("Confirm your new address for Example app");
  // Nothing is changed by asking.
  await page.reload();
  await expect(visit.greeting(email)).toBeVisible();
  await page.goto(mail.link);
  await expect(visit.greeting(next)).toBeVisible();
  const told = await inbox.newest(email, 4);
  expect(told.subject).toBe("Your address for Example app was changed");
  expect(told.text).not.toContain(next);

  await elsewhere.page.goto(old.link);
  await expect(elsewhere.title("This link has expired")).toBeVisible();
  expect(await elsewhere.cookie()).toBeUndefined();
  await visit.signOut();
  await visit.signIn(next);
  await visit.signOut();
  await visit.submit(email, "Continue");
  await expect(visit.alert()).toContainText(`There is no account for ${email}.`);
});

test("another address is confirmed with a screen of its own, and in the browser that asked", async ({
  visit,
  page,
  elsewhere,
  site,
  ginnel,
  inbox,
}) => {
  const [email, next] = [await visit.register(), newPerson()];
  const { digits } = await visit.changesEmail(site.appId, ginnel.url, next);
  const { link } = await inbox.newest(next);
  await elsewhere.page.goto(link);
  await elsewhere.digitsBox().fill(digits!);
  await elsewhere.button("Confirm").click();
  await expect(elsewhere.title("Go back to where you started")).toBeVisible();
  expect(await elsewhere.cookie()).toBeUndefined();
  await page.reload();
  await expect(visit.greeting(next)).toBeVisible();
  await expect(visit.greeting(email)).toHaveCount(0);
});

test("another address needs a recent sign-in and must be free", async ({
  visit,
  elsewhere,
  site,
  ginnel,
  inbox,
}) => {
  // Whoever never proved an address has no claim to it.
  const taken = await elsewhere.signUpByLink();
  await elsewhere.page.goto((await inbox.newest(taken)).link);
  await elsewhere.skipsPasskey();
  await expect(elsewhere.greeting(taken)).toBeVisible();
  await visit.register();
  const change = (to: string) =>
    visit.changesEmail(site.appId, ginnel.url, to).then(
      () => "accepted",
      (error: Error) => error.message,
    );
  expect(await change(taken)).toContain("user_already_exists");
  await elevenMinutesLater(ginnel, visit);
  expect(await change(newPerson())).toContain("reauthentication_required");
});
