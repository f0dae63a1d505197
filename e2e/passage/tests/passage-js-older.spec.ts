/** Older versions of `@passageidentity/passage-js`: each group of their public methods. */
import { newPerson } from "../../support/visit.ts";
import { oldElementSettings } from "../support/old-element.ts";
import { installed } from "../support/packages.ts";
import { Script } from "../support/script.ts";
import { id, jwt } from "../support/shapes.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: oldElementSettings });

/** Where each version keeps the functions of a session, and what it has. */
const versions = {
  "2.3.4": { session: "getCurrentUser", refresh: false, codes: false, nameless: false },
  "2.6.3": { session: "getCurrentUser", refresh: true, codes: false, nameless: true },
  "3.14.6": { session: "getCurrentSession", refresh: true, codes: true, nameless: true },
} as const;

interface Old {
  js: Script;
  /** Registers somebody by passkey, whose token the package has then. */
  register(email: string): Promise<void>;
}

for (const [version, has] of Object.entries(versions)) {
  test.describe(`passage-js ${version}`, () => {
    const judge = base(version);

    judge("app and look-up", async ({ old: { js }, site }) => {
      expect(await js.call("appInfo")).toMatchObject({
        id: site.appId,
        auth_origin: site.url,
        ephemeral: false,
        redirect_url: "/welcome",
      });
      const email = newPerson();
      expect(await js.call("identifierExists", email)).toBeFalsy();
      const payload = { identifier: email, user_metadata: {} };
      expect(await js.call("createUser", payload)).toMatchObject({ email, status: "pending", id });
      expect(await js.call("identifierExists", email)).toMatchObject({ email, id });
      await expect(js.call("identifierExists", "no address")).rejects.toThrow(/valid email/);
    });

    judge("passkeys", async ({ old: { js, register } }) => {
      const email = newPerson();
      await register(email);
      const result = { auth_token: jwt, redirect_url: "/welcome" };
      expect(await js.callWithPasskey("login", email)).toMatchObject(result);
      if (has.nameless) expect(await js.callWithPasskey("login")).toMatchObject(result);
      await expect(js.call("login", newPerson())).rejects.toThrow(/no account/);
      await expect(js.call("register", email)).rejects.toThrow(/account exists/);
    });

    judge("links", async ({ old: { js }, inbox }) => {
      const email = newPerson();
      const asked = await js.call<{ id: string }>("newRegisterMagicLink", email);
      await expect(js.call("getMagicLinkStatus", asked.id)).rejects.toThrow();
      const secret = new URL((await inbox.newest(email)).link).searchParams.get("psg_magic_link");
      expect(await js.call("magicLinkActivate", secret)).toMatchObject({ auth_token: jwt });
      expect(await js.call("getMagicLinkStatus", asked.id)).toMatchObject({ auth_token: jwt });
      await expect(js.call("magicLinkActivate", secret)).rejects.toThrow();
      expect(await js.call("newLoginMagicLink", email)).toMatchObject({ id });
      await expect(js.call("newLoginMagicLink", newPerson())).rejects.toThrow(/no account/);
    });

    if (has.codes) {
      judge("codes", async ({ old: { js }, inbox }) => {
        const email = newPerson();
        const asked = await js.call<{ otp_id: string }>("newRegisterOneTimePasscode", email);
        const { code } = await inbox.newest(email);
        const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
        const activate = "oneTimePasscodeActivate";
        await expect(js.call(activate, wrong, asked.otp_id)).rejects.toThrow(/code/);
        expect(await js.call(activate, code, asked.otp_id)).toMatchObject({ auth_token: jwt });
        expect(await js.call("newLoginOneTimePasscode", email)).toMatchObject({ otp_id: id });
      });
    }

    judge("the user", async ({ old: { js, register }, inbox, ginnel, site }) => {
      const field = ["nickname", "--friendly-name", "Nickname", "--profile"];
      await ginnel.command("app", "fields", "add", site.appId, ...field);
      const email = newPerson();
      await register(email);
      expect(await js.call("getCurrentUser.userInfo")).toMatchObject({
        email,
        login_count: 1,
        webauthn_devices: [{ id }],
      });
      const nickname = { nickname: "Ada" };
      await expect
        .poll(() => js.call("getCurrentUser.updateMetadata", nickname).catch(String))
        .toMatchObject({ user_metadata: nickname });
      expect(await js.call("getCurrentUser.getMetadata")).toMatchObject(nickname);
      const next = newPerson();
      expect(await js.call("getCurrentUser.changeEmail", next)).toMatchObject({ id });
      const secret = new URL((await inbox.newest(next)).link).searchParams.get("psg_verify_link");
      const proof = await js.call<{ auth_token: string }>("magicLinkActivate", secret);
      // The first proof of an address ends what was open before; 2.x leaves it to the page to keep the new token.
      if (version < "3") await js.call("setAuthToken", proof.auth_token);
      const phone = "+4930" + String(Math.random()).slice(2, 10);
      expect(await js.call("getCurrentUser.changePhone", phone)).toMatchObject({ id });
      await expect(js.call("getCurrentUser.changePhone", "12")).rejects.toThrow();
    });

    judge("the user's passkeys", async ({ old: { js, register } }) => {
      await register(newPerson());
      const [own] = await js.call<{ id: string }[]>("getCurrentUser.listDevices");
      const renamed = { friendly_name: "Laptop" };
      expect(await js.call("getCurrentUser.editDevice", own!.id, renamed)).toMatchObject(renamed);
      await expect(js.call("getCurrentUser.deleteDevice", own!.id)).rejects.toThrow();
      // Another device, so that it may hold one of its own.
      await js.passkeys.clear();
      expect(await js.callWithPasskey("getCurrentUser.addDevice")).toMatchObject({ id });
      expect(await js.call("getCurrentUser.deleteDevice", own!.id)).toBe(true);
      expect(await js.call("getCurrentUser.listDevices")).toHaveLength(1);
    });

    judge("the session", async ({ old: { js, register } }) => {
      await register(newPerson());
      expect(await js.call(`${has.session}.authGuard`)).toBe(true);
      if (has.refresh) {
        expect(await js.call(`${has.session}.getAuthToken`)).toEqual(jwt);
        const refreshed = await js.call<unknown>(`${has.session}.refresh`);
        // 2.x gives the token alone.
        expect(
          version < "3" ? refreshed : (refreshed as { auth_token: string }).auth_token,
        ).toEqual(jwt);
        expect(await js.call(`${has.session}.signOut`)).toBe(true);
        await expect(js.call(`${has.session}.refresh`)).rejects.toThrow();
      } else await js.call("signOut");
      expect(await js.call(`${has.session}.authGuard`)).toBe(false);
    });
  });
}

/** A page with the package, and what it is for. */
function base(version: string) {
  return test.extend<{ old: Old }>({
    old: async ({ page, site, passkeys, mapping }, use) => {
      const script = `import { Passage } from "${installed("passage-js", version)}";
        window.passage = new Passage("${site.appId}");`;
      await page.goto(await site.page("/", "", script));
      const js = new Script(page, passkeys, mapping);
      const register = async (email: string) => {
        const { auth_token } = await js.callWithPasskey<{ auth_token: string }>("register", email);
        // Until 3.0 the elements kept the token.
        if (version < "3") await js.call("setAuthToken", auth_token);
      };
      await use({ js, register });
    },
  });
}
