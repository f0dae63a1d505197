/**
 * Each example, set up by the lines of its README in a fresh copy of the repository, and one story on all of them: they
 * are the same site in ten languages, so what holds for one must hold for each.
 */
import type { JsonWebKey } from "node:crypto";
import type { Page } from "@playwright/test";
import { Ginnel } from "../support/app.ts";
import { Complaints } from "../support/complaints.ts";
import { Example, exampleNames } from "../support/example.ts";
import { look } from "../support/look.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf, forgeries, lookalike } from "../support/tokens.ts";
import { Visit } from "../support/visit.ts";

test("no example is missing", () => {
  expect(exampleNames).toEqual(
    expect.arrayContaining([
      "gateway-nginx",
      "go-net-http",
      "nextjs",
      "node-express",
      "python-django",
      "python-fastapi",
      "python-flask",
      "react-vite",
      "ruby-rails",
      "rust-axum",
    ]),
  );
});

/** Whose pages are drawn in the browser, and so are the same for everybody: what is guarded there is the calls. */
const drawnInBrowser = ["react-vite"];

/** What a `return` may not say: the dashboard comes in its place. */
const elsewhere = [
  "//evil.example",
  "//evil.example/dashboard",
  "///evil.example",
  "https://evil.example/",
  "https:evil.example",
  "http://evil.example:8080/dashboard",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "\n//evil.example",
  "/.//evil.example",
  "/dashboard/..//evil.example",
  "@evil.example",
  ".evil.example",
  "javascript:alert(document.domain)",
  "data:text/html,<script>alert(1)</script>",
  "/unauthorized",
  "/unauthorized?return=//evil.example",
  "",
];

/** Paths of the site, if strange ones: a server that tidies them must not send the browser away. */
const strange = [
  "/%2f%2fevil.example",
  "/%5cevil.example",
  "/%2f..//evil.example/..//evil.example",
  "/dashboard//evil.example/..",
];

/** What a browser or a script gets with this token in its cookie. */
async function ask(url: string, path: string, token?: string) {
  const response = await fetch(url + path, {
    redirect: "manual",
    headers: token === undefined ? {} : { cookie: `psg_auth_token=${token}` },
  });
  const location = response.headers.get("location");
  const to = location === null ? undefined : new URL(location, url);
  return { status: response.status, to, headers: response.headers, text: await response.text() };
}

/** What the dashboard and the API say to a token, in a word each. */
async function verdict(url: string, token?: string): Promise<string> {
  const page = await ask(url, "/dashboard", token);
  const call = await ask(url, "/api/me", token);
  const to = page.to?.pathname === "/unauthorized" ? "unauthorized" : (page.to ?? "");
  return `${page.status === 303 ? 302 : page.status} ${to}, ${call.status}`.replace(" ,", ",");
}

async function setCookie(page: Page, url: string, value: string) {
  await page.context().addCookies([{ name: "psg_auth_token", value, url }]);
}

