/** Older versions of `@passageidentity/passage-elements`: sign-up and sign-in by passkey and by what is left without one. */
import { newPerson } from "../../support/visit.ts";
import { claimsOf } from "../../support/tokens.ts";
import {
  elementPage,
  forgetTokens,
  OldElement,
  oldElementSettings,
} from "../support/old-element.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: oldElementSettings });

/** What each version can do. Until 1.0 there were links only. */
const versions = {
  "0.1.0-beta.49": { fallback: "link", table: false },
  "0.1.0-beta.58": { fallback: "link", table: false },
  "1.0.2": { fallback: "link", table: false },
  "1.5.0": { fallback: "code", table: false },
  "1.10.0": { fallback: "code", table: true },
  "1.23.1": { fallback: "code", table: true },
} as const;

for (const [version, { fallback, table }] of Object.entries(versions)) {
  test.describe(`passage-elements ${version}`, () => {
    test("registers and signs in by passkey", async ({ page, site, passkeys, mapping }) => {
      const old = new OldElement(page, passkeys);
      const failed: string[] = [];
      page.on("pageerror", (error) => failed.push(String(error)));
      await page.goto(await elementPage(site, version, "passage-auth"));
      const email = newPerson();
      await old.registers(email);
      await forgetTokens(page);
      // 1.10 asks for a passkey as soon as it stands, and a virtual authenticator takes that for a pick.
      const back = () => page.goto(site.url);
      if (version === "1.10.0") {
        await passkeys.agree(async () => {
          await back();
          await expect(old.welcome()).toBeVisible();
        });
      } else {
        await back();
        await old.picture(`auth-${version}`);
        await passkeys.agree(async () => {
          // The first of them do not remember who was there.
          if (version === "0.1.0-beta.49") await old.submit(email);
          else await old.continues();
          await expect(old.welcome()).toBeVisible();
        });
      }
      expect(mapping.lines()).toContain("POST login/webauthn/finish 200");
      const token = await page.evaluate(() => localStorage.getItem("psg_auth_token"));
      expect(claimsOf(token!)).toMatchObject({ aud: [site.url, site.appId] });
      expect(mapping.calls.filter(({ status }) => status >= 400)).toEqual([]);
      expect(failed).toEqual([]);
    });

    test(`falls back to a ${fallback}`, async ({ page, site, passkeys, inbox, mapping }) => {
      const old = new OldElement(page, passkeys);
      await page.goto(await elementPage(site, version, "passage-auth"));
      const email = newPerson();
      await old.registersWithout(email);
      if (fallback === "link") {
        const { link } = await inbox.newest(email);
        const opened = await page.context().newPage();
        await opened.goto(link);
        // The tab that asked goes on by itself: links are plain here.
        await expect(old.welcome()).toBeVisible();
        expect(mapping.lines()).toContain("PATCH magic-link/activate 200");
      } else {
        await old.types((await inbox.newest(email)).code);
        await expect(old.welcome()).toBeVisible();
      }
    });

    test("<passage-profile> shows who is signed in", async ({ page, site, passkeys }) => {
      const email = newPerson();
      await page.goto(await elementPage(site, version, "passage-auth"));
      await new OldElement(page, passkeys).registers(email);
      const tags = ["passage-profile", ...(table ? ["passage-passkey-table"] : [])] as const;
      for (const tag of tags) {
        const old = new OldElement(page, passkeys, tag as "passage-profile");
        await page.goto(await elementPage(site, version, tag as "passage-profile", `/${tag}`));
        await expect(old.element()).toContainText(/Chrome|Linux/);
        if (tag === "passage-profile") {
          await expect
            .poll(() =>
              old.boxes().evaluateAll((all) => all.map((box) => (box as HTMLInputElement).value)),
            )
            .toContain(email);
          await old.picture(`profile-${version}`);
        }
      }
    });
  });
}
