/**
 * `@passageidentity/passage-js` 4.1.2: every public method but the social ones, with what it gives and with what it
 * throws.
 */
import { newPerson } from "../../support/visit.ts";
import { Script, type Refusal } from "../support/script.ts";
import { authResult, currentUser, id, passkey, user } from "../support/shapes.ts";
import { expect, test, type Judged } from "../support/test.ts";

/** One test for each public method. */
const methods: Record<string, (judged: Judged4) => Promise<void>> = {
  "app.info": async ({ js, site }) => {
    expect(await js.call("app.info")).toEqual({
      allowedIdentifier: "both",
      authFallbackMethod: "otp",
      authFallbackMethodTtl: expect.any(Number),
      authMethods: {
        passkeys: {},
        otp: { ttl: 600, ttlDisplayUnit: "m" },
        magicLink: { ttl: 900, ttlDisplayUnit: "m" },
      },
      authOrigin: site.url,
      defaultLanguage: "en",
      elementCustomization: expect.any(Object),
      elementCustomizationDark: expect.any(Object),
      ephemeral: false,
      id: site.appId,
      layouts: { profile: expect.any(Array), registration: expect.any(Array) },
      loginUrl: expect.stringMatching(/^\//),
      name: "Acme",
      passageBranding: false,
      profileManagement: true,
      publicSignup: true,
      redirectUrl: "/welcome",
      requireEmailVerification: false,
      requireIdentifierVerification: false,
      requiredIdentifier: "either",
      rsaPublicKey: expect.stringMatching(/^[A-Za-z0-9]+$/),
      sessionTimeoutLength: 60,
      socialConnections: {},
      userMetadataSchema: [
        {
          fieldName: "nickname",
          friendlyName: "Nickname",
          id: expect.stringMatching(/^\w+$/),
          profile: true,
          registration: true,
          type: "string",
        },
      ],
    });
    await js.page.evaluate(() => window.passageOf("nobodyknowsthisapplicati"));
    await js.refused(refusals.noApp, "app.info");
  },

  "app.userExists": async ({ js, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.call("app.userExists", email.toUpperCase())).toEqual(user(email));
    expect(await js.call("app.userExists", newPerson())).toBeNull();
    await js.refused(refusals.noIdentifier, "app.userExists", "no address");
  },

  "app.createUser": async ({ js }) => {
    const email = newPerson();
    expect(await js.call("app.createUser", email, { nickname: "Ada" })).toEqual({
      ...user(email),
      status: "pending",
      userMetadata: { nickname: "Ada" },
      webauthn: false,
      webauthnTypes: [],
    });
    // A sign-up that was given up begins again; one that was finished does not.
    expect(await js.call("app.createUser", email)).toMatchObject({ email, status: "pending" });
    await js.callWithPasskey("passkey.register", email);
    const exists = { status: 400, code: "invalid_request", message: /^user: already exists\.$/ };
    await js.refused(exists, "app.createUser", email);
    const field = { status: 400, code: "invalid_request", message: /shoe_size/ };
    await js.refused(field, "app.createUser", newPerson(), { shoe_size: 42 });
  },

  "passkey.register": async ({ js }) => {
    const email = newPerson();
    await js.call("app.createUser", email);
    expect(await js.callWithPasskey("passkey.register", email)).toEqual(authResult);
    // Who has signed in once does not register again.
    await js.refused(refusals.exists, "passkey.register", email);
    await js.passkeys.fail(() =>
      js.throws(
        { name: "PassageError", message: "Error creating creadential" },
        "passkey.register",
        newPerson(),
      ),
    );
  },

  "passkey.login": async ({ js, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.callWithPasskey("passkey.login", email)).toEqual(authResult);
    expect(await js.callWithPasskey("passkey.login")).toEqual(authResult);
    await js.refused(refusals.noUser, "passkey.login", newPerson());
    const bare = newPerson();
    await js.call("app.createUser", bare);
    const none = { status: 409, code: "user_has_no_passkeys", message: /passkey/ };
    await js.refused(none, "passkey.login", bare);
  },

  "passkey.getCredentialAvailable": async ({ js }) => {
    const available = {
      securityKey: true,
      platform: true,
      syncedCredential: true,
      isAvailable: true,
    };
    expect(await js.call("passkey.getCredentialAvailable")).toMatchObject(available);
    await js.page.evaluate(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    expect(await js.call("passkey.getCredentialAvailable")).toMatchObject({ isAvailable: false });
  },

  "passkey.createCredentialAvailable": async ({ js }) => {
    const available = { securityKey: true, platform: true, isAvailable: true };
    expect(await js.call("passkey.createCredentialAvailable")).toMatchObject(available);
    await js.page.evaluate(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    expect(await js.call("passkey.createCredentialAvailable")).toMatchObject({
      isAvailable: false,
    });
  },

  "passkey.hasLocalPasskey": async ({ js, register }) => {
    const email = newPerson();
    await register(email);
    const { id } = await js.call<{ id: string }>("app.userExists", email);
    expect(await js.call("passkey.hasLocalPasskey", id)).toBe(true);
    expect(await js.call("passkey.hasLocalPasskey", "somebodyelse123456789012")).toBe(false);
  },

  "passkey.checkPasskeyOrigin": async ({ js, ginnel }) => {
    expect(await js.call("passkey.checkPasskeyOrigin")).toBe(true);
    const authOrigin = "https://acme.example";
    const other = await ginnel.createApp({ authOrigin, redirectUrl: "/welcome" });
    await js.page.evaluate((other) => window.passageOf(other), other);
    expect(await js.call("passkey.checkPasskeyOrigin")).toBe(false);
  },

  "magicLink.register": async ({ js, inbox, register }) => {
    const email = newPerson();
    await js.call("app.createUser", email);
    expect(await js.call("magicLink.register", email, "en")).toEqual({ id });
    expect((await inbox.newest(email)).link).toContain("psg_magic_link=");
    const known = newPerson();
    await register(known);
    await js.call("oneTimePasscode.login", known);
    await js.refused(refusals.exists, "magicLink.register", known);
  },

  "magicLink.login": async ({ js, inbox, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.call("magicLink.login", email)).toEqual({ id });
    expect((await inbox.newest(email)).link).toContain("psg_magic_link=");
    await js.refused(refusals.noUser, "magicLink.login", newPerson());
  },

  "magicLink.activate": async ({ js, inbox }) => {
    const email = newPerson();
    await js.call("magicLink.register", email);
    const secret = new URL((await inbox.newest(email)).link).searchParams.get("psg_magic_link");
    expect(await js.call("magicLink.activate", secret)).toEqual(authResult);
    expect(await js.call("currentUser.userInfo")).toMatchObject({ email, emailVerified: true });
    await js.refused(refusals.noLink, "magicLink.activate", secret);
  },

  "magicLink.status": async ({ js, inbox }) => {
    const email = newPerson();
    const { id } = await js.call("magicLink.register", email);
    await js.refused(refusals.noLink, "magicLink.status", id);
    const secret = new URL((await inbox.newest(email)).link).searchParams.get("psg_magic_link");
    await js.call("magicLink.activate", secret);
    expect(await js.call("magicLink.status", id)).toEqual(authResult);
  },

  "oneTimePasscode.register": async ({ js, inbox, register }) => {
    const email = newPerson();
    expect(await js.call("oneTimePasscode.register", email)).toEqual({ otpId: id });
    const mail = await inbox.newest(email);
    expect(mail.code).toMatch(/^\d{6}$/);
    expect(mail.link).toBe("");
    const known = newPerson();
    await register(known);
    await js.refused(refusals.exists, "oneTimePasscode.register", known);
  },

  "oneTimePasscode.login": async ({ js, inbox, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.call("oneTimePasscode.login", email, "de")).toEqual({ otpId: id });
    expect((await inbox.newest(email)).code).toMatch(/^\d{6}$/);
    await js.refused(refusals.noUser, "oneTimePasscode.login", newPerson());
  },

  "oneTimePasscode.activate": async ({ js, inbox }) => {
    const phone = "+4930" + String(Math.random()).slice(2, 10);
    const { otpId } = await js.call("oneTimePasscode.register", phone);
    const { code } = await inbox.newest(phone);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    await js.refused(refusals.wrongCode, "oneTimePasscode.activate", wrong, otpId);
    expect(await js.call("oneTimePasscode.activate", code, otpId)).toEqual(authResult);
    expect(await js.call("currentUser.userInfo")).toMatchObject({ phone, phoneVerified: true });

    // The sixth try is one too many.
    const again = await js.call("oneTimePasscode.login", phone);
    const right = (await inbox.newest(phone, 2)).code;
    const other = String((Number(right) + 1) % 1_000_000).padStart(6, "0");
    for (let tries = 1; tries < 5; tries++) {
      await js.refused(refusals.wrongCode, "oneTimePasscode.activate", other, again["otpId"]);
    }
    for (const code of [other, right]) {
      await js.refused(refusals.exhausted, "oneTimePasscode.activate", code, again["otpId"]);
    }
  },

  "session.getAuthToken": async ({ js, register }) => {
    const { authToken } = await register(newPerson());
    expect(await js.call("session.getAuthToken")).toBe(authToken);
    await js.call("session.signOut");
    await js.throws({ name: "PassageError", message: "Login required" }, "session.getAuthToken");
  },

  "session.authGuard": async ({ js, register }) => {
    await register(newPerson());
    expect(await js.call("session.authGuard")).toBe(true);
    await js.call("session.signOut");
    expect(await js.call("session.authGuard")).toBe(false);
  },

  "session.refresh": async ({ js, register }) => {
    const first = await register(newPerson());
    const next = await js.call<typeof first>("session.refresh");
    expect(next).toEqual(authResult);
    expect(next.refreshToken).not.toBe(first.refreshToken);
    await js.page.evaluate(() => localStorage.setItem("psg_refresh_token", "nonsense"));
    const dead = { status: 401, code: "invalid_refresh_token", message: /[Ss]ign in/ };
    await js.refused(dead, "session.refresh");
  },

  "session.signOut": async ({ js, register, mapping }) => {
    const { refreshToken } = await register(newPerson());
    expect(await js.call("session.signOut")).toBe(true);
    expect(mapping.calls.at(-1)!.line).toContain("DELETE ");
    const kept = await js.page.evaluate(() => localStorage.getItem("psg_refresh_token"));
    expect(kept).toBeNull();
    await js.page.evaluate((old) => localStorage.setItem("psg_refresh_token", old), refreshToken);
    const dead = { status: 401, code: "invalid_refresh_token", message: /[Ss]ign in/ };
    await js.refused(dead, "session.refresh");

    // The package keeps its lock after a refused refresh, until the page is loaded anew.
    await js.page.reload();
    await js.page.evaluate(() => localStorage.removeItem("psg_refresh_token"));
    await js.throws({ name: "PassageError", message: "Login required" }, "session.refresh");
  },

  "currentUser.userInfo": async ({ js, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.call("currentUser.userInfo")).toEqual(currentUser(email));
    await refusesStrangers(js, "currentUser.userInfo");
  },

  "currentUser.changeEmail": async ({ js, register, inbox }) => {
    const [email, next, taken] = [newPerson(), newPerson(), newPerson()];
    await js.call("app.createUser", taken);
    await register(email);
    expect(await js.call("currentUser.changeEmail", next)).toEqual({ id });
    const secret = new URL((await inbox.newest(next)).link).searchParams.get("psg_verify_link");
    await js.call("magicLink.activate", secret);
    expect(await js.call("currentUser.userInfo")).toMatchObject({
      email: next,
      emailVerified: true,
    });
    await js.refused(refusals.noIdentifier, "currentUser.changeEmail", "no address");
    const last = { status: 403, code: "operation_not_allowed", message: /./ };
    await js.refused(last, "currentUser.changeEmail", "");
    await refusesStrangers(js, "currentUser.changeEmail", next);
  },

  "currentUser.changePhone": async ({ js, register, inbox }) => {
    await register(newPerson());
    const phone = "+4930" + String(Math.random()).slice(2, 10);
    expect(await js.call("currentUser.changePhone", phone)).toEqual({ id });
    const secret = new URL((await inbox.newest(phone)).link).searchParams.get("psg_verify_link");
    await js.call("magicLink.activate", secret);
    expect(await js.call("currentUser.userInfo")).toMatchObject({ phone, phoneVerified: true });
    const bad = { status: 400, code: "invalid_request", message: /E164|phone/ };
    await js.refused(bad, "currentUser.changePhone", "12");
    await refusesStrangers(js, "currentUser.changePhone", phone);
  },

  "currentUser.passkeys": async ({ js, register }) => {
    await register(newPerson());
    expect(await js.call("currentUser.passkeys")).toEqual([passkey]);
    await refusesStrangers(js, "currentUser.passkeys");
  },

  "currentUser.addPasskey": async ({ js, register }) => {
    await register(newPerson());
    await js.passkeys.add("usb");
    let added: unknown;
    const options = { authenticatorAttachment: "cross-platform" };
    await js.passkeys.agree(
      async () => (added = await js.call("currentUser.addPasskey", options)),
      "usb",
    );
    expect(added).toEqual({ ...passkey, type: expect.stringMatching(/^(passkey|security_key)$/) });
    expect(await js.call("currentUser.passkeys")).toHaveLength(2);
    await refusesStrangers(js, "currentUser.addPasskey");
  },

  "currentUser.editPasskey": async ({ js, register }) => {
    await register(newPerson());
    const [own] = await js.call<{ id: string }[]>("currentUser.passkeys");
    expect(await js.call("currentUser.editPasskey", own!.id, "My laptop")).toEqual({
      ...passkey,
      friendlyName: "My laptop",
    });
    await js.refused(
      refusals.noDevice,
      "currentUser.editPasskey",
      "somebodyelse123456789012",
      "Mine",
    );
    const empty = { status: 400, code: "invalid_request", message: /friendly_name|name/ };
    await js.refused(empty, "currentUser.editPasskey", own!.id, "");
    await refusesStrangers(js, "currentUser.editPasskey", own!.id, "Mine");
  },

  "currentUser.deletePasskey": async ({ js, register }) => {
    await register(newPerson());
    const [own] = await js.call<object[]>("currentUser.passkeys");
    const other = { ...own, id: "somebodyelse123456789012" };
    await js.refused(refusals.noDevice, "currentUser.deletePasskey", other);
    const last = { status: 403, code: "operation_not_allowed", message: /only way to sign in/ };
    await js.refused(last, "currentUser.deletePasskey", own);

    await js.passkeys.add("usb");
    const options = { authenticatorAttachment: "cross-platform" };
    await js.passkeys.agree(() => js.call("currentUser.addPasskey", options), "usb");
    expect(await js.call("currentUser.deletePasskey", own)).toBe(true);
    expect(await js.call("currentUser.passkeys")).toHaveLength(1);
    await refusesStrangers(js, "currentUser.deletePasskey", own);
  },

  "currentUser.listSocialConnections": async ({ js, register }) => {
    await register(newPerson());
    expect(await js.call("currentUser.listSocialConnections")).toEqual({});
    await refusesStrangers(js, "currentUser.listSocialConnections");
  },

  "currentUser.deleteSocialConnection": async ({ js, register }) => {
    await register(newPerson());
    // Nobody has one: there is no social sign-in yet.
    const none = { status: 404, code: "social_connection_not_found", message: /./ };
    await js.refused(none, "currentUser.deleteSocialConnection", "github");
    await refusesStrangers(js, "currentUser.deleteSocialConnection", "github");
  },

  "currentUser.metadata": async ({ js, register }) => {
    const email = newPerson();
    await js.call("app.createUser", email, { nickname: "Ada" });
    await register(email);
    expect(await js.call("currentUser.metadata")).toEqual({ nickname: "Ada" });
    await refusesStrangers(js, "currentUser.metadata");
  },

  "currentUser.updateMetadata": async ({ js, register }) => {
    const email = newPerson();
    await register(email);
    expect(await js.call("currentUser.updateMetadata", { nickname: "Countess" })).toEqual({
      ...currentUser(email),
      userMetadata: { nickname: "Countess" },
    });
    const wrong = { status: 400, code: "invalid_request", message: /nickname.*(text|string)/ };
    await js.refused(wrong, "currentUser.updateMetadata", { nickname: 7 });
    await refusesStrangers(js, "currentUser.updateMetadata", { nickname: "Eve" });
  },
};

const refusals = {
  noApp: { status: 404, code: "app_not_found", message: /app/ },
  noUser: { status: 404, code: "user_not_found", message: /no account/ },
  noLink: { status: 404, code: "magic_link_not_found", message: /link/ },
  noDevice: { status: 404, code: "device_not_found", message: /passkey/ },
  noIdentifier: { status: 400, code: "invalid_request", message: /must be a valid email address/ },
  exists: { status: 403, code: "operation_not_allowed", message: /account exists/ },
  wrongCode: { status: 400, code: "invalid_request", message: /code/ },
  exhausted: { status: 401, code: "exceeded_attempts", message: /./ },
} satisfies Record<string, Refusal>;

/** Whoever is signed out elsewhere is refused, though the token looks good. */
async function refusesStrangers(js: Script, method: string, ...values: unknown[]) {
  const revoked = { status: 401, code: "invalid_access_token", message: /[Ss]ign in/ };
  const { authToken } = await js.call<{ authToken: string }>("session.refresh");
  await js.call("session.signOut");
  await js.page.evaluate((old) => localStorage.setItem("psg_auth_token", old), authToken);
  await js.refused(revoked, method, ...values);
}

interface Judged4 extends Judged {
  js: Script;
  /** Registers somebody by passkey, who is signed in then. */
  register(email: string): Promise<{ authToken: string; refreshToken: string }>;
}

declare global {
  interface Window {
    /** Makes `window.passage` for an app. */
    passageOf(appId: string): void;
    passage: object;
  }
}

test.use({
  settings: { update: ["--identifiers", "both", "--plain-links", "true", "--recent-sign-in", "0"] },
});

const script = `
import { Passage } from "passage-js-4-1-2";
window.passageOf = (appId) => { window.passage = new Passage(appId); };
window.passageOf(document.querySelector("[data-app]").dataset.app);
`;

for (const [method, judge] of Object.entries(methods)) {
  test(`passage-js 4.1.2: ${method}`, async ({ page, site, passkeys, mapping, inbox, ginnel }) => {
    await ginnel.command(
      "app",
      "fields",
      "add",
      site.appId,
      "nickname",
      "--friendly-name",
      "Nickname",
      "--registration",
      "--profile",
    );
    await page.goto(await site.page("/", `<i data-app="${site.appId}"></i>`, script));
    const js = new Script(page, passkeys, mapping);
    const register = (email: string) =>
      js.callWithPasskey<{ authToken: string; refreshToken: string }>("passkey.register", email);
    await judge({ js, register, site, inbox, mapping, ginnel });
  });
}

test("passage-js 4.1.2: that is every public method", async ({ page, site }) => {
  await page.goto(await site.page("/", `<i data-app="${site.appId}"></i>`, script));
  const all = await page.evaluate(() => {
    const groups = window.passage as Record<string, object | undefined>;
    return Object.entries(groups).flatMap(([group, value]) =>
      value instanceof Object
        ? Object.getOwnPropertyNames(Object.getPrototypeOf(value)).map((name) => `${group}.${name}`)
        : [],
    );
  });
  const own = /\.(constructor|_.*|getMagicLinkPath)$/;
  const judged = all.filter(
    (name) =>
      /^(app|passkey|magicLink|oneTimePasscode|session|currentUser)\./.test(name) &&
      !own.test(name),
  );
  expect(judged.sort()).toEqual(Object.keys(methods).sort());
});
