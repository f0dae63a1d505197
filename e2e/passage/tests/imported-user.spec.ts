/**
 * Somebody who was at Passage: their account came over, their passkey did not. The browser still has both the passkey and
 * what Passage's packages noted of it. No command imports users yet, so the story writes the account's row as an import
 * will (`Ginnel.addUser`), and gives the authenticator a passkey whose public key this server never saw.
 */
import type { Page } from "@playwright/test";
import { Visit, newPerson } from "../../support/visit.ts";
import { twoLines } from "../../support/page-server.ts";
import {
  elementPage,
  forgetTokens,
  OldElement,
  oldElementSettings,
} from "../support/old-element.ts";
import { expect, test } from "../support/test.ts";

/** What Passage's packages wrote down: this browser has a passkey of that user. */
const remember = (page: Page, userId: string, email: string) =>
  page.evaluate(
    ([userId, email]) => {
      const passkey = btoa("a passkey that no server knows").replace(/=+$/, "");
      localStorage.setItem("psg_cred_obj", JSON.stringify({ [userId!]: passkey }));
      localStorage.setItem("psg_last_login", email!);
    },
    [userId, email],
  );

for (const fallback of ["code", "link"] as const) {
  test.describe(`by ${fallback}`, () => {
    const update = [...oldElementSettings.update, "--one-time-codes", String(fallback === "code")];
    test.use({ settings: { update } });

    test("gets in with the old element, and makes a new passkey", async ({
      page,
      site,
      passkeys,
      inbox,
      ginnel,
      mapping,
    }) => {
      const email = newPerson();
      const userId = await ginnel.addUser(site.appId, email);
      await page.goto(await elementPage(site, "2.0.9", "passage-auth"));
      await passkeys.seedUnknown();
      await remember(page, userId, email);
      await page.reload();
      const old = new OldElement(page, passkeys);
      await expect(old.button("Somebody else")).toBeVisible();
      await passkeys.agree(() => old.continues());
      if (fallback === "code") await old.types((await inbox.newest(email)).code);
      else await page.goto((await inbox.newest(email)).link);
      await passkeys.agree(async () => {
        await old.button("Add passkey").click();
        await expect(old.welcome()).toBeVisible();
      });
      expect(mapping.lines()).toContain("POST currentuser/devices/finish 201");

      // From now on by the new one.
      await forgetTokens(page);
      await page.goto(site.url);
      await passkeys.agree(async () => {
        await old.continues();
        await expect(old.welcome()).toBeVisible();
      });
      expect(mapping.lines().at(-1)).toBe("POST login/webauthn/finish 200");
    });

    test("gets in with our element, and makes a new passkey", async ({
      page,
      site,
      passkeys,
      inbox,
      ginnel,
    }) => {
      const email = newPerson();
      const userId = await ginnel.addUser(site.appId, email);
      await page.goto(site.pages.page("/", twoLines(site.appId, ginnel.url)));
      await passkeys.seedUnknown();
      await remember(page, userId, email);
      await page.reload();
      const visit = new Visit(page, passkeys, site.url);
      await expect(visit.title("Welcome back")).toBeVisible();
      await passkeys.agree(() => visit.button("Continue").click());
      await expect(visit.title("Check your mail")).toBeVisible();
      const mail = await inbox.newest(email);
      if (fallback === "code") await visit.codeBox().pressSequentially(mail.code);
      else await page.goto(mail.link);
      await visit.addsPasskey();
      await expect(page.getByRole("heading", { name: "Welcome", exact: true })).toBeVisible();

      // From now on by the new one.
      await forgetTokens(page);
      await page.goto(site.url);
      await passkeys.agree(async () => {
        await visit.button("Continue").click();
        await expect(page.getByRole("heading", { name: "Welcome", exact: true })).toBeVisible();
      });
    });
  });
}
