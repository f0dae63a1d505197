/** The quick start as the guide tells it, without an account: the element makes a test app, which is claimed later. */
import type { Page } from "@playwright/test";
import { Ginnel } from "../support/app.ts";
import { Console } from "../support/console.ts";
import { look, lookAtConsole } from "../support/look.ts";
import { OwnSite } from "../support/own-site.ts";
import { Passkeys } from "../support/passkey.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

/** The lines of the guide, with the attribute left out. */
const twoLines = (server: string) =>
  `<passage-auth></passage-auth>\n<script src="${server}/web.js"></script>`;

/** A back end in the words of the SDK's README. */
const backEnd = (appId: string, server: string) => `
import { Ginnel } from "@ginnel/node";

const ginnel = new Ginnel({ appID: "${appId}", url: "${server}" });
export const userID = (request) => ginnel.authenticateRequest(request);
`;

/** A page with a test app, and what it printed for the developer. */
class TrialPage {
  #printed: string[] = [];

  private constructor(
    readonly visit: Visit,
    readonly site: OwnSite,
  ) {
    visit.page.on("console", (message) => this.#printed.push(message.text()));
  }

  static async open(page: Page, server: string): Promise<TrialPage> {
    const site = await OwnSite.open();
    await site.paste(twoLines(server));
    const trial = new TrialPage(new Visit(page, await Passkeys.open(page), site.url), site);
    await trial.visit.openLogin();
    return trial;
  }

  /** What follows these words in the browser's console, the last time. */
  async printed(words: string): Promise<string> {
    const found = () => this.#printed.findLast((line) => line.startsWith(words));
    await expect.poll(found).toBeTruthy();
    return found()!.slice(words.length);
  }

  appId = () => this.printed("Passage Test App ID: ");
  claimLink = () => this.printed("Claim your app: ");
  box = () => this.visit.page.getByRole("note");

  /** Where the back end, asked by this browser, knows who is signed in. */
  async knows(): Promise<string> {
    // The element may be about to lead elsewhere itself.
    await expect(async () => {
      await this.visit.page.goto(this.site.url + "/dashboard");
      await expect(this.visit.title("Dashboard")).toBeVisible({ timeout: 2000 });
    }).toPass();
    const id = await this.visit.page.locator("code").innerText();
    await this.visit.page.goto(this.site.url);
    return id;
  }
}

/** Registers on a page whose redirect leads to itself. */
async function register({ visit }: TrialPage): Promise<string> {
  const email = newPerson();
  await visit.openRegister();
  await visit.passkeys.agree(async () => {
    await visit.submit(email, "Create a passkey");
    await expect(visit.title("Welcome back")).toBeVisible();
  });
  return email;
}

test("a test app is made, used, claimed and used on", async ({
  page,
  context,
  ginnel,
  // Runs the server, so that the claimer is somebody else.
  operator: _,
}) => {
  test.slow();
  const trial = await TrialPage.open(page, ginnel.url);
  const { visit, site } = trial;
  try {
    // The tag alone makes an app; its id is printed, and the box says what else there is.
    const id = await trial.appId();
    await expect(trial.box()).toContainText("7 days");
    await expect(visit.link("Claim this app")).toHaveAttribute("href", await trial.claimLink());
    await look(page, "test-app");

    // People register and are known to a back end by this id.
    await site.pasteBackEnd(backEnd(id, ginnel.url));
    const email = await register(trial);
    const userId = await trial.knows();
    await page.reload();
    await expect(visit.title("Welcome back")).toBeVisible();
    expect(await trial.appId()).toBe(id);

    // Mails are in the test inbox, and only there for whoever has its link.
    const inbox = (await visit.link("Open its test inbox").getAttribute("href"))!;
    await context.clearCookies();
    await visit.button("Use a link instead").click();
    await visit.waitsForMail(email);
    const mails = await context.newPage();
    await mails.goto(inbox);
    await mails.getByRole("article").getByRole("link").first().click();
    const [opened] = await Promise.all([
      context.waitForEvent("page"),
      mails.frameLocator("iframe").getByRole("link", { name: "Sign in" }).click(),
    ]);
    await expect(visit.title("Welcome back")).toBeVisible();
    await opened.close();
    await mails.goto(inbox.replace(/secret=.*/, "secret=guessed"));
    await expect(mails.getByRole("article")).toHaveCount(0);
    await expect(mails.getByText(email)).toHaveCount(0);
    await mails.close();
    expect(await trial.knows()).toBe(userId);

    // The claim link leads through sign-up to the app with its users.
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      visit.link("Claim this app").click(),
    ]);
    const console = await Console.at(tab, ginnel);
    await tab.reload();
    await expect(console.title(/^Claim Test app at localhost/)).toBeVisible();
    await lookAtConsole(tab, "claim");
    await console.link("Create an account").click();
    const developer = newPerson();
    await console.registers(developer);
    await console.button(`Claim it as ${developer}`).click();
    await expect(console.done()).toContainText("The app is yours now, with all its users.");
    expect(await console.appId()).toBe(id);
    await console.tab("Users").click();
    await expect(console.link(email)).toBeVisible();

    // The page shows the finished tag; pasted, it serves the same people.
    await page.reload();
    await expect(trial.box()).toContainText("This app was claimed");
    await look(page, "test-app-claimed");
    const tag = await trial.box().locator("code").innerText();
    await site.paste(`${tag}\n<script src="${ginnel.url}/web.js"></script>`);
    await context.clearCookies({ name: "psg_auth_token" });
    await page.goto(site.url);
    await expect(trial.box()).toHaveCount(0);
    await visit.passkeys.agree(async () => {
      await visit.button("Continue").click();
      await expect.poll(() => visit.cookie()).toBeTruthy();
    });
    expect(await trial.knows()).toBe(userId);
  } finally {
    await site.close();
  }
});

