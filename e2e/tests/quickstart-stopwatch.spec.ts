/**
 * The quick start against a stopwatch, from a built clone to being signed in on one's own page. The times are those of
 * the machine, whose hands are quick; they go to `screenshots/stopwatch*.md`, and pictures for the README beside them.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Ginnel } from "../support/app.ts";
import { Console } from "../support/console.ts";
import { OwnSite } from "../support/own-site.ts";
import { Passkeys } from "../support/passkey.ts";
import { Stopwatch } from "../support/stopwatch.ts";
import { expect, test } from "../support/test.ts";
import { Visit } from "../support/visit.ts";

const folder = join(import.meta.dirname, "../screenshots");

async function keep(name: string, watch: Stopwatch): Promise<void> {
  console.log(watch.table());
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), watch.table());
}

/** A picture for the README, with the addresses of a server that was started without settings. */
async function picture(page: Page, ginnel: Ginnel, site: OwnSite, name: string, height: number) {
  await page.evaluate(
    ([server, own]) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode())
        text.nodeValue = text
          .nodeValue!.replaceAll(server!, "http://localhost:8400")
          .replaceAll(own!, "http://localhost:8080");
    },
    [ginnel.url, site.url],
  );
  await page.setViewportSize({ width: 1100, height });
  await page.mouse.move(0, 0);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, name) });
}

test("with an account", async ({ page, context }) => {
  const watch = new Stopwatch();
  const site = await OwnSite.open();
  const ginnel = await watch.step("Start the server", "`cargo run --release`", () => Ginnel.open());
  try {
    const console = await Console.at(page, ginnel);
    await watch.step(
      "Open the setup link, register with a passkey",
      "2 clicks, an address, a fingerprint",
      () => console.setUp("ada@example.com"),
    );
    await watch.step("Create an app", "2 clicks, 3 fields", () =>
      console.createApp({
        name: "Ada's bicycles",
        authOrigin: site.url,
        redirectUrl: "/dashboard",
      }),
    );
    await watch.step("Paste two lines into the login page", "copy and paste", async () =>
      site.paste(await console.frontEnd()),
    );
    await watch.step("Paste a file into the back end", "1 click, copy and paste", async () =>
      site.pasteBackEnd(await console.backEnd()),
    );
    const tab = await context.newPage();
    const visit = new Visit(tab, await Passkeys.open(tab), site.url);
    await tab.setViewportSize({ width: 480, height: 560 });
    await visit.openLogin();
    await tab.screenshot({ path: join(folder, "readme-element.png") });
    await watch.step(
      "Sign up on the page, and be known to the back end",
      "2 clicks, an address, a fingerprint",
      async () => {
        await visit.openRegister();
        await visit.passkeys.agree(async () => {
          await visit.submit("grace@example.com", "Create a passkey");
          await expect(visit.title("Dashboard")).toBeVisible();
        });
      },
    );
    await watch.step("See the app's page turn green", "", () =>
      expect(page.getByText(/It works: 1 sign-in /)).toBeVisible(),
    );
    await keep("stopwatch.md", watch);
    await picture(page, ginnel, site, "readme-console-app.png", 900);
  } finally {
    await site.close();
    await ginnel.close();
  }
});

test("without an account", async ({ page }) => {
  const watch = new Stopwatch();
  const site = await OwnSite.open();
  const ginnel = await watch.step("Start the server", "`cargo run --release`", () => Ginnel.open());
  try {
    const visit = new Visit(page, await Passkeys.open(page), site.url);
    await watch.step("Paste two lines into the login page", "copy and paste", () =>
      site.paste(`<passage-auth></passage-auth>\n<script src="${ginnel.url}/web.js"></script>`),
    );
    await watch.step("Open the page: it has a test app", "", () => visit.openLogin());
    await page.setViewportSize({ width: 480, height: 760 });
    await page.screenshot({ path: join(folder, "readme-test-app.png") });
    await watch.step("Sign up on the page", "2 clicks, an address, a fingerprint", async () => {
      await visit.button("Create an account").click();
      await visit.passkeys.agree(async () => {
        await visit.submit("grace@example.com", "Create a passkey");
        await expect.poll(() => visit.cookie()).toBeTruthy();
      });
    });
    await keep("stopwatch-without-account.md", watch);
  } finally {
    await site.close();
    await ginnel.close();
  }
});
