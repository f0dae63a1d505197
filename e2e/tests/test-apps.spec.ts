/** A page without an app id: its test app on the real server, by passkey and by a mail from the test inbox. */
import type { Page } from "@playwright/test";
import { Ginnel } from "../support/app.ts";
import { look } from "../support/look.ts";
import type { PageServer } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf } from "../support/tokens.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** The two lines that need nothing from anybody. */
const page = (pages: PageServer, server: string, path = "/login") => {
  pages.page("/", "<h2>Welcome</h2>");
  return pages.page(path, `<passage-auth></passage-auth><script src="${server}/web.js"></script>`);
};

/** What the page tells the developer from now on. */
function listen(page: Page): string[] {
  const told: string[] = [];
  page.on("console", (line) => line.type() === "info" && told.push(line.text()));
  return told;
}

test("a page without an app id signs people up by passkey", async ({
  page: tab,
  pageServer,
  passkeys,
  ginnel,
}) => {
  const told = listen(tab);
  const visit = new Visit(tab, passkeys, page(pageServer, ginnel.url));
  await visit.openLogin();
  await look(tab, "test-app");
  const id = await visit.storage("psg_ephemeral_app_id");
  expect(told[0]).toBe(`Passage Test App ID: ${id}`);
  expect(told[1]).toContain(`Claim your app: ${ginnel.url}/claim/${id}?name=Test%20app`);
  await visit.openRegister();
  await passkeys.agree(async () => {
    await visit.submit(newPerson(), "Create a passkey");
    await expect(tab.getByRole("heading", { name: "Welcome" })).toBeVisible();
  });
  // What a back end checks.
  const claims = claimsOf((await visit.cookie())!);
  expect(claims["aud"]).toEqual([pageServer.url, id]);
  const keys = await fetch(`${claims["iss"]}/.well-known/jwks.json`);
  expect(keys.status).toBe(200);
});

test("its mails are in the test inbox and nowhere else", async ({
  page: tab,
  pageServer,
  passkeys,
  context,
}) => {
  // A mail server that nobody runs: nothing is ever handed to it.
  const server = await Ginnel.open({
    GINNEL_SMTP_URL: "smtp://127.0.0.1:9",
    GINNEL_MAIL_FROM: "login@example.com",
  });
  try {
    const visit = new Visit(tab, passkeys, page(pageServer, server.url));
    const email = await visit.signUpByLink();
    const opening = context.waitForEvent("page");
    await visit.link("Open its test inbox").click();
    const inbox = await opening;
    const mail = inbox.getByRole("article").filter({ hasText: email });
    await expect(mail).toHaveCount(1);
    await look(inbox, "test-inbox");
    await mail.getByRole("link").click();
    await look(inbox, "test-inbox-mail");
    const link = await inbox.getByRole("link", { name: "Open the link" }).getAttribute("href");
    expect(link).toContain(`${pageServer.url}/login?psg_magic_link=`);
    await inbox.goto(link!);
    await expect(inbox.getByRole("heading", { name: "Sign in faster next time" })).toBeVisible();
    expect(server.log).not.toContain("could not be sent");
    // Without the secret there is nothing to see.
    const id = await visit.storage("psg_ephemeral_app_id");
    await inbox.goto(`${server.url}/claim/${id}/inbox?secret=x`);
    await expect(inbox.getByText("There is no test inbox at this address.")).toBeVisible();
    await look(inbox, "test-inbox-closed");
  } finally {
    await server.close();
  }
});

test("a test app that has ended is replaced at the next visit", async ({
  page: tab,
  pageServer,
  passkeys,
  ginnel,
}) => {
  const visit = new Visit(tab, passkeys, page(pageServer, ginnel.url));
  await visit.openLogin();
  const id = await visit.storage("psg_ephemeral_app_id");
  await ginnel.sql("UPDATE apps SET test_until = ? WHERE id = ?", Date.now(), id!);
  await expect.poll(async () => (await fetch(`${ginnel.url}/auth/v1/apps/${id}`)).status).toBe(404);
  await visit.openLogin();
  expect(await visit.storage("psg_ephemeral_app_id")).not.toBe(id);
});

test("a claimed app shows the finished tag", async ({
  page: tab,
  pageServer,
  passkeys,
  ginnel,
}) => {
  const visit = new Visit(tab, passkeys, page(pageServer, ginnel.url));
  await visit.openLogin();
  const id = await visit.storage("psg_ephemeral_app_id");
  await ginnel.sql("UPDATE apps SET test_until = NULL, claim_hash = NULL WHERE id = ?", id!);
  const isClaimed = async () => {
    const info = await fetch(`${ginnel.url}/auth/v1/apps/${id}`);
    return !((await info.json()) as { app: { ephemeral: boolean } }).app.ephemeral;
  };
  await expect.poll(isClaimed).toBe(true);
  await visit.openLogin();
  await expect(tab.getByText(`<passage-auth app-id="${id}"></passage-auth>`)).toBeVisible();
});

test("a server without test apps says where to get an app", async ({ page: tab, pageServer }) => {
  const server = await Ginnel.open({ GINNEL_TEST_APPS: "false" });
  try {
    await tab.goto(page(pageServer, server.url));
    await expect(
      tab.getByRole("heading", { name: "This server makes no test apps" }),
    ).toBeVisible();
    await expect(tab.getByText(`${server.url}/console`).first()).toBeVisible();
    await look(tab, "test-app-refused");
  } finally {
    await server.close();
  }
});

test("127.0.0.1 leads to localhost, where there is a test app", async ({
  page: tab,
  pageServer,
  ginnel,
}) => {
  const url = page(pageServer, ginnel.url);
  await tab.goto(url.replace("localhost", "127.0.0.1") + "?from=shop");
  await expect(tab.getByRole("heading", { name: "Browsers make no passkeys at" })).toBeVisible();
  await tab.getByRole("link", { name: "Open http://localhost" }).click();
  await expect(tab).toHaveURL(url + "?from=shop");
  await expect(tab.getByRole("heading", { name: /^Sign in to Test app at/ })).toBeVisible();
});
