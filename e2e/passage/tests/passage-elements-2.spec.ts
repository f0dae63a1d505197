/** `@passageidentity/passage-elements` 2.0.9: each element, from load to redirect. */
import type { Page } from "@playwright/test";
import type { Passkeys } from "../../support/passkey.ts";
import { newPerson } from "../../support/visit.ts";
import { claimsOf } from "../../support/tokens.ts";
import {
  elementPage,
  forgetTokens,
  OldElement,
  oldElementSettings,
} from "../support/old-element.ts";
import { expect, test, type Site } from "../support/test.ts";

const version = "2.0.9";
test.use({ settings: oldElementSettings });

const newNumber = () => "+4930" + String(Math.random()).slice(2, 10);

/** The auth token that the page has, in the cookie that back ends read. */
const cookie = async (old: OldElement) => {
  const cookies = await old.page.context().cookies();
  return cookies.find(({ name }) => name === "psg_auth_token")?.value ?? "";
};

test("registers and signs in by passkey", async ({ page, site, passkeys, mapping }) => {
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  const email = newPerson();
  await old.begins(email);
  await old.picture("auth-register-passkey");
  await page.goto(site.url);
  // They gave up before the passkey, and register again with the same address.
  await old.registers(email);
  const claims = claimsOf(await cookie(old));
  expect(claims).toMatchObject({ aud: [site.url, site.appId] });
  expect(mapping.lines().slice(-3)).toEqual([
    "POST users 201",
    "POST register/webauthn/start 200",
    "POST register/webauthn/finish 201",
  ]);

  await forgetTokens(page);
  await page.goto(site.url);
  await expect(old.button("Somebody else")).toBeVisible();
  await old.picture("auth-welcome-back");
  await passkeys.agree(async () => {
    await old.continues();
    await expect(old.welcome()).toBeVisible();
  });
  expect(claimsOf(await cookie(old))["sub"]).toBe(claims["sub"]);
  expect(mapping.lines().slice(-3)).toEqual([
    "GET users?identifier=" + encodeURIComponent(email) + " 200",
    "POST login/webauthn/start 200",
    "POST login/webauthn/finish 200",
  ]);
  expect(mapping.calls.every(({ status }) => status < 400)).toBe(true);
});

const alone = {
  "passage-register": { authType: "register", events: ["onShowRegister", "onRegisterPasskey"] },
  "passage-login": { authType: "login", events: ["onShowLogin", "onVerifyIdentity"] },
} as const;

for (const tag of ["passage-register", "passage-login"] as const) {
  test(`<${tag}> alone hands over to the page's own functions`, async ({
    page,
    site,
    passkeys,
  }) => {
    const email = newPerson();
    const { authType, events } = alone[tag];
    if (tag === "passage-login") {
      await page.goto(await elementPage(site, version, "passage-auth"));
      await new OldElement(page, passkeys).registers(email);
      await forgetTokens(page);
      await page.evaluate(() => localStorage.removeItem("psg_last_login"));
    }
    await page.goto(
      await site.page(
        "/own",
        `<${tag} app-id="${site.appId}"></${tag}>`,
        `import "passage-elements-2-0-9/${tag}";
         window.told = [];
         const element = document.querySelector("${tag}");
         element.beforeAuth = async (...values) => { window.told.push(["beforeAuth", ...values]); return true; };
         element.onEvent = (event) => window.told.push(["onEvent", event.type]);
         element.onSuccess = (...values) => window.told.push(["onSuccess", ...values]);`,
      ),
    );
    const old = new OldElement(page, passkeys, tag);
    const told = () => page.evaluate(() => (window as unknown as Told).told);
    await passkeys.agree(async () => {
      await old.submit(email);
      if (tag === "passage-register") await old.button("Create a passkey").click();
      await expect.poll(async () => (await told()).map(([name]) => name)).toContain("onSuccess");
    });
    expect(await told()).toContainEqual(["beforeAuth", email, { authType }]);
    for (const event of events) expect(await told()).toContainEqual(["onEvent", event]);
    const [, result, more] = (await told()).find(([name]) => name === "onSuccess")!;
    expect(result).toMatchObject({ authToken: await cookie(old), redirectUrl: "/welcome" });
    expect(more).toMatchObject({ authType, identifier: email });
    expect(new URL(page.url()).pathname).toBe("/own");
  });
}
interface Told {
  told: [string, ...unknown[]][];
}

