/** Pages on which sign-in cannot work, and what the element says there; a server that is away for a while. */
import { Ginnel } from "../support/app.ts";
import { look } from "../support/look.ts";
import { PageServer, twoLines } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

test("an unknown app id", async ({ page, pageServer, ginnel }) => {
  await page.goto(pageServer.page("/", twoLines("nobodyknowsthisappid1234", ginnel.url)));
  await expect(page.getByRole("heading", { name: "No app has this id" })).toBeVisible();
  await expect(page.locator("passage-auth code")).toContainText("ginnel app list");
  await look(page, "unknown-app");
});

test("no app id", async ({ page, pageServer, ginnel }) => {
  const lines = `<passage-login></passage-login><script src="${ginnel.url}/web.js"></script>`;
  await page.goto(pageServer.page("/", lines));
  await expect(page.getByRole("heading", { name: "The app id is missing" })).toBeVisible();
  await expect(page.getByText("Make an app in the Console").first()).toBeVisible();
  await look(page, "no-app-id");
});

test("127.0.0.1 leads to localhost", async ({ page, pageServer, ginnel }) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/" });
  const url = pageServer.page("/login", twoLines(appId, ginnel.url));
  await page.goto(url.replace("localhost", "127.0.0.1") + "?from=shop");
  await expect(
    page.getByRole("heading", { name: "Sign-in does not work at this address" }),
  ).toBeVisible();
  await look(page, "numeric-address");
  await page.getByRole("link", { name: "Open http://localhost" }).click();
  await expect(page).toHaveURL(url + "?from=shop");
  await expect(page.getByRole("heading", { name: "Sign in to Acme" })).toBeVisible();
});

test("another port says what to add, and works once it is added", async ({
  page,
  pageServer,
  passkeys,
  ginnel,
}) => {
  const other = await PageServer.open();
  try {
    const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
    const url = other.page("/", twoLines(appId, ginnel.url));
    other.page("/welcome", "<h1>Welcome</h1>");
    await page.goto(url);
    await expect(
      page.getByRole("heading", { name: "Sign-in does not work at this address" }),
    ).toBeVisible();
    await expect(page.locator("passage-auth code")).toContainText(other.url);
    await expect(page.getByRole("link", { name: `Open ${pageServer.url}` })).toBeVisible();
    await look(page, "unlisted-origin");

    await ginnel.command("app", "update", appId, "--add-origin", other.url);
    const visit = new Visit(page, passkeys, url);
    await expect(async () => {
      await page.goto(url);
      await expect(visit.title("Sign in to Acme")).toBeVisible({ timeout: 1000 });
    }).toPass();
    await visit.button("Create an account").click();
    await passkeys.agree(async () => {
      await visit.submit(newPerson(), "Create a passkey");
      await expect(visit.title("Welcome")).toBeVisible();
    });
  } finally {
    await other.close();
  }
});

test("a page of the local network without https is told why not", async ({
  page,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/" });
  const url = pageServer.page("/", twoLines(appId, ginnel.url)).replace("localhost", "lan.test");
  await page.goto(url);
  await expect(page.getByRole("heading", { name: "Passkeys need a secure address" })).toBeVisible();
  await expect(page.getByText(/^Serve .* with https\.$/).first()).toBeVisible();
  await look(page, "insecure-address");
});

test("the element says that the server is away, and goes on when it is back", async ({
  page,
  passkeys,
  pageServer,
}) => {
  test.slow();
  const ginnel = await Ginnel.open();
  try {
    const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
    const url = pageServer.page("/", twoLines(appId, ginnel.url));
    pageServer.page("/welcome", "<h1>Welcome</h1>");
    const visit = new Visit(page, passkeys, url);

    // Away when the person submits.
    await visit.openRegister();
    await ginnel.stop();
    const email = newPerson();
    await visit.submit(email, "Create a passkey");
    await expect(visit.alert()).toContainText("Check your connection");
    await look(page, "offline-submit");
    await ginnel.start();
    await passkeys.agree(async () => {
      await visit.alert().getByRole("button", { name: "Try again" }).click();
      await expect(visit.title("Welcome")).toBeVisible();
    });

    // Away when the page opens; the browser has the script from before.
    await ginnel.stop();
    await page.goto(url);
    await expect(visit.title("The server cannot be reached")).toBeVisible();
    await look(page, "offline-open");
    await ginnel.start();
    await expect(visit.title("Welcome back")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText(email)).toBeVisible();
    await passkeys.agree(async () => {
      await visit.button("Continue").click();
      await expect(visit.title("Welcome")).toBeVisible();
    });
  } finally {
    await ginnel.close();
  }
});
