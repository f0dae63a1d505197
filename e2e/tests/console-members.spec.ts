/** Several people at one app: how they come to it, what each role may, and how they lose it. */
import { Console } from "../support/console.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test as base } from "../support/test.ts";
import { newPerson } from "../support/visit.ts";

interface Team {
  id: string;
  owner: Console;
  /** Somebody who came by an invitation, in a browser of their own. */
  second: Console;
  email: string;
}

/** An app with an owner and one more. */
const test = base.extend<{ role: "viewer" | "admin" | "owner"; team: Team }>({
  role: ["viewer", { option: true }],
  team: async ({ member: owner, ginnel, browser, role }, use) => {
    const id = await owner.createApp({
      name: "Ada's bicycles",
      authOrigin: "https://bicycles.example",
      redirectUrl: "/",
    });
    const email = newPerson();
    const second = await Console.elsewhere(browser, ginnel);
    await second.joins(await owner.invites(email, role), email);
    await use({ id, owner, second, email });
    await second.close();
  },
});

const paths = (id: string) => (path: string) => `/console/apps/${id}/${path}`;

test("an invitation works once, and for nobody after it was taken back", async ({
  team: { owner },
  browser,
  ginnel,
}) => {
  const email = newPerson();
  const link = await owner.invites(email, "admin");
  await lookAtConsole(owner.page, "members-invited");
  const somebody = await Console.elsewhere(browser, ginnel);
  const another = await Console.elsewhere(browser, ginnel);
  try {
    await somebody.page.goto(link);
    await lookAtConsole(somebody.page, "invitation");
    await somebody.joins(link, email);
    await another.page.goto(link);
    await expect(another.button("Create an account")).toHaveCount(0);
    await expect(another.page.getByText(/used/)).toBeVisible();

    const later = await owner.invites(newPerson(), "viewer");
    await owner.button(/^Take back the invitation of /).click();
    await expect(owner.button(/^Take back /)).toHaveCount(0);
    await another.page.goto(later);
    await expect(another.button("Create an account")).toHaveCount(0);
  } finally {
    await somebody.close();
    await another.close();
  }
});

test("a viewer looks and changes nothing", async ({ team: { id, second } }) => {
  const path = paths(id);
  await expect(second.tab("Inbox")).toHaveCount(0);
  for (const section of ["Users", "Activity", "Members", "Audit log", "Settings"] as const) {
    await second.opens(section);
    await expect(second.button(/^(Save|Change|Remove|Make|Deactivate|Delete)/)).toHaveCount(0);
  }
  await expect(second.page.getByText("You are a viewer of this app")).toBeVisible();
  await expect(second.page.getByRole("textbox", { name: "Name", exact: true })).toBeDisabled();
  await lookAtConsole(second.page, "settings-viewer");
  await second.goto(path("remove"));
  await expect(second.page.getByText(/owner/)).toBeVisible();
  await lookAtConsole(second.page, "refused-role");
  await second.goto(path("inbox"));
  await expect(second.page.getByText(/admin/)).toBeVisible();
  await second.goto(path("members"));
  const answers = {
    settings: await second.post(path("settings/general"), { name: "Mine" }),
    keys: await second.post(path("settings/keys/rotate")),
    rpId: await second.post(path("settings/rp-id")),
    invitation: await second.post(path("invitations"), { email: newPerson(), role: "owner" }),
    remove: await second.post(path("remove"), { name: "Ada's bicycles" }),
  };
  expect(answers).toEqual({ settings: 403, keys: 403, rpId: 403, invitation: 403, remove: 403 });
});

test.describe("an admin", () => {
  test.use({ role: "admin" });

  test("runs the app, but decides neither who is a member nor whether it stays", async ({
    team: { id, second },
  }) => {
    const path = paths(id);
    await second.opens("Settings");
    await second.page.getByRole("textbox", { name: "Name", exact: true }).fill("Bicycles");
    await second.button("Save General").click();
    await expect(second.link("Bicycles")).toBeVisible();
    await expect(second.page.getByText("Only an owner of the app can change it.")).toBeVisible();
    await expect(second.link(/^Delete this app/)).toHaveCount(0);
    await second.opens("Inbox");
    await second.opens("Audit log");
    await expect(second.page.getByText("Ada's bicycles → Bicycles")).toBeVisible();
    await second.opens("Members");
    await expect(second.button("Make an invitation")).toHaveCount(0);
    const answers = {
      rpId: await second.post(path("settings/rp-id")),
      invitation: await second.post(path("invitations"), { email: newPerson(), role: "owner" }),
      remove: await second.post(path("remove"), { name: "Bicycles" }),
    };
    expect(answers).toEqual({ rpId: 403, invitation: 403, remove: 403 });
    await second.goto(path("remove"));
    await expect(second.page.getByText(/owner/)).toBeVisible();
  });
});

test.describe("a second owner", () => {
  test.use({ role: "owner" });

  test("may let the first go and delete the app, and the last stays", async ({
    team: { owner, second },
  }) => {
    await second.opens("Members");
    await second.page
      .getByText(/^Remove ada-/)
      .first()
      .click();
    await second.button(/^Remove ada-/).click();
    await expect(second.done()).toHaveText("The member is removed, and sees the app no more.");
    await owner.tab("Overview").click();
    await expect(owner.title("There is no such app here")).toBeVisible();

    await second.page.getByText("Leave", { exact: true }).first().click();
    await second.button("Leave").click();
    await expect(second.page.getByRole("alert")).toContainText("owner");
    await lookAtConsole(second.page, "members-last-owner");

    await second.opens("Settings");
    await second.link(/^Delete this app/).click();
    await lookAtConsole(second.page, "remove");
    await second.page.getByLabel(/^Type /).fill("another");
    await second.button(/^Delete/).click();
    await expect(second.page.getByLabel(/^Type /)).toHaveValue("another");
    await lookAtConsole(second.page, "remove-wrong");
    await second.page.getByLabel(/^Type /).fill("Ada's bicycles");
    await second.button(/^Delete/).click();
    await expect(second.done()).toHaveText("The app is deleted.");
    await expect(second.link("Ada's bicycles")).toHaveCount(0);
  });
});

test("who is removed loses the page that is open", async ({
  team: { id, owner, second, email },
}) => {
  await second.opens("Users");
  await owner.opens("Members");
  await owner.page.getByText(`Remove ${email}`).first().click();
  await owner.button(`Remove ${email}`).click();
  await expect(owner.done()).toHaveText("The member is removed, and sees the app no more.");
  await second.tab("Activity").click();
  await expect(second.title("There is no such app here")).toBeVisible();
  await lookAtConsole(second.page, "no-such-app");
  await second.goto("/console");
  await expect(second.link("Ada's bicycles")).toHaveCount(0);
  await second.goto(paths(id)("members"));
  await expect(second.title("There is no such app here")).toBeVisible();
});

test("a session that was ended elsewhere leads back to where one was", async ({
  team: { id, owner, second, email },
  ginnel,
}) => {
  await second.opens("Users");
  // As somebody who finds it in the list of an account page does.
  await ginnel.sql(
    "UPDATE sessions SET revoked_at = ? WHERE user_id = (SELECT id FROM users WHERE email = ?)",
    ...[Date.now(), email],
  );
  await second.tab("Activity").click();
  await second.signsInAgain(email);
  await expect(second.title("Activity")).toBeVisible();
  await expect(second.page).toHaveURL(new RegExp(`${id}/activity`));
  // Nobody else lost anything.
  await owner.opens("Audit log");
});