test("falls back to a code, which ends in a passkey", async ({ page, site, passkeys, inbox }) => {
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  const email = newPerson();
  await old.begins(email);
  await passkeys.fail(async () => {
    await old.button("Create a passkey").click();
    await expect(old.text(/No passkey was made|Unable to create a passkey/)).toBeVisible();
  });
  await old.picture("auth-register-failed");
  await old.button("Send code").click();
  const { code } = await inbox.newest(email);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  await old.types(wrong);
  await expect(old.text("This code is wrong or too old")).toBeVisible();
  await old.picture("auth-wrong-code");
  await old.types(code);
  await expect(old.welcome()).toBeVisible();

  // Signs in by code, too, as there is no passkey yet; makes none, and then one.
  await forgetTokens(page);
  await page.goto(site.url);
  await old.continues();
  await old.types((await inbox.newest(email, 2)).code);
  await expect(old.button("Add passkey")).toBeVisible();
  await old.picture("auth-add-passkey");
  await old.button("Not now").click();
  await expect(old.welcome()).toBeVisible();
  await forgetTokens(page);
  await page.goto(site.url);
  await old.continues();
  await old.types((await inbox.newest(email, 3)).code);
  await passkeys.agree(async () => {
    await old.button("Add passkey").click();
    await expect(old.welcome()).toBeVisible();
  });
  expect((await passkeys.list()).flat()).toHaveLength(1);

  // And has it at the next sign-in.
  await forgetTokens(page);
  await page.goto(site.url);
  await passkeys.agree(async () => {
    await old.continues();
    await expect(old.welcome()).toBeVisible();
  });
});

test("ends after five wrong codes", async ({ page, site, passkeys, inbox, mapping }) => {
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  const email = newPerson();
  await old.registersWithout(email);
  const { code } = await inbox.newest(email);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  for (let tries = 1; tries <= 5; tries++) {
    const answer = page.waitForResponse(/\/otp\/activate$/);
    await old.types(wrong);
    await answer;
  }
  await old.types(code);
  await expect(old.text("Too many tries")).toBeVisible();
  expect(mapping.calls.at(-1)).toMatchObject({ status: 401 });
  await expect(old.welcome()).toBeHidden();
});

for (const plain of [true, false]) {
  test.describe(plain ? "with plain links" : "without plain links", () => {
    const update = ["--identifiers", "both", "--recent-sign-in", "0", "--one-time-codes", "false"];
    test.use({ settings: { update: [...update, "--plain-links", String(plain)] } });

    test("falls back to a link", async ({ page, site, passkeys, inbox, mapping }) => {
      const old = new OldElement(page, passkeys);
      await page.goto(await elementPage(site, version, "passage-auth"));
      const email = newPerson();
      await old.registersWithout(email);
      await expect(old.text("Look into your mail to sign up")).toBeVisible();
      await old.picture("auth-link-sent");
      const { link } = await inbox.newest(email);

      const opened = new OldElement(await page.context().newPage(), passkeys);
      await opened.page.goto(link);
      await expect(opened.welcome()).toBeVisible();
      expect(claimsOf(await cookie(opened))).toMatchObject({ aud: [site.url, site.appId] });
      if (plain) {
        await expect(old.welcome()).toBeVisible();
        expect(mapping.lines()).toContain("POST magic-link/status 200");
      } else {
        // The tab that asked learns nothing: else whoever asks for a link to your address waits for you to open it.
        for (const _ of [1, 2]) await page.waitForResponse(/\/magic-link\/status$/);
        expect(mapping.lines()).not.toContain("POST magic-link/status 200");
        await expect(old.welcome()).toBeHidden();
      }
      // A link works once.
      await forgetTokens(opened.page);
      await opened.page.goto(link);
      await expect(opened.text("This link does not work")).toBeVisible();
      await opened.picture("auth-used-link");
    });
  });
}