for (const name of exampleNames) {
  test(`${name}, from its README to being signed in`, async ({ page, passkeys }, info) => {
    // Whatever it needs is built or installed first.
    test.setTimeout(20 * 60_000);
    const ginnel = await Ginnel.open();
    const example = await Example.make(name, ginnel);
    try {
      const { url } = example;
      const shell = drawnInBrowser.includes(name);
      const refused = shell ? "200, 401" : "302 unauthorized, 401";
      const unavailable = shell ? "200, 503" : "503, 503";
      const welcome = "200, 200";
      const visit = new Visit(page, passkeys, url);
      const complaints = new Complaints(page);
      // Paths of the documents that the browser asked for. Addresses that a script only writes into its bar are none.
      const loads: string[] = [];
      page.on("request", (request) => {
        if (request.isNavigationRequest()) loads.push(new URL(request.url()).pathname);
      });
      // A browser reports a call that was refused, and here it was to be refused.
      const refusals = /status of (401|503) .*\/api\/me\)$/;
      const noComplaints = () =>
        expect(complaints.take().filter((text) => !(shell && refusals.test(text)))).toEqual([]);

      await test.step("nobody passes while the keys cannot be had", async () => {
        await ginnel.stop();
        await example.start();
        // A gateway cannot even say that there is no token.
        expect([refused, unavailable]).toContain(await verdict(url));
        expect(await verdict(url, lookalike())).toBe(unavailable);
        await setCookie(page, url, lookalike());
        const answer = await page.goto(url + "/dashboard");
        expect(answer?.status()).toBe(shell ? 200 : 503);
        await expect(visit.title("Sorry")).toBeVisible();
        await expect(page.getByText("Sign-ins cannot be checked at the moment")).toBeVisible();
        expect(answer?.headers()["cache-control"]).toContain("no-store");
        await look(page, `${name}-unavailable`);
        await noComplaints();
        await page.context().clearCookies();
        await ginnel.start();
        await expect.poll(() => verdict(url, lookalike())).toBe(refused);
      });

      await test.step("without a sign-in there is a page that says so", async () => {
        loads.length = 0;
        const answer = await page.goto(url + "/dashboard");
        await expect(visit.title("Please sign in")).toBeVisible();
        expect(loads).toEqual(["/dashboard", "/unauthorized"]);
        const { searchParams } = new URL(page.url());
        expect(Object.fromEntries(searchParams)).toEqual({
          return: "/dashboard",
          reason: "token_missing",
        });
        await expect(page.getByText("This page is for signed-in users.")).toBeVisible();
        expect((await ask(url, "/unauthorized")).status).toBe(401);
        expect(answer?.headers()["cache-control"]).toContain("no-store");
        await look(page, `${name}-unauthorized`);
        const call = await ask(url, "/api/me");
        expect(call.status).toBe(401);
        expect(JSON.parse(call.text)).toMatchObject({ code: "token_missing" });
        expect(call.headers.get("cache-control")).toContain("no-store");
        expect(call.headers.get("www-authenticate")).toBe("Bearer");
        await noComplaints();
      });

      await test.step("a page that is not there is said to be so", async () => {
        const answer = await page.goto(url + "/nowhere");
        expect(answer?.status()).toBe(404);
        await expect(page.getByText("There is no such page.")).toBeVisible();
        await look(page, `${name}-not-found`);
      });

      await test.step("scripts come from the site and from Ginnel alone", async () => {
        const { headers } = await ask(url, "/");
        const policy = headers.get("content-security-policy") ?? "";
        const [scripts] = policy.match(/script-src [^;]*/) ?? [];
        // A framework that writes scripts into its pages names each by a nonce.
        expect(scripts?.replace(/ 'nonce-[\w+/=-]+'/, "")).toBe(`script-src 'self' ${ginnel.url}`);
        expect(policy).toContain("frame-ancestors 'none'");
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("referrer-policy")).toBe("same-origin");
      });

      const email = await test.step("somebody registers with a passkey", async () => {
        await visit.openLogin();
        await look(page, `${name}-login`);
        return visit.register();
      });
      const token = (await visit.cookie())!;
      const { sub } = claimsOf(token) as { sub: string };

      await test.step("the server knows whose request it is", async () => {
        await expect(page.locator("main code").first()).toHaveText(sub);
        const own = await page.evaluate(async () => {
          const response = await fetch("/api/me");
          return [response.status, response.headers.get("cache-control"), await response.json()];
        });
        expect(own).toEqual([200, expect.stringContaining("no-store"), { userID: sub }]);
        const authorization = `Bearer ${token}`;
        const call = await fetch(`${url}/api/me`, { headers: { authorization } });
        expect(await call.json()).toEqual({ userID: sub });
        expect((await ask(url, "/dashboard", token)).headers.get("cache-control")).toContain(
          "no-store",
        );
        await look(page, `${name}-dashboard`);
        await noComplaints();
      });

      await test.step("a token that is gone is refreshed, and the browser comes back", async () => {
        await page.context().clearCookies();
        await page.evaluate(() => localStorage.removeItem("psg_auth_token"));
        loads.length = 0;
        await page.goto(`${url}/dashboard?from=bookmark&to=a%26b`);
        await expect(visit.greeting(email)).toBeVisible();
        expect(loads).toEqual(["/dashboard", "/unauthorized", "/dashboard"]);
        expect(new URL(page.url()).search).toBe("?from=bookmark&to=a%26b");
        expect(claimsOf((await visit.cookie())!)).toMatchObject({ sub });
        await noComplaints();
      });

      await test.step("forged tokens are refused", async () => {
        const keySet = await fetch(
          `${ginnel.url}/auth/v1/apps/${example.appId}/.well-known/jwks.json`,
        );
        const { keys } = (await keySet.json()) as { keys: JsonWebKey[] };
        const forged = forgeries(token, keys);
        const verdicts: Record<string, string> = {};
        for (const [name, text] of Object.entries(forged))
          verdicts[name] = await verdict(url, text);
        expect(verdicts).toEqual(
          Object.fromEntries(Object.keys(forged).map((name) => [name, refused])),
        );
        expect(await verdict(url, token)).toBe(welcome);
      });

      const leavings: string[] = [];
      page.on("request", (request) => {
        if (request.isNavigationRequest() && new URL(request.url()).origin !== url)
          leavings.push(request.url());
      });
      const goTo = (path: string) =>
        page.goto(`${url}/unauthorized?reason=token_expired&return=${encodeURIComponent(path)}`);

      await test.step("a way back never leads to another site", async () => {
        for (const path of elsewhere) {
          await goTo(path);
          await expect(visit.greeting(email), JSON.stringify(path)).toBeVisible();
          expect(new URL(page.url()).origin, JSON.stringify(path)).toBe(url);
        }
        for (const path of strange) {
          await goTo(path);
          await page.waitForURL(({ pathname }) => pathname !== "/unauthorized");
          expect(new URL(page.url()).origin, JSON.stringify(path)).toBe(url);
          // Forgets that it was here once already.
          await page.goto(url + "/dashboard");
          await expect(visit.greeting(email)).toBeVisible();
        }
        await goTo("/dashboard?from=mail");
        await expect(visit.greeting(email)).toBeVisible();
        expect(page.url()).toBe(`${url}/dashboard?from=mail`);
        await noComplaints();
      });

      await test.step("signing out ends it", async () => {
        await visit.signOut();
        expect(await visit.cookie()).toBeUndefined();
        await page.goto(url + "/dashboard");
        await expect(visit.title("Please sign in")).toBeVisible();
        for (const path of ["//evil.example", "/dashboard"]) {
          await goTo(path);
          await expect(page.getByText("This page is for signed-in users.")).toBeVisible();
        }
        await noComplaints();
      });

      await test.step("and the passkey signs in again", async () => {
        await visit.signIn(email);
        await expect(page.locator("main code").first()).toHaveText(sub);
        expect(leavings).toEqual([]);
        await noComplaints();
      });
    } catch (error) {
      await info.attach(`${name}.log`, { body: example.log });
      console.log(`What ${name} wrote:\n${example.log}`);
      throw error;
    } finally {
      await example.close();
      await ginnel.close();
    }
  });
}