test("claim links that claim nothing", async ({ page, ginnel, member, browser }) => {
  const trial = await TrialPage.open(await page.context().newPage(), ginnel.url);
  try {
    const [id, link] = [await trial.appId(), await trial.claimLink()];
    await page.goto(link.replace(/secret=.*/, "secret=guessed"));
    await expect(member.title("This link is not this app's")).toBeVisible();
    await lookAtConsole(page, "claim-foreign");

    await page.goto(link);
    await member.button(/^Claim it as /).click();
    await expect(member.done()).toBeVisible();
    // It leads whoever claimed it to the app, and nobody else.
    await page.goto(link);
    expect(await member.appId()).toBe(id);
    const stranger = await Console.elsewhere(browser, ginnel);
    await stranger.signUp();
    await stranger.page.goto(link);
    await expect(stranger.title("This app was claimed before")).toBeVisible();
    await lookAtConsole(stranger.page, "claim-twice");
    await stranger.close();
  } finally {
    await trial.site.close();
  }
});

test("a test app that has ended is replaced on its page", async ({ page, ginnel, member }) => {
  const trial = await TrialPage.open(await page.context().newPage(), ginnel.url);
  try {
    const [id, link] = [await trial.appId(), await trial.claimLink()];
    await ginnel.sql("UPDATE apps SET test_until = ? WHERE id = ?", Date.now() - 1000, id);
    await page.goto(link);
    await expect(member.title("This test app has ended")).toBeVisible();
    await lookAtConsole(page, "claim-ended");
    // The server forgets within seconds what it has read before the change behind its back.
    await expect(async () => {
      await trial.visit.page.reload();
      await trial.visit.seesLogin();
      expect(await trial.appId()).not.toBe(id);
    }).toPass();
    await register(trial);
  } finally {
    await trial.site.close();
  }
});

test("an old element's bare claim works where the server allows it", async ({ page, browser }) => {
  for (const allowed of [true, false]) {
    const ginnel = await Ginnel.open({ GINNEL_BARE_CLAIMS: String(allowed) });
    const trial = await TrialPage.open(await page.context().newPage(), ginnel.url);
    const member = await Console.elsewhere(browser, ginnel);
    try {
      await member.signUp();
      await member.goto(`/claim/${await trial.appId()}?name=My%20app`);
      if (allowed) {
        await member.button(/^Claim it as /).click();
        await expect(member.done()).toContainText("The app is yours now");
      } else {
        await expect(member.title("This link is not complete")).toBeVisible();
        await lookAtConsole(member.page, "claim-bare");
      }
    } finally {
      await member.close();
      await trial.site.close();
      await ginnel.close();
    }
  }
});

test("a server without test apps says so on the page", async ({ page }) => {
  const ginnel = await Ginnel.open({ GINNEL_TEST_APPS: "false" });
  const site = await OwnSite.open();
  try {
    await site.paste(twoLines(ginnel.url));
    await page.goto(site.url);
    await expect(page.getByText("This server makes no test apps.")).toBeVisible();
    await look(page, "test-app-refused");
  } finally {
    await site.close();
    await ginnel.close();
  }
});
