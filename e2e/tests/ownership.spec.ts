/** Who owns an address: passkeys that strangers planted, imported accounts, second devices. */
import { look } from "../support/look.ts";
import { PasskeyTable } from "../support/passkey-table.ts";
import { expect, test } from "../support/test.ts";
import { newPerson } from "../support/visit.ts";

test("a passkey planted on a stranger's address is gone when its owner comes", async ({
  visit,
  page,
  elsewhere: attacker,
  inbox,
}) => {
  const email = await attacker.register();
  await attacker.passkeys.add("usb");
  const planted = new PasskeyTable(attacker.page);
  await expect(planted.rows()).toHaveCount(1);

  // The owner finds an account, and no passkey that would work.
  await visit.openLogin();
  await visit.submit(email, "Continue");
  await visit.button("Use a link instead").click();
  await visit.waitsForMail(email);
  await page.goto((await inbox.newest(email)).link);
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  const table = new PasskeyTable(page);
  await expect(table.rows()).toHaveCount(1);
  expect(await inbox.subjects(email)).toContain("Your address for Example app is confirmed");

  // The attacker is out at the next thing they do, with their session and with their passkey.
  await attacker.passkeys.agree(async () => {
    await planted.addButton().click();
    await expect(attacker.page.getByText("Sign in to see your passkeys.")).toBeVisible();
  }, "usb");
  await attacker.page.reload();
  await expect(attacker.title("Please sign in")).toBeVisible();
  await attacker.openLogin();
  await attacker.passkeys.agree(async () => {
    await attacker.button("Sign in with a passkey").click();
    await expect(attacker.title(/passkey is not known here/)).toBeVisible();
  });
  expect(await attacker.cookie()).toBeUndefined();
  await page.reload();
  await expect(table.rows()).toHaveCount(1);
});

test("an attacker who waits at a link of their own gets nothing when the owner opens it", async ({
  visit,
  elsewhere: attacker,
  inbox,
}) => {
  const email = await attacker.signUpByLink();
  await visit.page.goto((await inbox.newest(email)).link);
  await expect(visit.title("Which number do you see?")).toBeVisible();
  await visit.digitsBox().fill("00");
  expect(await visit.cookie()).toBeUndefined();
  await attacker.waitsForMail(email);
  expect(await attacker.cookie()).toBeUndefined();
});

test("nobody registers the address of an imported account; its owner proves it by link", async ({
  visit,
  page,
  elsewhere: attacker,
  site,
  ginnel,
  inbox,
}) => {
  const email = newPerson();
  await ginnel.addUser(site.appId, email);

  await attacker.openRegister();
  await attacker.passkeys.agree(async () => {
    await attacker.submit(email, "Create a passkey");
    await expect(attacker.title("This account waits for its owner")).toBeVisible();
  });
  expect((await attacker.passkeys.list())[0]).toHaveLength(0);
  await look(attacker.page, "verification-needed");
  // Whoever asks for the link cannot open it.
  await attacker.button("Send me a link").click();
  await attacker.waitsForMail(email);

  await visit.openRegister();
  await visit.submit(email, "Create a passkey");
  await expect(visit.title("This account waits for its owner")).toBeVisible();
  await visit.button("Send me a link").click();
  await visit.waitsForMail(email);
  await page.goto((await inbox.newest(email, 2)).link);
  await visit.addsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  await visit.signOut();
  await visit.signIn(email);
  expect(await attacker.cookie()).toBeUndefined();
});

test("an owner on a second device loses the passkey of the first one once", async ({
  visit,
  page,
  elsewhere: phone,
  inbox,
}) => {
  const email = await visit.register();
  await phone.askForLink(email);
  await phone.page.goto((await inbox.newest(email)).link);
  await phone.addsPasskey();
  await expect(phone.greeting(email)).toBeVisible();
  // Nothing tells the first passkey from a planted one.
  await page.reload();
  await expect(visit.title("Please sign in")).toBeVisible();

  // The address is proven now: from here on a link takes nothing away.
  await page.goto(visit.url);
  await expect(visit.title("Welcome back")).toBeVisible();
  await visit.button("Use a link instead").click();
  await visit.waitsForMail(email);
  await page.goto((await inbox.newest(email, 4)).link);
  // The one that was made here works no more, so that another is offered.
  await visit.skipsPasskey();
  await expect(visit.greeting(email)).toBeVisible();
  await expect(new PasskeyTable(page).rows()).toHaveCount(1);
  await phone.page.reload();
  await expect(phone.greeting(email)).toBeVisible();
});

test("an owner who proves the address in the very browser keeps their passkey", async ({
  visit,
  page,
  ginnel,
  site,
  inbox,
}) => {
  const email = await visit.register();
  // Asked for as an account page would, for the address that the account has.
  await visit.changesEmail(site.appId, ginnel.url, email);
  const mail = await inbox.newest(email);
  expect(mail.subject).toBe("Confirm your address for Example app");
  expect(new URL(mail.link).search).toContain("psg_verify_link");
  await page.goto(mail.link);
  await expect(visit.greeting(email)).toBeVisible();
  await expect(new PasskeyTable(page).rows()).toHaveCount(1);
  await visit.signOut();
  await visit.signIn(email);
});
