/**
 * docs/moving-from-passage.md as a story: a site keeps Passage's element, with its calls to passage.id coming here, and
 * later changes its two lines. Whoever made a passkey in the first step is the same user in the second.
 */
import { request } from "node:http";
import { join } from "node:path";
import type { Page, Route } from "@playwright/test";
import type { Ginnel } from "../support/app.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf, headerOf } from "../support/tokens.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** The element as it was published, and where the old login page has it from. */
const folder = join(import.meta.dirname, "../node_modules/passage-elements-1-0-2/dist/package");
const packageUrl = "https://old.invalid";

/** What a name that is pointed at the server does: the same call, with the same `Host`. */
function pointHere(ginnel: Ginnel) {
  return async (route: Route) => {
    const asked = route.request();
    const { host, pathname, search } = new URL(asked.url());
    const headers = { ...(await asked.allHeaders()), host };
    const options = { port: new URL(ginnel.url).port, path: pathname + search, headers };
    const answer = await new Promise<Parameters<Route["fulfill"]>[0]>((resolve, reject) => {
      const call = request(
        { host: "127.0.0.1", method: asked.method(), ...options },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (part) => (body += part));
          response.on("end", () => {
            const all = Object.entries(response.headers);
            const headers = Object.fromEntries(all.map(([name, value]) => [name, String(value)]));
            resolve({ status: response.statusCode!, headers, body });
          });
        },
      );
      call.on("error", reject).end(asked.postData() ?? undefined);
    });
    await route.fulfill(answer);
  };
}

/** Opens the site's login page as it was before the move. */
async function openOldLogin(page: Page, site: { url: string; appId: string }, ginnel: Ginnel) {
  // Fonts, styles and texts that the package asks of others.
  await page.route(
    ({ hostname }) => !["localhost", "old.invalid"].includes(hostname),
    (route) => route.abort(),
  );
  await page.route("https://*.passage.id/**", pointHere(ginnel));
  await page.route(`${packageUrl}/**`, (route) =>
    route.fulfill({
      path: join(folder, new URL(route.request().url()).pathname),
      contentType: "text/javascript",
      headers: { "access-control-allow-origin": "*" },
    }),
  );
  const login = site.url + "/old-login";
  await page.route(login, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><meta charset="utf-8"><title>Acme</title>
        <passage-auth app-id="${site.appId}"></passage-auth>
        <script type="module" src="${packageUrl}/passage-auth/index.es.js"></script>`,
    }),
  );
  await page.goto(login);
}

test("a site moves in two steps, and its people keep their passkeys", async ({
  page,
  passkeys,
  express,
  ginnel,
}) => {
  const visit = new Visit(page, passkeys, express.url);
  const email = newPerson();
  const user = page.locator("code");

  // First step: the element is Passage's, the server and the back end's package are ours.
  await openOldLogin(page, express, ginnel);
  const input = page.locator("passage-auth input:visible");
  await page.getByText("Register here.").click();
  await input.fill(email);
  await input.press("Enter");
  await passkeys.agree(async () => {
    await page.getByRole("button", { name: "Register with Device" }).click();
    await expect(visit.greeting(email)).toBeVisible();
  });
  const id = await user.textContent();
  const token = (await visit.cookie())!;
  expect(headerOf(token)).toMatchObject({ alg: "RS256", typ: "JWT" });
  expect(claimsOf(token)).toMatchObject({
    sub: id,
    iss: `${ginnel.url}/auth/v1/apps/${express.appId}`,
    aud: [express.url, express.appId],
  });
  const listed = await passkeys.list();

  // Second step: the two lines are ours, too.
  await visit.signOut();
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.greeting(email)).toBeVisible();
  });
  await expect(user).toHaveText(id!);
  expect(await passkeys.list()).toEqual(listed);
});