test("takes phone numbers", async ({ page, site, passkeys, inbox, mapping }) => {
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  const phone = newNumber();
  await old.begins(phone);
  await old.picture("auth-phone");
  await old.button(/Register (by|with) a? ?code/).click();
  await old.types((await inbox.newest(phone)).code);
  await expect(old.welcome()).toBeVisible();
  expect(mapping.calls.map(({ line }) => line)).toContain(
    `GET /v1/apps/${site.appId}/users?identifier=${encodeURIComponent(phone)}`,
  );

  await forgetTokens(page);
  await page.goto(site.url);
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  // Nobody has this number.
  await old.submit(newNumber());
  await expect(old.text("Nobody has this address here")).toBeVisible();
});

test("without a sign-up of their own, people are told", async ({
  page,
  site,
  passkeys,
  ginnel,
}) => {
  await ginnel.command("app", "update", site.appId, "--public-signup", "false");
  const old = new OldElement(page, passkeys);
  await expect(async () => {
    await page.goto(await elementPage(site, version, "passage-auth"));
    await expect(old.boxes().first()).toBeVisible();
    await expect(old.button("Register here")).toBeHidden({ timeout: 1000 });
  }).toPass();
  await old.submit(newPerson());
  await expect(old.text("Nobody has this address here")).toBeVisible();
});

/** Somebody who has registered by passkey, on the page of an element for those who are signed in. */
async function signedIn(
  { page, site, passkeys }: { page: Page; site: Site; passkeys: Passkeys },
  tag: "passage-profile" | "passage-passkey-table",
) {
  const email = newPerson();
  await page.goto(await elementPage(site, version, "passage-auth"));
  await new OldElement(page, passkeys).registers(email);
  await page.goto(await elementPage(site, version, tag, "/account"));
  const old = new OldElement(page, passkeys, tag);
  await expect(old.element().getByRole("row")).toHaveCount(1);
  return { email, old };
}

test("<passage-profile> changes the address", async ({ page, site, passkeys, inbox, mapping }) => {
  const { email, old } = await signedIn({ page, site, passkeys }, "passage-profile");
  const { sub } = claimsOf(await cookie(old));
  const next = newPerson();
  await expect(old.boxes().first()).toHaveValue(email);
  await old.picture("profile");
  await old.text("Edit").first().click();
  await old.boxes().first().fill("no address");
  await old.text("Save").first().click();
  await expect(old.text("This is no address")).toBeVisible();
  await old.boxes().first().fill(next);
  await old.text("Save").first().click();
  await expect(old.text("A mail is on its way to confirm this")).toBeVisible();
  await old.picture("profile-address");
  // Nothing changes before it is confirmed, where the login page is.
  await page.reload();
  await expect(old.boxes().first()).toHaveValue(email);
  await page.goto((await inbox.newest(next)).link);
  await expect
    .poll(() => mapping.lines().slice(-2))
    .toEqual(["PATCH magic-link/activate 200", "GET currentuser 200"]);
  await page.goto(site.url + "/account");
  await expect(old.boxes().first()).toHaveValue(next);
  expect(claimsOf(await cookie(old))["sub"]).toBe(sub);
  // This package cannot tell that it is the browser that asked: the passkey from before the proof is gone.
  await expect(old.text("You have no passkeys")).toBeVisible();
});

test("<passage-profile> changes the number", async ({ page, site, passkeys, inbox, mapping }) => {
  const { old } = await signedIn({ page, site, passkeys }, "passage-profile");
  const phone = newNumber();
  const box = old.element().locator("#phone");
  await old.text("Edit").nth(1).click();
  await box.fill("");
  await box.pressSequentially(phone);
  await old.text("Save").first().click();
  await expect(old.text("A text message is on its way to confirm this")).toBeVisible();
  await page.goto((await inbox.newest(phone)).link);
  await expect
    .poll(() => mapping.lines().slice(-2))
    .toEqual(["PATCH magic-link/activate 200", "GET currentuser 200"]);
  await page.goto(site.url + "/account");
  await expect(box).toHaveValue(new RegExp(phone.slice(-4).split("").join(" ?")));
});

