/** Every page of the Console, empty, full and refusing: by axe, in pictures, and without a complaint of the browser. */
import type { Page } from "@playwright/test";
import { Ginnel } from "../support/app.ts";
import { Complaints } from "../support/complaints.ts";
import { fill, seeded, seededId, seededPerson } from "../support/console-data.ts";
import { ownPages, pagesOf } from "../support/console-pages.ts";
import { Console, setupLink } from "../support/console.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test } from "../support/test.ts";
import { newPerson } from "../support/visit.ts";

const app = {
  name: "Ada's bicycles",
  authOrigin: "https://bicycles.example",
  redirectUrl: "/dashboard",
};

/** Looks at the page that is open, once nothing has been complained about. */
async function inspect(page: Page, complaints: Complaints, name: string): Promise<void> {
  await page.waitForLoadState();
  expect.soft(complaints.take(), name).toEqual([]);
  await expect.soft(page.getByRole("heading", { name: "Something went wrong" })).toHaveCount(0);
  await lookAtConsole(page, name);
  complaints.take();
}

test("pages for people who are not signed in", async ({ page }) => {
  test.slow();
  const complaints = new Complaints(page);
  const ginnel = await Ginnel.open();
  try {
    const first = await Console.at(page, ginnel);
    await page.goto(await setupLink(ginnel));
    await inspect(page, complaints, "setup");
    await first.button("Create an account").click();
    await expect(page.getByLabel("Email address")).toBeVisible();
    await inspect(page, complaints, "setup-sign-up");
    await first.setUp();
    await first.signOut();
    await inspect(page, complaints, "sign-in");
    await first.goto("/console/sign-up");
    await expect(page.getByLabel("Email address")).toBeVisible();
    await inspect(page, complaints, "sign-up");
    await page.goto(await setupLink(ginnel));
    await inspect(page, complaints, "setup-used");
    await first.goto("/claim/nosuchappnosuchappnosuch?secret=nothing");
    await inspect(page, complaints, "claim-unknown");
  } finally {
    await ginnel.close();
  }
});

test("empty pages", async ({ page, member }) => {
  test.slow();
  const complaints = new Complaints(page);
  for (const [name, path] of Object.entries(ownPages)) {
    await member.goto(path);
    await inspect(page, complaints, `${name}-empty`);
  }
  const id = await member.createApp(app);
  for (const [name, path] of Object.entries(pagesOf(id, ""))) {
    if (name === "user") continue;
    await member.goto(path);
    await inspect(page, complaints, `${name}-empty`);
  }
});

test("full pages", async ({ page, member, ginnel }) => {
  test.slow();
  const complaints = new Complaints(page);
  const id = await member.createApp(app);
  await fill(ginnel, id);
  await member.goto(`/console/apps/${id}/settings`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ada's bicycles & more");
  await member.button("Save General").click();
  await member.invites(newPerson(), "viewer");
  await ginnel.command("api-key", "create", "--app", id, "--name", "web server");
  for (const [name, path] of Object.entries({ ...ownPages, ...pagesOf(id, seededId(id, 1)) })) {
    await member.goto(path);
    await inspect(page, complaints, name);
  }
  // Every user can be reached by turning pages.
  await member.goto(`/console/apps/${id}/users`);
  let seen = await page.locator("tbody").getByRole("row").count();
  while ((await member.link("Next page").count()) > 0) {
    await member.link("Next page").click();
    await expect(member.link("First page")).toBeVisible();
    await expect(page).toHaveURL(/after=/);
    seen += await page.locator("tbody").getByRole("row").count();
  }
  expect(seen).toBe(seeded);
  // What a bar stands for is one click away.
  await member.goto(`/console/apps/${id}/activity?days=365`);
  await inspect(page, complaints, "activity-year");
  await page.locator(".touch a").last().click();
  await expect(member.title(/^Events of /)).toBeVisible();
  await expect(page.locator("#events tbody").getByRole("row")).not.toHaveCount(0);
});

test("the console's own app, for whoever runs the server", async ({ operator }) => {
  test.slow();
  const { page } = operator;
  const complaints = new Complaints(page);
  await operator.goto("/console");
  await operator.link("The Console itself").click();
  const id = await operator.appId();
  for (const [name, path] of Object.entries(pagesOf(id, ""))) {
    if (["user", "inbox", "messages", "message", "fields", "remove"].includes(name)) continue;
    await operator.goto(path);
    await inspect(page, complaints, `own-${name}`);
  }
});

test("forms that say what is wrong, and keep what was typed", async ({ page, member, ginnel }) => {
  test.slow();
  const complaints = new Complaints(page);
  await member.goto("/console/apps/new");
  const wrong = { name: "", authOrigin: "bicycles.example/login", redirectUrl: "/dashboard" };
  await member.fillsIn(wrong);
  await member.button("Create app").click();
  await expect(page.getByLabel("Authentication origin")).toHaveValue(wrong.authOrigin);
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/empty/);
  await inspect(page, complaints, "app-new-wrong");

  const id = await member.createApp({ ...app, name: `<b>Räder</b> & "${"long ".repeat(8)}"` });
  await inspect(page, complaints, "overview-markup");
  await fill(ginnel, id);
  const base = `/console/apps/${id}`;

  await member.goto(`${base}/settings`);
  await page.getByLabel("Redirect URL").fill("https://elsewhere.example/");
  await member.button("Save Addresses").click();
  await expect(page.getByLabel("Redirect URL")).toHaveValue("https://elsewhere.example/");
  await expect(page.getByLabel("Redirect URL")).toHaveAttribute("aria-invalid", "true");
  await inspect(page, complaints, "settings-wrong");

  await member.goto(`${base}/members`);
  await page.getByLabel("E-mail address").fill("nobody");
  await member.button("Make an invitation").click();
  await expect(page.getByLabel("E-mail address")).toHaveValue("nobody");
  await inspect(page, complaints, "members-wrong");

  await member.goto(`${base}/users/${seededId(id, 2)}`);
  await page.locator("summary").getByText("Delete", { exact: true }).click();
  await page.getByLabel(/^Type /).fill("somebody else");
  await member.button("Delete for good").click();
  await expect(page.getByLabel(/^Type /)).toHaveValue("somebody else");
  await inspect(page, complaints, "user-delete-wrong");

  await member.goto(`${base}/users?q=nobody`);
  await expect(member.title("Nobody found")).toBeVisible();
  await inspect(page, complaints, "users-none-found");
  await page.getByRole("searchbox").fill("person00");
  await expect(page.locator("tbody").getByRole("row")).toHaveCount(9);
  await expect(page).toHaveURL(/q=person00/);
  await inspect(page, complaints, "users-found");

  for (const [name, path] of [
    ["no-such-user", `${base}/users/nobody`],
    ["no-such-app", "/console/apps/nothing"],
    ["no-such-mail", `${base}/inbox/nothing`],
    ["no-such-page", "/console/nothing"],
  ] as const) {
    await member.goto(path);
    await inspect(page, complaints, name);
  }
  await expect(page.getByText(seededPerson(1))).toHaveCount(0);
});
