/** The quick start as the guide tells it, with an account: from the server's first lines to the user in the list. */
import { Ginnel } from "../support/app.ts";
import { Console } from "../support/console.ts";
import { OwnSite } from "../support/own-site.ts";
import { Passkeys } from "../support/passkey.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

test("from the setup link to a user of one's own", async ({ page, context }) => {
  test.slow();
  const ginnel = await Ginnel.open();
  const site = await OwnSite.open();
  try {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const console = await Console.at(page, ginnel);
    const pasted = () => page.evaluate(() => navigator.clipboard.readText());

    // 1. Create an app.
    await console.setUp();
    await expect(console.link("Example app")).toBeVisible();
    const id = await console.createApp({
      name: "Ada's bicycles",
      authOrigin: site.url,
      redirectUrl: "/dashboard",
    });
    await expect(page.getByText("Waiting for your first sign-in.")).toBeVisible();
    await console.button("Copy the application ID").click();
    expect(await pasted()).toBe(id);

    // 2. Add the element to a page; 3. ask in the back end who is signed in.
    await site.paste(await console.frontEnd());
    await site.pasteBackEnd(await console.backEnd());

    // A person comes to the site and is known there.
    const tab = await context.newPage();
    const visit = new Visit(tab, await Passkeys.open(tab), site.url);
    await tab.goto(site.url + "/dashboard");
    await expect(visit.title("Please sign in")).toBeVisible();
    const email = newPerson();
    await visit.openRegister();
    await visit.passkeys.agree(async () => {
      await visit.submit(email, "Create a passkey");
      await expect(visit.title("Dashboard")).toBeVisible();
    });
    const userId = await tab.locator("code").innerText();

    // The app's page noticed by itself, and the user is in the list.
    await expect(page.getByText(/It works: 1 sign-in /)).toBeVisible();
    await console.tab("Users").click();
    await console.link(email).click();
    await expect(page.getByText(userId)).toBeVisible();
  } finally {
    await site.close();
    await ginnel.close();
  }
});
