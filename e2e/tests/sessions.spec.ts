/** Where tokens are kept, and how a session lives on past the expiry of a token and over several tabs. */
import type { Page } from "@playwright/test";
import { ExpressExample } from "../support/express.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf, headerOf } from "../support/tokens.ts";
import { Visit } from "../support/visit.ts";

/** What Ginnel's script offers to a page's own scripts. */
interface Script {
  createClient(
    appId: string,
    options: { url: string },
  ): {
    session: { refresh(): Promise<string | undefined>; authToken(): Promise<string | undefined> };
    currentUser: { get(): Promise<{ email: string }> };
  };
}

const refresh = (page: Page, appId: string, url: string) =>
  page.evaluate(
    ([id, url]) =>
      (window as unknown as { Ginnel: Script }).Ginnel.createClient(id!, {
        url: url!,
      }).session.refresh(),
    [appId, url],
  );
const currentUser = (page: Page, appId: string, url: string) =>
  page.evaluate(
    ([id, url]) =>
      (window as unknown as { Ginnel: Script }).Ginnel.createClient(id!, {
        url: url!,
      }).currentUser.get(),
    [appId, url],
  );

test("tokens are where Passage kept them", async ({ visit, site, ginnel, page }) => {
  await visit.register();
  const token = await visit.storage("psg_auth_token");
  expect(await visit.cookie()).toBe(token);
  expect(await visit.storage("psg_refresh_token")).toMatch(/^\S{20,}$/);
  const names = (await page.context().cookies(site.url)).map(({ name }) => name);
  expect(names).toEqual(["psg_auth_token"]);
  expect(headerOf(token!)).toMatchObject({ alg: "RS256", typ: "JWT" });
  expect(claimsOf(token!)).toMatchObject({
    iss: `${ginnel.url}/auth/v1/apps/${site.appId}`,
    aud: [site.url, site.appId],
  });
  await visit.signOut();
  expect(await visit.storage("psg_auth_token")).toBeNull();
  expect(await visit.storage("psg_refresh_token")).toBeNull();
});

test("after the token has expired a guarded page refreshes it and comes back", async ({
  page,
  passkeys,
  ginnel,
}) => {
  test.slow();
  const express = await ExpressExample.open(ginnel, { authTokenLifetime: 10 });
  try {
    const visit = new Visit(page, passkeys, express.url);
    const email = await visit.register();
    // Away from every page that would refresh the token in time.
    await page.goto("about:blank");
    const old = (await visit.cookie())!;
    const me = async (token: string) => {
      const headers = { cookie: `psg_auth_token=${token}` };
      const response = await fetch(`${express.url}/api/me`, { headers });
      return `${response.status} ${((await response.json()) as { code?: string }).code ?? ""}`;
    };
    await expect.poll(() => me(old), { timeout: 60_000 }).toBe("401 token_expired");

    const visited: string[] = [];
    page.on("framenavigated", (frame) => visited.push(new URL(frame.url()).pathname));
    await page.goto(express.url + "/dashboard?from=bookmark");
    await expect(visit.greeting(email)).toBeVisible();
    expect(visited).toEqual(["/unauthorized", "/dashboard"]);
    expect(new URL(page.url()).search).toBe("?from=bookmark");
    const fresh = (await visit.cookie())!;
    expect(fresh).not.toBe(old);
    expect(await me(fresh)).toBe("200 ");
    expect(claimsOf(fresh)["auth_time"]).toBe(claimsOf(old)["auth_time"]);
  } finally {
    await express.close();
  }
});

test("any page that loads the script keeps the token fresh", async ({
  page,
  passkeys,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({
    authOrigin: pageServer.url,
    redirectUrl: "/about",
    authTokenLifetime: 10,
  });
  const url = pageServer.page("/", twoLines(appId, ginnel.url));
  pageServer.page("/about", `<h1>About</h1><script src="${ginnel.url}/web.js"></script>`);
  const visit = new Visit(page, passkeys, url);
  await visit.openRegister();
  await passkeys.agree(async () => {
    await visit.submit("ada@example.com", "Create a passkey");
    await expect(visit.title("About")).toBeVisible();
  });
  const [first, firstRefresh] = [await visit.cookie(), await visit.storage("psg_refresh_token")];
  await expect.poll(() => visit.cookie(), { timeout: 30_000 }).not.toBe(first);
  expect(await visit.storage("psg_refresh_token")).not.toBe(firstRefresh);
  expect(await visit.storage("psg_auth_token")).toBe(await visit.cookie());
});

for (const locks of [true, false]) {
  test(`two tabs that refresh at once stay signed in, ${locks ? "with" : "without"} locks in the browser`, async ({
    page,
    visit,
    site,
    ginnel,
    context,
  }) => {
    if (!locks) {
      await context.addInitScript(() =>
        Object.defineProperty(navigator, "locks", { value: undefined }),
      );
    }
    const email = await visit.register();
    const other = await context.newPage();
    await other.goto(site.url + "/dashboard");
    await expect(other.getByRole("heading", { name: `Hello, ${email}` })).toBeVisible();
    // Not the auth token: two that are made within one second are the same text.
    const before = await visit.storage("psg_refresh_token");

    for (let round = 0; round < 3; round++) {
      const tokens = await Promise.all(
        [page, other, page, other].map((tab) => refresh(tab, site.appId, ginnel.url)),
      );
      for (const token of tokens) expect(token).toBeTruthy();
    }
    expect(await visit.storage("psg_refresh_token")).not.toBe(before);
    for (const tab of [page, other]) {
      expect(await currentUser(tab, site.appId, ginnel.url)).toMatchObject({ email });
      await tab.goto(site.url + "/dashboard");
      await expect(tab.getByRole("heading", { name: `Hello, ${email}` })).toBeVisible();
    }
  });
}

test("signing out in one tab signs the other out", async ({ page, visit, site, context }) => {
  const email = await visit.register();
  const other = await context.newPage();
  await other.goto(site.url + "/dashboard");
  await expect(other.getByRole("heading", { name: `Hello, ${email}` })).toBeVisible();
  await visit.signOut();
  await other.reload();
  await expect(other.getByRole("heading", { name: "Please sign in" })).toBeVisible();
  await expect(page).toHaveURL(site.url + "/");
});

test("two sites on localhost share a cookie jar, and each keeps its own session", async ({
  page,
  passkeys,
  sites,
}) => {
  const example = new Visit(page, passkeys, sites["example app"].url);
  const express = new Visit(page, passkeys, sites["node-express"].url);
  const [ada, bob] = [await example.register(), await express.register()];
  // Cookies know no ports: the second site's token took the place of the first's.
  for (const [visit, email] of [
    [example, ada],
    [express, bob],
    [example, ada],
  ] as const) {
    await page.goto(visit.url + "/dashboard");
    await expect(visit.greeting(email)).toBeVisible();
  }
});
