/**
 * `magicLinkActivateWebAuthnLogin` and `magicLinkActivateWebAuthnNewDevice`, which passage-js had until version 3.9: a link
 * together with a passkey.
 */
import { newPerson } from "../../support/visit.ts";
import { Script, type Refusal } from "../support/script.ts";
import { jwt } from "../support/shapes.ts";
import { expect, test } from "../support/test.ts";

const login = "magicLinkActivateWebAuthnLogin";
const newDevice = "magicLinkActivateWebAuthnNewDevice";

const result = expect.objectContaining({ auth_token: jwt, redirect_url: "/welcome" });
const usedUp: Refusal = { status: 404, code: "magic_link_not_found", message: /used before/ };

declare global {
  interface Window {
    passage: object;
  }
}

for (const version of ["2.3.4", "2.6.3", "3.9.0"]) {
  test.describe(`passage-js ${version}`, () => {
    const script = `
import { Passage } from "passage-js-${version.replaceAll(".", "-")}";
window.passage = new Passage(document.querySelector("[data-app]").dataset.app);
`;

    test.beforeEach(async ({ page, site }) => {
      await page.goto(await site.page("/", `<i data-app="${site.appId}"></i>`, script));
    });

    const secretOf = (link: string) => new URL(link).searchParams.get("psg_magic_link")!;

    test("a link and the passkey of this browser sign in", async ({
      page,
      passkeys,
      mapping,
      inbox,
    }) => {
      const js = new Script(page, passkeys, mapping);
      const email = newPerson();
      await js.callWithPasskey("register", email);
      await js.call("newLoginMagicLink", email);
      const secret = secretOf((await inbox.newest(email)).link);
      // Whoever fails the screen lock has used nothing up.
      await passkeys.fail(() =>
        js.throws({ message: "could not parse publickey for login" }, login, secret),
      );
      mapping.clear();
      expect(await js.callWithPasskey(login, secret)).toEqual(result);
      expect(mapping.lines()).toEqual([
        "POST magic-link/webauthn/login/start 200",
        "POST magic-link/webauthn/login/finish 200",
      ]);
      await js.refused(usedUp, login, secret);
      await js.refused(usedUp, newDevice, secret);
      await js.refused(usedUp, "magicLinkActivate", secret);
    });

    test("a link makes a passkey on another device, which signs in from then on", async ({
      page,
      passkeys,
      mapping,
      inbox,
      site,
    }) => {
      const js = new Script(page, passkeys, mapping);
      const email = newPerson();
      await js.callWithPasskey("register", email);
      await js.call("newLoginMagicLink", email);
      const secret = secretOf((await inbox.newest(email)).link);
      // Another device: nothing in the browser, nothing in the authenticator.
      await passkeys.clear();
      await page.evaluate(() => localStorage.clear());
      await page.context().clearCookies();
      await page.goto(`${site.url}/`);
      await js.throws({ name: "PassageError" }, login, secret);
      expect(await js.callWithPasskey(newDevice, secret)).toEqual(result);
      const stored = await page.evaluate(() => localStorage.getItem("psg_cred_obj"));
      expect(Object.keys(JSON.parse(stored!) as object)).toHaveLength(1);
      expect(await js.callWithPasskey("login", email)).toEqual(result);
      await js.refused(usedUp, newDevice, secret);
    });

    test("a link makes an account with a passkey", async ({ page, passkeys, mapping, inbox }) => {
      const js = new Script(page, passkeys, mapping);
      const email = newPerson();
      await js.call("newRegisterMagicLink", email);
      const secret = secretOf((await inbox.newest(email)).link);
      const none = { status: 409, code: "user_has_no_passkeys", message: /no passkey/ };
      await js.refused(none, login, secret);
      expect(await js.callWithPasskey(newDevice, secret)).toEqual(result);
      expect(await js.callWithPasskey("login", email)).toEqual(result);
    });

    test("no link, and one that a browser with a key asked for", async ({
      page,
      passkeys,
      mapping,
      inbox,
      site,
      ginnel,
    }) => {
      const js = new Script(page, passkeys, mapping);
      const unknown = { status: 404, code: "magic_link_not_found", message: /link/ };
      await js.refused(unknown, login, "no link");
      await js.refused(unknown, newDevice, "no link");
      const email = newPerson();
      await js.callWithPasskey("register", email);
      const asked = await fetch(`${ginnel.url}/auth/v1/apps/${site.appId}/login/magic-link`, {
        method: "POST",
        body: JSON.stringify({
          identifier: email,
          browser_key_hash: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        }),
      });
      expect(asked.status).toBe(200);
      const secret = secretOf((await inbox.newest(email)).link);
      const keyed = { status: 403, code: "operation_not_allowed", message: /two digits/ };
      await js.refused(keyed, login, secret);
      await js.refused(keyed, newDevice, secret);
    });
  });
}
