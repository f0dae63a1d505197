/**
 * Every option of Chromium's virtual authenticators: what can keep a passkey and verify its owner signs in, and what
 * cannot is refused with words that say so, by the browser or by the server.
 */
import type { Page } from "@playwright/test";
import { Passkeys, type Authenticator } from "../support/passkey.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

const signsIn: [string, Partial<Authenticator>][] = [
  ["built in", { transport: "internal" }],
  ["over USB", { transport: "usb" }],
  ["over NFC", { transport: "nfc" }],
  ["over Bluetooth", { transport: "ble" }],
  ["of another device, by its old name", { transport: "cable" }],
  ["of another device", { transport: "hybrid" }],
  ["on a smart card", { transport: "smart-card" }],
  ["of CTAP 2.0", { transport: "usb", ctap2Version: "ctap2_0" }],
  ["of CTAP 2.1", { transport: "usb", ctap2Version: "ctap2_1" }],
  ["of CTAP 2.2", { transport: "usb", ctap2Version: "ctap2_2" }],
  ["with large blobs", { ctap2Version: "ctap2_1", hasLargeBlob: true }],
  ["with credential blobs", { ctap2Version: "ctap2_1", hasCredBlob: true }],
  ["that tells its PIN's length", { ctap2Version: "ctap2_1", hasMinPinLength: true }],
  ["with the extension prf", { ctap2Version: "ctap2_1", hasPrf: true }],
  ["with the extension hmac-secret", { ctap2Version: "ctap2_1", hasHmacSecret: true }],
  [
    "with the extension hmac-secret-mc",
    { ctap2Version: "ctap2_2", hasHmacSecret: true, hasHmacSecretMc: true },
  ],
  ["that may be backed up", { defaultBackupEligibility: true }],
  ["that is backed up", { defaultBackupEligibility: true, defaultBackupState: true }],
  [
    "with everything",
    {
      ctap2Version: "ctap2_2",
      transport: "hybrid",
      hasLargeBlob: true,
      hasCredBlob: true,
      hasMinPinLength: true,
      hasPrf: true,
      hasHmacSecret: true,
      hasHmacSecretMc: true,
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  ],
];

for (const [what, options] of signsIn) {
  test(`an authenticator ${what} registers and signs in, by address and without`, async ({
    page,
    site,
  }) => {
    const passkeys = await Passkeys.open(page, options);
    const { transport = "internal" } = options;
    const visit = new Visit(page, passkeys, site.url);
    const email = newPerson();
    await visit.openRegister();
    await passkeys.agree(async () => {
      await visit.submit(email, "Create a passkey");
      await expect(visit.greeting(email)).toBeVisible();
    }, transport);
    await visit.signOut();
    await passkeys.agree(async () => {
      await visit.submit(email, "Continue");
      await expect(visit.greeting(email)).toBeVisible();
    }, transport);
    await visit.signOut();
    await passkeys.agree(async () => {
      await visit.button("Sign in with a passkey").click();
      await expect(visit.greeting(email)).toBeVisible();
    }, transport);
  });
}

/** The reasons with which the server refuses, as they come. */
function refusals(page: Page): string[] {
  const reasons: string[] = [];
  page.on("response", async (response) => {
    if (!response.url().endsWith("/webauthn/finish") || response.ok()) return;
    const { reason } = (await response.json()) as { reason?: string };
    reasons.push(reason ?? "none");
  });
  return reasons;
}

const cannotRegister: [string, Partial<Authenticator>][] = [
  ["of U2F, which knows no passkeys", { protocol: "u2f", transport: "usb" }],
  ["that keeps no passkeys", { transport: "usb", hasResidentKey: false }],
  ["built in that keeps no passkeys", { hasResidentKey: false }],
  ["that cannot verify people", { transport: "usb", hasUserVerification: false }],
  ["built in that cannot verify people", { hasUserVerification: false }],
  ["that does not verify this person", { isUserVerified: false }],
];

for (const [what, options] of cannotRegister) {
  test(`an authenticator ${what} makes no passkey, and the form says so`, async ({
    page,
    site,
  }) => {
    const passkeys = await Passkeys.open(page, options);
    const refused = refusals(page);
    const visit = new Visit(page, passkeys, site.url);
    await visit.openRegister();
    await passkeys.agree(async () => {
      await visit.submit(newPerson(), "Create a passkey");
      await expect(visit.title(/No passkey was used|No passkeys in this browser/)).toBeVisible();
    }, options.transport);
    expect(await passkeys.list()).toEqual([[]]);
    expect(await visit.cookie()).toBeUndefined();
    // The browser refused: the server was not asked.
    expect(refused).toEqual([]);
  });
}

const answers = [
  ["says that nobody was verified", { isBadUV: true }, "user_not_verified"],
  ["says that nobody was present", { isBadUP: true }, "user_not_present"],
] as const;

for (const [what, how, reason] of answers) {
  test(`an authenticator that ${what} is refused by the server at both ceremonies`, async ({
    page,
    site,
  }) => {
    const passkeys = await Passkeys.open(page);
    const refused = refusals(page);
    const visit = new Visit(page, passkeys, site.url);
    await visit.openRegister();
    await passkeys.answerWrongly(how);
    await passkeys.agree(async () => {
      await visit.submit(newPerson(), "Create a passkey");
      await expect(visit.title(/could not be verified/)).toBeVisible();
    });
    expect(refused).toEqual([reason]);
    await passkeys.answerWrongly({});
    await passkeys.clear();
    const email = await visit.register();
    await visit.signOut();
    await passkeys.answerWrongly(how);
    await passkeys.agree(async () => {
      await visit.submit(email, "Continue");
      await expect(visit.title(/could not be verified/)).toBeVisible();
    });
    expect(refused).toEqual([reason, reason]);
    expect(await visit.cookie()).toBeUndefined();
  });
}

test("a signature that is none is refused", async ({ page, site }) => {
  const passkeys = await Passkeys.open(page);
  const refused = refusals(page);
  const visit = new Visit(page, passkeys, site.url);
  const email = await visit.register();
  await visit.signOut();
  await passkeys.answerWrongly({ isBogusSignature: true });
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title(/could not be verified/)).toBeVisible();
  });
  expect(refused).toEqual(["signature"]);
  expect(await visit.cookie()).toBeUndefined();
  await passkeys.answerWrongly({});
  await visit.signIn(email);
});

