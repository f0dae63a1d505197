/** Every mail by axe and in pictures, and the inbox page that shows mails where there is no mail server. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { look, lookAtMail } from "../support/look.ts";
import { repository } from "../support/programs.ts";
import { expect, test } from "../support/test.ts";

const run = promisify(execFile);
const kinds = [
  "sign_in",
  "sign_up",
  "verify_address",
  "change_address",
  "passkey_added",
  "passkey_removed",
  "address_changed",
  "account_claimed",
  "no_account",
  "account_deactivated",
  "address_in_use",
];

test("mails of every kind, and the one to sign in in every language", async ({ page }) => {
  test.slow();
  const folder = await mkdtemp(join(tmpdir(), "ginnel-mails-"));
  try {
    const words = ["run", "--quiet", "-p", "ginnel", "--example", "letters", "--", folder];
    await run("cargo", words, { cwd: repository });
    const names = [
      ...kinds.map((kind) => `${kind}.en`),
      ...["de", "es", "it", "pl", "pt", "zh"].map((language) => `sign_in.${language}`),
    ];
    for (const name of names) {
      await page.goto(`file://${join(folder, name)}.html`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await lookAtMail(page, `mail-${name.replace(".", "-")}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the inbox shows mails by itself, and each as a mail program would", async ({
  page,
  visit,
  context,
  inbox,
}) => {
  const mails = await context.newPage();
  await mails.goto(inbox.url);
  await expect(mails.getByRole("heading", { name: "Inbox" })).toBeVisible();
  const email = await visit.signUpByLink();
  const mail = mails.getByRole("article").filter({ hasText: email });
  await expect(mail).toContainText("Finish signing up for Example app");
  await look(mails, "inbox");
  await mail.getByRole("link").click();
  const shown = mails.frameLocator("iframe");
  await expect(shown.getByRole("heading", { name: "Welcome to Example app" })).toBeVisible();
  await look(mails, "inbox-mail");
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    shown.getByRole("link", { name: "Confirm and sign in" }).click(),
  ]);
  await expect(tab.getByRole("heading", { name: "Sign in faster next time" })).toBeVisible();
  await mails.goto(inbox.url + "/nobodyknowsthismail12345");
  await expect(mails.getByText("This mail is not here")).toBeVisible();
  await expect(page).not.toHaveURL(/psg_magic_link/);
});
