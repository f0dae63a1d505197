/** Every page of the server and of the Express example, by axe and in pictures. */
import { look } from "../support/look.ts";
import { expect, onEverySite, test } from "../support/test.ts";

onEverySite((site) => {
  const picture = site.replace(" ", "-");

  test("the login page", async ({ visit, page }) => {
    await visit.openLogin();
    await look(page, `${picture}-login`);
    await visit.button("Create an account").click();
    await expect(visit.title("Create your account")).toBeVisible();
    await look(page, `${picture}-register`);
  });

  test("the dashboard", async ({ visit, page }) => {
    await visit.register();
    await expect(page.getByRole("row")).toHaveCount(2);
    await look(page, `${picture}-dashboard`);
    await page.getByRole("button", { name: /^Rename / }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await look(page, `${picture}-rename`);
  });

  test("the page for people who are not signed in", async ({ visit, page, site }) => {
    await page.goto(site.url + "/dashboard");
    await expect(visit.title("Please sign in")).toBeVisible();
    await look(page, `${picture}-unauthorized`);
  });
});

test("the server's first page", async ({ page, ginnel }) => {
  await page.goto(ginnel.url);
  await expect(page.getByRole("heading", { name: "Ginnel runs" })).toBeVisible();
  await look(page, "server-index");
  await page.getByRole("link", { name: "Try the example app" }).click();
  await expect(page).toHaveURL(ginnel.exampleUrl + "/");
});

test("the reference", async ({ page, ginnel }) => {
  await page.goto(ginnel.url + "/docs");
  await expect(page.getByRole("heading", { name: "API reference" })).toBeVisible();
  await expect(page.getByText("/auth/v1/apps/{app_id}/login/webauthn/start")).toBeVisible();
  await look(page, "server-reference");
});

test("the Express example's page for what is not there", async ({ page, express }) => {
  await page.goto(express.url + "/nowhere");
  await expect(page.getByText("There is no such page.")).toBeVisible();
  await look(page, "node-express-not-found");
});
