/** Everything is done by keyboard alone: Tab, Enter, Escape and typing. */
import { focused, tabTo } from "../support/keyboard.ts";
import { PasskeyTable } from "../support/passkey-table.ts";
import { expect, onEverySite, test } from "../support/test.ts";
import { newPerson } from "../support/visit.ts";

onEverySite(() => {
  test("registers, signs out and signs in", async ({ visit, passkeys, page }) => {
    const email = newPerson();
    await visit.openLogin();
    await tabTo(page, "Create an account");
    await page.keyboard.press("Enter");
    await expect(visit.title("Create your account")).toBeVisible();
    // The new screen begins at its box.
    await expect(visit.box()).toBeFocused();
    await page.keyboard.type(email);
    await passkeys.agree(async () => {
      await page.keyboard.press("Enter");
      await expect(visit.greeting(email)).toBeVisible();
    });

    await tabTo(page, "Sign out");
    await page.keyboard.press("Enter");
    await visit.seesLogin();
    await tabTo(page, "Email address");
    await page.keyboard.type(email);
    await tabTo(page, "Continue");
    await passkeys.agree(async () => {
      await page.keyboard.press("Enter");
      await expect(visit.greeting(email)).toBeVisible();
    });
  });

  test("cancels a ceremony and leaves with Back", async ({ visit, passkeys, page }) => {
    const email = newPerson();
    await visit.openRegister();
    await expect(visit.box()).toBeFocused();
    await page.keyboard.type(email);
    await page.keyboard.press("Enter");
    await expect(visit.title("Create your passkey")).toBeFocused();
    await tabTo(page, "Cancel");
    await page.keyboard.press("Enter");
    await expect(visit.box()).toBeFocused();
    await expect(visit.box()).toHaveValue(email);
    await passkeys.fail(async () => {
      await page.keyboard.press("Enter");
      await expect(visit.button("Try again")).toBeVisible();
    });
    await tabTo(page, "Back");
    await page.keyboard.press("Enter");
    await expect(visit.box()).toBeFocused();
  });

  test("renames a passkey, and Escape leaves a dialogue", async ({ visit, page }) => {
    const table = new PasskeyTable(page);
    await visit.register();
    await expect(table.rows()).toHaveCount(1);
    const rename = (await table
      .rows()
      .getByRole("button", { name: /^Rename / })
      .getAttribute("aria-label"))!;
    await tabTo(page, rename);
    await page.keyboard.press("Enter");
    await expect(table.dialog()).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(table.dialog()).toHaveCount(0);
    expect(await focused(page)).toBe(rename);

    await page.keyboard.press("Enter");
    await expect(table.dialog().getByLabel("Name")).toBeFocused();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("My laptop");
    await page.keyboard.press("Enter");
    await expect(table.row("My laptop")).toHaveCount(1);
  });
});
