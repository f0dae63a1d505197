/**
 * `@passageidentity/passage-auth` 0.1.0-beta.28, the file of the first quick starts: a page without an application id, and
 * the claim link that the browser's console shows. Its calls to sign in are older than the API that this server speaks
 * (`docs/passage-compatibility.md`). That later elements do the same is told in `tests/old-elements.spec.ts`.
 */
import { Console } from "../../support/console.ts";
import { OldElement } from "../support/old-element.ts";
import { published } from "../support/packages.ts";
import { expect, test } from "../support/test.ts";

test("makes a test app, which is claimed", async ({
  page,
  pages,
  passkeys,
  ginnel,
  mapping,
  browser,
}) => {
  const told: string[] = [];
  page.on("console", (line) => line.type() === "info" && told.push(line.text()));
  const file = await published("passage-auth", "0.1.0-beta.28", "dist/cdn/index.umd.js");
  pages.pages.set("/web.js", file.toString());
  await page.goto(pages.page("/", `<passage-auth></passage-auth><script src="/web.js"></script>`));

  await expect.poll(() => told.length).toBe(2);
  const id = await page.evaluate(() => localStorage.getItem("psg_ephemeral_app_id"));
  const name = await page.evaluate(() => localStorage.getItem("psg_ephemeral_app_name"));
  const claim = `https://console.passage.id/claim/${id}?name=${encodeURIComponent(name!)}`;
  expect(told).toEqual([`Passage Test App ID: ${id}`, `Claim your app: ${claim}`]);
  const made = mapping.calls.find(({ line }) => line === "POST /v1/apps/")!;
  expect(made).toMatchObject({ host: "api.passage.id", status: 200 });
  expect(JSON.parse(made.body)).toEqual({ auth_origin: pages.url, name: expect.any(String) });

  const old = new OldElement(page, passkeys);
  await expect(page.locator(`a[href*="/claim/${id}"]`).first()).toBeVisible();
  await old.picture("auth-test-app");
  // It is the same app after a reload.
  await page.reload();
  await expect(page.locator(`a[href*="/claim/${id}"]`).first()).toBeVisible();
  expect(mapping.calls.filter(({ line }) => line === "POST /v1/apps/")).toHaveLength(1);

  // The link leads to the Console, whose name leads here.
  const console = await Console.elsewhere(browser, ginnel);
  await console.signUp();
  await console.page.goto(claim);
  await console.button(/^Claim it as /).click();
  await expect(console.done()).toContainText("The app is yours now");
  expect(await console.appId()).toBe(id);
  await console.close();
});