test("metadata is asked for at sign-up and changed in <passage-profile>", async ({
  page,
  site,
  passkeys,
  ginnel,
  mapping,
}) => {
  const field = ["nickname", "--friendly-name", "Nickname", "--registration", "--profile"];
  await ginnel.command("app", "fields", "add", site.appId, ...field);
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  await old.button("Register here").click();
  await expect(old.text("Nickname")).toBeVisible();
  await old.boxes().nth(1).fill("Ada");
  await old.picture("auth-metadata");
  await old.submit(newPerson());
  await passkeys.agree(async () => {
    await old.button("Create a passkey").click();
    await expect(old.welcome()).toBeVisible();
  });
  expect(
    JSON.parse(mapping.calls.find(({ line }) => /^POST.*\/users$/.test(line))!.body),
  ).toMatchObject({ user_metadata: { nickname: "Ada" } });

  const profile = new OldElement(page, passkeys, "passage-profile");
  await page.goto(await elementPage(site, version, "passage-profile", "/account"));
  const nickname = profile.element().locator(".grid-stack input");
  await expect(nickname).toHaveValue("Ada");
  await profile.element().locator(".metadata-header").getByText("Edit").click();
  await nickname.fill("Countess");
  await profile.element().locator(".metadata-header").getByText("Save").click();
  await expect.poll(() => mapping.lines()).toContain("PATCH currentuser/user-metadata 200");
  await page.reload();
  await expect(nickname).toHaveValue("Countess");
  await profile.picture("profile-metadata");
});

test("<passage-passkey-table> renames, adds and deletes", async ({
  page,
  site,
  passkeys,
  mapping,
}) => {
  const { old } = await signedIn({ page, site, passkeys }, "passage-passkey-table");
  const rows = old.element().getByRole("row");
  await old.element().locator(".edit-passkey-button").click();
  await old.boxes().first().fill("My laptop");
  await old.boxes().first().press("Enter");
  await expect.poll(() => mapping.lines().join()).toMatch(/PATCH currentuser\/devices\/\w{24} 200/);
  await old.picture("table");

  // The last way to sign in stays.
  const lines = () => mapping.lines().join("\n");
  await old.element().locator(".revoke-passkey-button").click();
  await old.picture("table-delete");
  await old.button("Delete").click();
  await expect.poll(lines).toMatch(/DELETE currentuser\/devices\/\w{24} 403/);
  await page.reload();
  await expect(rows).toHaveCount(1);

  // Another browser's authenticator, so that it may hold one of its own.
  await passkeys.clear();
  await passkeys.agree(async () => {
    await old.button("Add a passkey").click();
    await old.element().getByTestId("add-device-primary-button").click();
    await expect(rows).toHaveCount(2);
  });
  expect(lines()).toContain("POST currentuser/devices/finish 201");
  await old.picture("table-two");
  const laptop = rows.filter({ has: page.locator("input") }).first();
  await laptop.locator(".revoke-passkey-button").click();
  await old.button("Delete").click();
  await expect.poll(lines).toMatch(/DELETE currentuser\/devices\/\w{24} 200/);
  await expect(rows).toHaveCount(1);
});

test("without third parties, only words and phone numbers are lost", async ({
  page,
  site,
  passkeys,
  mapping,
}) => {
  mapping.thirdPartiesAreDown = true;
  const old = new OldElement(page, passkeys);
  await page.goto(await elementPage(site, version, "passage-auth"));
  await expect(old.text("login-title")).toBeVisible();
  await old.picture("auth-without-third-parties");
  await old.button("register-here").click();
  await old.submit(newNumber());
  await expect(old.text(/enter-a-valid|required/)).toBeVisible();
  await old.picture("auth-number-without-third-parties");
  expect(mapping.lines().join()).not.toContain("users");

  await old.boxes().first().fill("");
  await old.submit(newPerson());
  await passkeys.agree(async () => {
    await old.button("register-with-passkey").click();
    await expect(old.welcome()).toBeVisible();
  });
});
