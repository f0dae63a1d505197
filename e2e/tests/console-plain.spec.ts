/** The Console by keyboard alone, and without scripts. */
import { fill, seededId, seededPerson } from "../support/console-data.ts";
import { focused, tabTo } from "../support/keyboard.ts";
import { expect, test } from "../support/test.ts";

test("an app is made and a user deactivated by keyboard alone", async ({
  page,
  member,
  ginnel,
}) => {
  await member.goto("/console");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, "Create new app");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.keyboard.type("Ada's bicycles");
  await tabTo(page, "Authentication origin");
  await page.keyboard.type("https://bicycles.example");
  await tabTo(page, "Redirect URL");
  await page.keyboard.type("/dashboard");
  await page.keyboard.press("Enter");
  await expect(member.title("Ada's bicycles")).toBeVisible();
  // Another back end's code is chosen by the arrow keys.
  await tabTo(page, "Go");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByLabel("Code for Python")).toBeVisible();

  await fill(ginnel, await member.appId());
  await page.reload();
  await tabTo(page, "Users");
  await page.keyboard.press("Enter");
  await expect(member.title("Users")).toBeVisible();
  await tabTo(page, "Search users");
  await page.keyboard.type(seededPerson(2));
  await expect(page.locator("tbody").getByRole("row")).toHaveCount(1);
  await tabTo(page, seededPerson(2));
  await page.keyboard.press("Enter");
  await expect(member.title(seededPerson(2))).toBeVisible();
  await tabTo(page, "Deactivate");
  await page.keyboard.press("Enter");
  await tabTo(page, `Deactivate ${seededPerson(2)}`);
  await page.keyboard.press("Enter");
  await expect(page.getByText("deactivated", { exact: true })).toBeVisible();
});

test("without scripts an app is made, users are found and a setting is changed", async ({
  member,
  browser,
  ginnel,
}) => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await member.page.context().storageState(),
  });
  const page = await context.newPage();
  try {
    await page.goto(ginnel.url + "/console");
    await page.getByRole("link", { name: "Create new app" }).first().click();
    await page.getByLabel("Name").fill("Ada's bicycles");
    await page.getByLabel("Authentication origin").fill("https://bicycles.example");
    await page.getByLabel("Redirect URL").fill("/");
    await page.getByRole("button", { name: "Create app" }).click();
    const id = await page.locator("code.id").innerText();
    await page.getByText("Ruby", { exact: true }).click();
    await expect(page.getByLabel("Code for Ruby")).toBeVisible();

    await fill(ginnel, id);
    await page.getByRole("link", { name: "Users", exact: true }).click();
    await page.getByRole("searchbox").fill("person00");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.locator("tbody").getByRole("row")).toHaveCount(9);
    // Times are told in words, in UTC.
    await expect(page.locator("tbody time").first()).toHaveText(/UTC$/);

    await page.getByRole("link", { name: "Settings" }).click();
    const name = page.getByRole("textbox", { name: "Name", exact: true });
    await name.fill("");
    await page.getByRole("button", { name: "Save General" }).click();
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await name.fill("Bicycles");
    await page.getByRole("button", { name: "Save General" }).click();
    await expect(name).toHaveValue("Bicycles");
    await page.goto(`${ginnel.url}/console/apps/${id}/users/${seededId(id, 3)}`);
    await page.locator("summary").getByText("Deactivate", { exact: true }).click();
    await page.getByRole("button", { name: `Deactivate ${seededPerson(3)}` }).click();
    await expect(page.getByText("deactivated", { exact: true })).toBeVisible();
  } finally {
    await context.close();
  }
});
