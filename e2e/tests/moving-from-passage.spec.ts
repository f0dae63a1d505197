/**
 * docs/moving-from-passage.md as a story: a site first keeps Passage's element, in which only the server's address is
 * replaced, and later takes ours. Whoever made a passkey in the first step is the same user in the second.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import type { Ginnel } from "../support/app.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf, headerOf } from "../support/tokens.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** The element as it was published. */
const folder = join(import.meta.dirname, "../node_modules/passage-elements-1-0-2/dist/package");

/** Lets pages have Passage's element where they ask for `/web.js`, until the returned function is called. */
async function serveOldElement(page: Page, { url }: Ginnel) {
  const contentType = "text/javascript";
  const old = `${url}/old`;
  await page.route(`${url}/web.js`, (route) =>
    route.fulfill({ contentType, body: `import("${old}/passage-auth/index.es.js")` }),
  );
  await page.route(`${old}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.replace("/old", "");
    const published = await readFile(join(folder, path), "utf8");
    const body = published.replaceAll("https://auth.passage.id", `${url}/auth`);
    const headers = { "access-control-allow-origin": "*" };
    await route.fulfill({ contentType, body, headers });
  });
  return () => page.unrouteAll({ behavior: "wait" });
}

// Passage's element makes functions of its texts, which the example's content security policy forbids.
test.use({ bypassCSP: true });

test("a site moves in two steps, and its people keep their passkeys", async ({
  page,
  passkeys,
  express,
  ginnel,
}) => {
  const visit = new Visit(page, passkeys, express.url);
  const email = newPerson();
  const user = page.locator("code");

  // First step: Passage's element, our server, our package in the back end.
  const removeOldElement = await serveOldElement(page, ginnel);
  await page.goto(express.url);
  await page.getByText("Register here.").click();
  const input = page.locator("passage-auth input:visible");
  await input.fill(email);
  await input.press("Enter");
  await passkeys.agree(async () => {
    await page.getByRole("button", { name: "Register with Device" }).click();
    await expect(page).toHaveURL(/\/dashboard$/);
  });
  await removeOldElement();
  await page.reload();
  await expect(visit.greeting(email)).toBeVisible();
  const id = (await user.textContent())!;
  const token = (await visit.cookie())!;
  expect(headerOf(token)).toMatchObject({ alg: "RS256", typ: "JWT" });
  expect(claimsOf(token)).toMatchObject({
    sub: id,
    iss: `${ginnel.url}/auth/v1/apps/${express.appId}`,
    aud: [express.url, express.appId],
  });
  const listed = await passkeys.list();

  // Second step: the element is ours, too.
  await visit.signOut();
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.greeting(email)).toBeVisible();
  });
  await expect(user).toHaveText(id);
  expect(await passkeys.list()).toEqual(listed);
});
