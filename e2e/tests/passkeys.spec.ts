/** A signed-in person looks after their passkeys in <passage-passkey-table>. */
import { expect, onEverySite, test } from "../support/test.ts";
import { look } from "../support/look.ts";
import { PasskeyTable } from "../support/passkey-table.ts";
import { Visit, newPerson } from "../support/visit.ts";
import { twoLines } from "../support/page-server.ts";
import { claimsOf } from "../support/tokens.ts";

onEverySite((site) => {
  const picture = site.replace(" ", "-");

  test("a second passkey is added, renamed, used and removed", async ({
    visit,
    passkeys,
    page,
  }) => {
    const table = new PasskeyTable(page);
    const email = await visit.register();
    await expect(table.rows()).toHaveCount(1);

    await passkeys.add("usb");
    await passkeys.agree(async () => {
      await table.addButton().click();
      await expect(table.rows()).toHaveCount(2);
    }, "usb");
    const stored = await passkeys.list();
    expect(stored.map((list) => list.length)).toEqual([1, 1]);

    await table.rename(1, "Key on my desk");
    await expect(table.row("Key on my desk")).toHaveCount(1);
    await look(page, `${picture}-dashboard-two-passkeys`);
    await page.reload();
    await expect(table.row("Key on my desk")).toHaveCount(1);

    // The first device is lost: the key alone signs in.
    await visit.signOut();
    await passkeys.agree(async () => {
      await visit.submit(email, "Continue");
      await expect(visit.greeting(email)).toBeVisible();
    }, "usb");

    await table.remove("Key on my desk");
    await expect(table.rows()).toHaveCount(1);
    await expect(table.row("Key on my desk")).toHaveCount(0);
    await page.reload();
    await expect(table.rows()).toHaveCount(1);
  });

  test("a removed passkey no longer signs in", async ({ visit, passkeys, page }) => {
    const table = new PasskeyTable(page);
    const email = await visit.register();
    await passkeys.add("usb");
    await passkeys.agree(async () => {
      await table.addButton().click();
      await expect(table.rows()).toHaveCount(2);
    }, "usb");
    await table.rename(1, "Lost key");
    await table.remove("Lost key");
    await expect(table.rows()).toHaveCount(1);
    await visit.signOut();
    await passkeys.agree(async () => {
      await visit.button("Sign in with a passkey").click();
      await expect(visit.title(/passkey is not known here/)).toBeVisible();
    }, "usb");
    expect(await visit.cookie()).toBeUndefined();
    await visit.button("Back").click();
    await visit.signIn(email);
  });

  test("the last passkey cannot be removed", async ({ visit, page }) => {
    const table = new PasskeyTable(page);
    await visit.register();
    await table
      .rows()
      .getByRole("button", { name: /^Remove / })
      .click();
    await expect(table.dialog()).toContainText("This is your only passkey.");
    await look(page, `${picture}-last-passkey`);
    await table.dialog().getByRole("button", { name: "Close" }).click();
    await expect(table.rows()).toHaveCount(1);
  });
});

test("the server keeps the last passkey even if a page asks to remove it", async ({
  visit,
  page,
  site,
  ginnel,
}) => {
  await visit.register();
  const answer = await page.evaluate(async (base) => {
    const headers = { authorization: `Bearer ${localStorage.getItem("psg_auth_token")}` };
    const list = await (await fetch(`${base}/currentuser/devices`, { headers })).json();
    const path = `${base}/currentuser/devices/${list.devices[0].id}`;
    const response = await fetch(path, { method: "DELETE", headers });
    return { status: response.status, reason: (await response.json()).reason };
  }, `${ginnel.url}/auth/v1/apps/${site.appId}`);
  expect(answer).toEqual({ status: 403, reason: "last_passkey" });
});

test("the same device is not added twice", async ({ visit, passkeys, page }) => {
  const table = new PasskeyTable(page);
  await visit.register();
  await passkeys.agree(async () => {
    await table.addButton().click();
    await expect(visit.alert()).toContainText("already has a passkey");
  });
  await expect(table.rows()).toHaveCount(1);
  await look(page, "passkey-exists");
});

test("a change after a while asks for the passkey once more", async ({
  page,
  passkeys,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/dashboard" });
  const url = pageServer.page("/", twoLines(appId, ginnel.url));
  pageServer.page(
    "/dashboard",
    `<h1>Dashboard</h1><passage-passkey-table app-id="${appId}"></passage-passkey-table>
     <script src="${ginnel.url}/elements/passkey-table.js"></script>`,
  );
  const visit = new Visit(page, passkeys, url);
  const table = new PasskeyTable(page);
  await visit.openRegister();
  await passkeys.agree(async () => {
    await visit.submit(newPerson(), "Create a passkey");
    await expect(table.rows()).toHaveCount(1);
  });
  await passkeys.add("usb");
  await passkeys.agree(async () => {
    await table.addButton().click();
    await expect(table.rows()).toHaveCount(2);
  }, "usb");
  await table.rename(1, "Old key");

  // Ten minutes are too long for a test: the app is told to ask after five seconds, and follows within two.
  const seconds = 5;
  await ginnel.command("app", "update", appId, "--recent-sign-in", String(seconds));
  const signedInAt = async () => Number(claimsOf((await visit.cookie())!)["auth_time"]);
  const before = await signedInAt();
  const until = Math.max(before + seconds, Date.now() / 1000 + 2) + 1;
  await expect.poll(() => Date.now() / 1000, { timeout: 20_000 }).toBeGreaterThan(until);

  await table.remove("Old key");
  await expect(table.dialog()).toContainText("You signed in a while ago.");
  await look(page, "step-up");
  await table.dialog().getByRole("button", { name: "Cancel" }).click();
  await expect(table.dialog()).toHaveCount(0);
  await expect(table.rows()).toHaveCount(2);

  await table.remove("Old key");
  await passkeys.agree(async () => {
    await table.dialog().getByRole("button", { name: "Use my passkey" }).click();
    await expect(table.rows()).toHaveCount(1);
  });
  expect(await signedInAt()).toBeGreaterThan(before);
});
