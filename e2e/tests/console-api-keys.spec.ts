/** API keys in the Console, by keyboard alone: made, seen once, used, revoked. */
import { Complaints } from "../support/complaints.ts";
import { tabTo } from "../support/keyboard.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

test("a key is made, seen once, used and revoked", async ({ page, member, ginnel }) => {
  test.slow();
  const complaints = new Complaints(page);
  const id = await member.createApp({
    name: "Ada's teas",
    authOrigin: "https://teas.example",
    redirectUrl: "/dashboard",
  });
  await member.opens("API keys");
  await expect(member.title("No keys yet")).toBeVisible();
  await lookAtConsole(page, "api-keys-none");
  complaints.take();

  await tabTo(page, "Name");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/1 to 64 characters/);
  complaints.take();
  await page.keyboard.type("web server");
  await page.keyboard.press("Enter");
  const shown = page.locator("#fresh-key");
  await expect(shown).toHaveText(/^\w{10}\.\w{64}$/);
  await lookAtConsole(page, "api-keys-made");
  const key = (await shown.textContent())!;
  const ask = () =>
    fetch(`${ginnel.url}/api/v1/apps/${id}/users?identifier=ada`, {
      headers: { authorization: `Bearer ${key}` },
    });
  expect((await ask()).status).toBe(200);

  await member.opens("API keys");
  await expect(page.getByText(key)).toHaveCount(0);
  const line = page.getByRole("listitem").filter({ hasText: "web server" });
  await expect(line).toContainText("last used");
  await tabTo(page, "Revoke web server");
  await page.keyboard.press("Enter");
  await lookAtConsole(page, "api-keys-revoke");
  await tabTo(page, "Revoke “web server”");
  await page.keyboard.press("Enter");
  await expect(member.done()).toHaveText(/^The key is revoked/);
  await expect(member.title("No keys yet")).toBeVisible();
  expect((await ask()).status).toBe(401);

  await ginnel.command("app", "update", id, "--type", "flex");
  await member.opens("Overview");
  await expect(page.getByRole("link", { name: "API key", exact: true })).toBeVisible();
  await lookAtConsole(page, "app-flex");
  expect(complaints.take()).toEqual([]);
});
