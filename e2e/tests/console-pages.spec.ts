/** Every page of the Console, empty, full and refusing: by axe, in pictures, and without a complaint of the browser. */
import { Ginnel } from "../support/app.ts";
import { Complaints } from "../support/complaints.ts";
import { Console, setupLink } from "../support/console.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

const app = {
  name: "Ada's bicycles",
  authOrigin: "https://bicycles.example",
  redirectUrl: "/dashboard",
};

let complaints: Complaints;
test.beforeEach(({ page }) => void (complaints = new Complaints(page)));

test("pages for people who are not signed in", async ({ page }) => {
  const fresh = await Ginnel.open();
  try {
    const first = await Console.at(page, fresh);
    await first.page.goto(await setupLink(fresh));
    await lookAtConsole(page, "setup");
    await first.button("Create an account").click();
    await expect(first.title("Set up this server")).toBeVisible();
    await expect(page.getByLabel("Email address")).toBeVisible();
    await lookAtConsole(page, "setup-sign-up");
    await first.setUp();
    await first.signOut();
    await lookAtConsole(page, "sign-in");
    await first.goto("/console/sign-up");
    await expect(page.getByLabel("Email address")).toBeVisible();
    await lookAtConsole(page, "sign-up");
    await page.goto(await setupLink(fresh));
    await lookAtConsole(page, "setup-used");
    await first.goto("/claim/nosuchappnosuchappnosuch?secret=nothing");
    await lookAtConsole(page, "claim-unknown");
    expect(complaints.take()).toEqual([]);
  } finally {
    await fresh.close();
  }
});

test("empty pages", async ({ page, member }) => {
  await lookAtConsole(page, "home-empty");
  await member.link("Create new app").first().click();
  await lookAtConsole(page, "app-new");
  await member.createApp(app);
  await lookAtConsole(page, "overview-waiting");
  await member.goto("/console");
  await lookAtConsole(page, "home");
  await member.goto("/console/account");
  await lookAtConsole(page, "account");
  expect(complaints.take()).toEqual([]);
});

test("a form that says what is wrong", async ({ page, member }) => {
  await member.goto("/console/apps/new");
  await member.fillsIn({
    name: "",
    authOrigin: "bicycles.example/login",
    redirectUrl: "dashboard",
  });
  await member.button("Create app").click();
  await expect(page.getByLabel("Authentication origin")).toHaveValue("bicycles.example/login");
  await lookAtConsole(page, "app-new-wrong");
});
