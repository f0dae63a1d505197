/** A person comes to a site, registers, leaves, and comes back in every way there is. */
import { expect, onEverySite, test } from "../support/test.ts";

onEverySite(() => {
  test("a new person registers and lands on the dashboard", async ({ visit, passkeys, page }) => {
    const email = await visit.register();
    expect(new URL(page.url()).pathname).toBe("/dashboard");
    await expect(visit.greeting(email)).toBeVisible();
    expect((await passkeys.list())[0]).toHaveLength(1);
  });

  test("after signing out the dashboard is guarded again", async ({ visit, page, site }) => {
    await visit.register();
    const token = await visit.cookie();
    await visit.signOut();
    expect(await visit.cookie()).toBeUndefined();
    await page.goto(site.url + "/dashboard");
    await expect(visit.title("Please sign in")).toBeVisible();
    await expect(page).toHaveURL(/\/unauthorized/);
    expect(token).toBeTruthy();
  });

  test("the dashboard is guarded from people who never signed in", async ({
    page,
    site,
    visit,
  }) => {
    await page.goto(site.url + "/dashboard");
    await expect(visit.title("Please sign in")).toBeVisible();
    await page.getByRole("link", { name: /sign in|login page/i }).click();
    await expect(visit.title(/^Sign in to /)).toBeVisible();
  });

  test("signs in with an address", async ({ visit }) => {
    const email = await visit.register();
    await visit.signOut();
    await visit.signIn(email);
  });

  test("signs in with the box empty", async ({ visit, passkeys }) => {
    const email = await visit.register();
    await visit.signOut();
    await expect(visit.box()).toHaveValue("");
    await passkeys.agree(async () => {
      await visit.button("Sign in with a passkey").click();
      await expect(visit.greeting(email)).toBeVisible();
    });
  });

  test("signs in with a passkey picked among the suggestions of the box", async ({
    visit,
    passkeys,
    page,
  }) => {
    const email = await visit.register();
    await visit.signOut();
    // Chromium's virtual authenticator stands for the person who picks the passkey: nothing is clicked here.
    await passkeys.agree(async () => {
      await page.goto(visit.url);
      await expect(visit.greeting(email)).toBeVisible();
    });
    expect(new URL(page.url()).pathname).toBe("/dashboard");
  });
});
