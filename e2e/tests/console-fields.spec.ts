/** The app's own fields of a user, from the Console: by mouse, by keyboard alone, and without scripts. */
import { Complaints } from "../support/complaints.ts";
import { fill, seededId } from "../support/console-data.ts";
import { tabTo } from "../support/keyboard.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

const app = {
  name: "Ada's teas",
  authOrigin: "https://teas.example",
  redirectUrl: "/dashboard",
};

test("fields are added, changed, moved and removed", async ({ page, member, ginnel }) => {
  test.slow();
  const complaints = new Complaints(page);
  const id = await member.createApp(app);
  await fill(ginnel, id);
  await member.opens("User fields");
  await expect(member.title("No fields yet")).toBeVisible();
  const fields = page.getByRole("list", { name: "Fields" }).getByRole("listitem");
  for (const [friendlyName, name, type] of [
    ["Favourite tea", "favourite_tea", "Text"],
    ["Plan", "plan", "Text"],
    ["Wants the catalogue", "catalogue", "Yes or no"],
  ] as const) {
    await page.getByLabel("Friendly name", { exact: true }).last().fill(friendlyName);
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Type").selectOption(type);
    await page.getByLabel("Ask for it at sign-up").last().check();
    await member.button("Add the field").click();
    await expect(member.done()).toHaveText("The field is added.");
    await expect(fields.filter({ hasText: friendlyName })).toContainText(type);
  }
  expect(complaints.take()).toEqual([]);
  await lookAtConsole(page, "fields-full");
  complaints.take();

  await member.button("Up: Plan").click();
  await expect(member.done()).toHaveText("The order of the fields is changed.");
  await expect(fields.first()).toContainText("Plan");

  await page.locator("summary").getByText("Change Plan").click();
  await fields.first().getByLabel("Friendly name").fill(" ");
  await member.button("Save “Plan”").click();
  await expect(fields.first().getByLabel("Friendly name")).toBeFocused();
  await expect(fields.first().getByLabel("Friendly name")).toHaveAccessibleDescription(/^Write/);
  complaints.take();
  await lookAtConsole(page, "fields-change-wrong");
  await fields.first().getByLabel("Friendly name").fill("Tariff");
  await fields.first().getByLabel("People change it themselves").check();
  await member.button("Save “Plan”").click();
  await expect(fields.first()).toContainText("Asked at sign-up, and people change it themselves");

  await page.getByLabel("Friendly name", { exact: true }).last().fill("Again");
  await page.getByLabel("Name", { exact: true }).fill("plan");
  await member.button("Add the field").click();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await expect(page.getByLabel("Name", { exact: true })).toHaveAccessibleDescription(
    /has a field plan already/,
  );
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("plan");
  complaints.take();
  await lookAtConsole(page, "fields-wrong");

  await page.locator("summary").getByText("Remove Favourite tea").click();
  await lookAtConsole(page, "fields-remove");
  await member.button("Remove “Favourite tea”").click();
  await expect(fields).toHaveCount(2);

  // The page of a user shows them by their names, and what no field names apart.
  await member.goto(`/console/apps/${id}/users/${seededId(id, 1)}`);
  await expect(page.getByRole("definition").filter({ hasText: /^pro$/ })).toBeVisible();
  await page.getByText("Further metadata").click();
  await expect(page.getByLabel("Metadata")).toHaveText(/"seats": 12/);
  complaints.take();
  await lookAtConsole(page, "user-fields");
  await member.opens("Audit log");
  await expect(page.getByText("User fields: favourite_tea removed")).toBeVisible();
});

test("a field is added and moved by keyboard alone", async ({ page, member }) => {
  const id = await member.createApp(app);
  await member.goto(`/console/apps/${id}/fields`);
  for (const name of ["tea", "plan"]) {
    await tabTo(page, "Friendly name");
    await page.keyboard.type(`The ${name}`);
    await tabTo(page, "Name");
    await page.keyboard.type(name);
    await tabTo(page, "People change it themselves");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await expect(member.done()).toHaveText("The field is added.");
  }
  await tabTo(page, "Down: The tea");
  await page.keyboard.press("Enter");
  await expect(member.done()).toHaveText("The order of the fields is changed.");
  const fields = page.getByRole("list", { name: "Fields" }).getByRole("listitem");
  await expect(fields.last()).toContainText("The tea");
  // The next Tab goes on where the field stands now.
  await page.keyboard.press("Tab");
  await expect(member.button("Up: The tea")).toBeFocused();
});

test("without scripts fields are added and removed", async ({ member, browser, ginnel }) => {
  const id = await member.createApp(app);
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await member.page.context().storageState(),
  });
  const page = await context.newPage();
  try {
    await page.goto(`${ginnel.url}/console/apps/${id}/fields`);
    await page.getByLabel("Friendly name").fill("Favourite tea");
    await page.getByLabel("Name", { exact: true }).fill("tea");
    await page.getByRole("button", { name: "Add the field" }).click();
    await expect(page.getByText("The field is added.")).toBeVisible();
    await page.locator("summary").getByText("Remove Favourite tea").click();
    await page.getByRole("button", { name: "Remove “Favourite tea”" }).click();
    await expect(page.getByRole("heading", { name: "No fields yet" })).toBeVisible();
  } finally {
    await context.close();
  }
});
