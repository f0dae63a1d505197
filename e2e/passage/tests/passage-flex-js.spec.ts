/**
 * `@passageidentity/passage-flex-js` 1.0.2: every public method, with what it gives and with what it throws. The back end's
 * half is done by the management API with a real key.
 */
import { BackEnd } from "../support/back-end.ts";
import { Script, type Refusal } from "../support/script.ts";
import { expect, test, type Judged } from "../support/test.ts";

interface JudgedFlex extends Judged {
  flex: Script;
  backEnd: BackEnd;
  /** Has a user of the own login make a passkey. */
  enrol(externalId: string): Promise<void>;
}

const noTransaction: Refusal = { status: 404, code: "transaction_not_found", message: /new one/ };

/** Each method with its successes and refusals, one test each. */
const methods: Record<string, Record<string, (judged: JudgedFlex) => Promise<void>>> = {
  "passkey.register": {
    "makes a passkey for the transaction's user": async ({ flex, backEnd, mapping }) => {
      const externalId = newUser();
      const transaction = await backEnd.register(externalId, "Ada at Acme");
      const nonce = await flex.callWithPasskey<string>("passkey.register", transaction);
      expect(nonce).toMatch(/^\w{20,}$/);
      expect(mapping.lines()).toEqual([
        "POST register/transactions/webauthn/start 200",
        "POST register/transactions/webauthn/finish 200",
      ]);
      const { headers, answer } = mapping.calls.find(({ line }) => /^POST .*start/.test(line))!;
      expect(headers["passage-flex-version"]).toBe("@passageidentity/passage-flex-js 1.0.2");
      expect(JSON.parse(answer)).toMatchObject({
        handshake: { challenge: { publicKey: { user: { name: "Ada at Acme" } } } },
        transaction_id: transaction,
      });
      await isExchangedOnce(backEnd, nonce, externalId);
      expect(await backEnd.user(externalId)).toMatchObject({
        external_id: externalId,
        login_count: 0,
        status: "active",
        webauthn: true,
        webauthn_devices: [{ type: expect.stringMatching(/^(passkey|platform)$/) }],
      });
      expect(await flex.passkeys.list()).toEqual([[expect.any(String)]]);
    },

    "on a security key, beside the passkey that there is": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      await enrol(externalId);
      await flex.passkeys.add("usb");
      const transaction = await backEnd.register(externalId);
      let nonce = "";
      await flex.passkeys.agree(async () => {
        const options = { authenticatorAttachment: "cross-platform" };
        nonce = await flex.call("passkey.register", transaction, options);
      }, "usb");
      await isExchangedOnce(backEnd, nonce, externalId);
      const { webauthn_devices: devices } = await backEnd.user(externalId);
      expect(devices).toHaveLength(2);
    },

    "no second one on the same authenticator": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      await enrol(externalId);
      const transaction = await backEnd.register(externalId);
      await flex.passkeys.agree(() =>
        flex.throws({ name: "PassageError" }, "passkey.register", transaction),
      );
      const { webauthn_devices: devices } = await backEnd.user(externalId);
      expect(devices).toHaveLength(1);
    },

    "once, and not under another transaction": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      const transaction = await backEnd.register(externalId);
      await flex.callWithPasskey("passkey.register", transaction);
      await flex.refused(noTransaction, "passkey.register", transaction);
      await flex.refused(noTransaction, "passkey.register", "nobody-began-this");
      await enrol(newUser());
      const other = await backEnd.authenticate(externalId);
      await flex.refused(noTransaction, "passkey.register", other);
    },

    "again, when the screen lock was not passed": async ({ flex, backEnd }) => {
      const externalId = newUser();
      const transaction = await backEnd.register(externalId);
      await flex.passkeys.fail(() =>
        flex.throws({ name: "PassageError" }, "passkey.register", transaction),
      );
      const nonce = await flex.callWithPasskey<string>("passkey.register", transaction);
      await isExchangedOnce(backEnd, nonce, externalId);
    },
  },

  "passkey.authenticate": {
    "with a transaction": async ({ flex, backEnd, enrol, mapping }) => {
      const externalId = newUser();
      await enrol(externalId);
      mapping.clear();
      const transactionId = await backEnd.authenticate(externalId);
      const options = { transactionId };
      const nonce = await flex.callWithPasskey<string>("passkey.authenticate", options);
      expect(mapping.lines()).toEqual([
        "POST authenticate/transactions/webauthn/start 200",
        "POST authenticate/transactions/webauthn/finish 200",
      ]);
      await isExchangedOnce(backEnd, nonce, externalId);
      expect(await backEnd.user(externalId)).toMatchObject({ login_count: 1 });
      await flex.refused(noTransaction, "passkey.authenticate", options);
    },

    "without a transaction": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      await enrol(externalId);
      for (const times of [1, 2]) {
        const nonce = await flex.callWithPasskey<string>("passkey.authenticate");
        await isExchangedOnce(backEnd, nonce, externalId);
        expect(await backEnd.user(externalId)).toMatchObject({ login_count: times });
      }
    },

    "by autofill": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      await enrol(externalId);
      // The package aborts its one controller at the first ceremony and never makes another, so autofill needs a new page.
      await flex.page.reload();
      const options = { isConditionalMediation: true };
      // Somebody is there from the beginning: Chromium's authenticator takes that for a pick from the list.
      const nonce = await flex.callWithPasskey<string>("passkey.authenticate", options);
      await isExchangedOnce(backEnd, nonce, externalId);
    },

    "not by a passkey that was revoked": async ({ flex, backEnd, enrol }) => {
      const externalId = newUser();
      await enrol(externalId);
      const transactionId = await backEnd.authenticate(externalId);
      const { id, webauthn_devices: devices } = await backEnd.user(externalId);
      const [{ id: device }] = devices as [{ id: string }];
      const path = `/users/${id as string}/devices/${device}`;
      expect(await backEnd.call("DELETE", path)).toMatchObject({ status: 200 });
      const none = { status: 409, code: "user_has_no_passkeys", message: /no passkey/ };
      await flex.refused(none, "passkey.authenticate", { transactionId });
      const unknown = { status: 401, code: "discoverable_login_failed", message: /not known/ };
      await flex.passkeys.agree(() => flex.refused(unknown, "passkey.authenticate"));
      const body = { external_id: externalId };
      expect(await backEnd.call("POST", "/transactions/authenticate", body)).toMatchObject({
        status: 409,
        body: { code: "user_has_no_passkeys" },
      });
    },

    "not by somebody else's passkey": async ({ flex, backEnd, enrol }) => {
      const [ada, eve] = [newUser(), newUser()];
      await enrol(ada);
      await flex.passkeys.clear();
      await enrol(eve);
      const transactionId = await backEnd.authenticate(ada);
      // The browser finds none of the passkeys that the options name.
      await flex.passkeys.agree(() =>
        flex.throws({ name: "PassageError" }, "passkey.authenticate", { transactionId }),
      );
    },

    "not in an app that leaves its login to the server": async ({
      flex,
      ginnel,
      site,
      backEnd,
    }) => {
      await ginnel.command("app", "update", site.appId, "--type", "complete");
      const complete = { status: 403, code: "operation_not_allowed", message: /Flex/ };
      // A running server follows within 2 seconds.
      await expect
        .poll(() => backEnd.verify("x"), { timeout: 10_000 })
        .toMatchObject({ status: 403, body: { code: "operation_not_allowed" } });
      await flex.refused(complete, "passkey.authenticate");
      await flex.refused(complete, "passkey.register", "x");
    },
  },

  "passkey.canRegisterPasskey": {
    "by what the browser can": ({ flex }) => isTold(flex, "passkey.canRegisterPasskey"),
  },
  "passkey.canAuthenticateWithPasskey": {
    "by what the browser can": ({ flex }) => isTold(flex, "passkey.canAuthenticateWithPasskey"),
  },
  "passkey.canUseConditionalMediation": {
    "never: it reads a field that the package does not fill": async ({ flex }) => {
      expect(await flex.call("passkey.canUseConditionalMediation")).toBe(false);
    },
  },
};

