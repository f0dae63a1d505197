/** What the sites' back ends accept, and above all what they do not. */
import type { JsonWebKey } from "node:crypto";
import { ExpressExample } from "../support/express.ts";
import { expect, onEverySite, test, type Site } from "../support/test.ts";
import { forgeries } from "../support/tokens.ts";
import { Visit } from "../support/visit.ts";

/** Where a site sends a browser with this cookie: "welcome" to its dashboard, or elsewhere. */
async function ask(site: Site, token?: string): Promise<string> {
  const response = await fetch(site.url + "/dashboard", {
    redirect: "manual",
    headers: token === undefined ? {} : { cookie: `psg_auth_token=${token}` },
  });
  if (response.status === 200) return "welcome";
  return `${response.status} ${new URL(response.headers.get("location") ?? "", site.url).pathname}`;
}
const refused = expect.stringMatching(/^30[23] \/unauthorized$/);

onEverySite(() => {
  test("forged and altered tokens are refused", async ({ visit, site, ginnel }) => {
    await visit.register();
    const token = (await visit.cookie())!;
    const { keys } = (await (
      await fetch(`${ginnel.url}/auth/v1/apps/${site.appId}/.well-known/jwks.json`)
    ).json()) as { keys: JsonWebKey[] };
    const forged = forgeries(token, keys);
    const verdicts: Record<string, string> = {};
    for (const [name, forgery] of Object.entries(forged)) verdicts[name] = await ask(site, forgery);
    expect(verdicts).toEqual(
      Object.fromEntries(Object.keys(forged).map((name) => [name, refused])),
    );
    expect(await ask(site)).toEqual(refused);
    expect(await ask(site, token)).toBe("welcome");
  });

  test("a token of another app on the same server is refused", async ({
    page,
    passkeys,
    site,
    ginnel,
  }) => {
    const other = await ExpressExample.open(ginnel);
    try {
      const visit = new Visit(page, passkeys, other.url);
      await visit.register();
      const token = (await visit.cookie())!;
      expect(await ask({ ...site, url: other.url }, token)).toBe("welcome");
      expect(await ask(site, token)).toEqual(refused);
    } finally {
      await other.close();
    }
  });
});

test("a script's call is answered with 401 and a reason", async ({ express }) => {
  const response = await fetch(`${express.url}/api/me`);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "token_missing" });
});

test("a script may send the token in the Authorization header", async ({
  page,
  passkeys,
  express,
}) => {
  const visit = new Visit(page, passkeys, express.url);
  await visit.register();
  const authorization = `Bearer ${await visit.cookie()}`;
  const response = await fetch(`${express.url}/api/me`, { headers: { authorization } });
  expect(response.status).toBe(200);
});

test("the example app refuses a token as soon as its session has ended", async ({
  visit,
  site,
}) => {
  await visit.register();
  const token = (await visit.cookie())!;
  expect(await ask(site, token)).toBe("welcome");
  await visit.signOut();
  await expect.poll(() => ask(site, token)).toEqual(refused);
});

for (const algorithm of ["ES256", "EdDSA"] as const) {
  test(`an app that signs with ${algorithm} works alike`, async ({ page, passkeys, ginnel }) => {
    const express = await ExpressExample.open(ginnel, { algorithm });
    try {
      const visit = new Visit(page, passkeys, express.url);
      const email = await visit.register();
      await visit.signOut();
      await visit.signIn(email);
    } finally {
      await express.close();
    }
  });
}