test("a passkey may be backed up and taken back, but not become able to be", async ({
  page,
  site,
}) => {
  const passkeys = await Passkeys.open(page, { defaultBackupEligibility: true });
  const refused = refusals(page);
  const visit = new Visit(page, passkeys, site.url);
  const email = await visit.register();
  for (const backupState of [true, false]) {
    await visit.signOut();
    await passkeys.change({ backupState });
    await visit.signIn(email);
  }
  await visit.signOut();
  await passkeys.change({ backupEligibility: false });
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title(/could not be verified/)).toBeVisible();
  });
  expect(refused).toEqual(["backup_eligibility_changed"]);
  expect(await visit.cookie()).toBeUndefined();
});

test("a counter that does not grow signs in, and the team is told", async ({
  page,
  site,
  ginnel,
}) => {
  const passkeys = await Passkeys.open(page);
  const visit = new Visit(page, passkeys, site.url);
  const email = await visit.register();
  await visit.signOut();
  await visit.signIn(email);
  await visit.signOut();
  await passkeys.change({ signCount: 1 });
  await visit.signIn(email);
  // Fails unless there is such an event.
  await ginnel.sql(
    "UPDATE events SET kind = kind WHERE kind = 'counter_not_increased' AND app_id = ?",
    site.appId,
  );
});

test("nobody touches the authenticator: the page waits, and nothing is made", async ({
  page,
  site,
}) => {
  const passkeys = await Passkeys.open(page, { automaticPresenceSimulation: false });
  const visit = new Visit(page, passkeys, site.url);
  await visit.openRegister();
  await visit.submit(newPerson(), "Create a passkey");
  await expect(visit.title("Create your passkey")).toBeVisible();
  await visit.button("Cancel").click();
  await expect(visit.title("Create your account")).toBeVisible();
  expect(await passkeys.list()).toEqual([[]]);
});

test("an authenticator that always answers registers without anybody at it", async ({
  page,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  pageServer.page("/welcome", "<h2>Welcome</h2>");
  const url = pageServer.page(
    "/",
    `<passage-register app-id="${appId}"></passage-register><script src="${ginnel.url}/web.js"></script>`,
  );
  const passkeys = await Passkeys.open(page, { automaticPresenceSimulation: true });
  const visit = new Visit(page, passkeys, url);
  await page.goto(url);
  await visit.submit(newPerson(), "Create a passkey");
  await expect(visit.title("Welcome")).toBeVisible();
  expect((await passkeys.list())[0]).toHaveLength(1);
});

test("in a frame of another site a passkey works where the app allows that site, and nowhere else", async ({
  page,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  pageServer.page("/welcome", "<h2>Welcome</h2>");
  const framed = pageServer.page("/", twoLines(appId, ginnel.url));
  pageServer.page(
    "/outer",
    `<iframe src="${framed}" width="600" height="600" title="Sign in"
       allow="publickey-credentials-get; publickey-credentials-create"></iframe>`,
  );
  // The same server under another name: another site to the browser.
  const top = pageServer.url.replace("localhost", "127.0.0.1");
  const passkeys = await Passkeys.open(page);
  const refused = refusals(page);
  const email = newPerson();
  const signUp = async (heading: string | RegExp) => {
    await page.goto(`${top}/outer`);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: "Create an account", exact: true }).click();
    await frame.getByLabel("Email address").fill(email);
    await passkeys.agree(async () => {
      await frame.getByRole("button", { name: "Create a passkey", exact: true }).click();
      await expect(frame.getByRole("heading", { name: heading })).toBeVisible();
    });
  };

  await signUp(/could not be verified/);
  expect(refused).toEqual(["cross_origin"]);

  await ginnel.command("app", "update", appId, "--add-top-origin", "https://partner.example");
  await page.waitForTimeout(2500);
  await passkeys.clear();
  await signUp(/could not be verified/);
  expect(refused).toEqual(["cross_origin", "top_origin_mismatch"]);

  await ginnel.command("app", "update", appId, "--add-top-origin", top);
  await page.waitForTimeout(2500);
  await passkeys.clear();
  await signUp("Welcome");
  expect(refused).toHaveLength(2);
});