/** Names as a site's own login has them. */
const newUser = () => `Customer ${Math.random().toString(36).slice(2, 10)}`;

/** A nonce is exchanged for the user once, by the app's own key alone. */
async function isExchangedOnce(backEnd: BackEnd, nonce: string, externalId: string) {
  const stranger = backEnd.with(backEnd.key.replace(/.$/, (last) => (last === "a" ? "b" : "a")));
  expect(await stranger.verify(nonce)).toMatchObject({
    status: 401,
    body: { code: "invalid_access_token" },
  });
  expect(await backEnd.verify(nonce)).toEqual({
    status: 200,
    body: { external_id: externalId },
  });
  expect(await backEnd.verify(nonce)).toMatchObject({
    status: 401,
    body: { code: "invalid_nonce", error: expect.stringMatching(/exchanged before/) },
  });
}

async function isTold(flex: Script, method: string) {
  expect(await flex.call(method)).toBe(true);
  await flex.page.evaluate(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
  expect(await flex.call(method)).toBe(false);
}

test.use({ settings: { update: ["--type", "flex"] } });

const script = `
import { PassageFlex } from "passage-flex-js-1-0-2";
window.passage = new PassageFlex(document.querySelector("[data-app]").dataset.app);
`;
const body = (appId: string) =>
  `<i data-app="${appId}"></i><input autocomplete="username webauthn" aria-label="Name">`;

for (const [method, stories] of Object.entries(methods)) {
  for (const [story, judge] of Object.entries(stories)) {
    test(`passage-flex-js 1.0.2: ${method} ${story}`, async ({
      page,
      site,
      passkeys,
      mapping,
      inbox,
      ginnel,
    }) => {
      await page.goto(await site.page("/", body(site.appId), script));
      const flex = new Script(page, passkeys, mapping);
      const backEnd = await BackEnd.open(ginnel, site.appId);
      const enrol = async (externalId: string) => {
        const transaction = await backEnd.register(externalId);
        await flex.callWithPasskey("passkey.register", transaction);
      };
      await judge({ flex, backEnd, enrol, site, mapping, inbox, ginnel });
      // Nothing of Flex signs anybody in here.
      const kept = await page.evaluate(() => Object.keys({ ...localStorage }));
      expect(kept.filter((name) => name.includes("token"))).toEqual([]);
    });
  }
}

test("passage-flex-js 1.0.2: that is every public method", async ({ page, site }) => {
  await page.goto(await site.page("/", body(site.appId), script));
  const all = await page.evaluate(() => {
    const groups = (window as unknown as { passage: Record<string, object> }).passage;
    return Object.entries(groups).flatMap(([group, value]) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(value)).map((name) => `${group}.${name}`),
    );
  });
  const judged = all.filter((name) => !/\.(constructor|_.*)$/.test(name));
  expect(judged.sort()).toEqual(Object.keys(methods).sort());
});
