/** What every story starts with: a server and an Express example for each worker, authenticators for each page. */
import { writeFile } from "node:fs/promises";
import { test as base } from "@playwright/test";
import { Ginnel } from "./app.ts";
import { Console } from "./console.ts";
import { ExpressExample } from "./express.ts";
import { Inbox } from "./inbox.ts";
import { PageServer } from "./page-server.ts";
import { Passkeys } from "./passkey.ts";
import { Visit } from "./visit.ts";

export { expect } from "@playwright/test";

/** The sites that must behave alike. */
export const siteNames = ["example app", "node-express"] as const;
export type SiteName = (typeof siteNames)[number];

export interface Site {
  name: SiteName;
  url: string;
  appId: string;
}

interface TestFixtures {
  siteName: SiteName;
  site: Site;
  passkeys: Passkeys;
  /** A person at the page, on the site. */
  visit: Visit;
  /** Somebody at the site in another browser. */
  elsewhere: Visit;
  inbox: Inbox;
  /** A web server for pages of the story's own. */
  pageServer: PageServer;
  /** Somebody new in the Console, at the page, with an account of their own and no app yet. */
  member: Console;
  logs: void;
}
interface WorkerFixtures {
  ginnel: Ginnel;
  /** Whoever runs the server, in a browser of their own. */
  operator: Console;
  express: ExpressExample;
  sites: Record<SiteName, Site>;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  ginnel: [
    async ({}, use) => {
      const ginnel = await Ginnel.open();
      await use(ginnel);
      await ginnel.close();
    },
    { scope: "worker" },
  ],
  operator: [
    async ({ ginnel, browser }, use) => {
      const operator = await Console.elsewhere(browser, ginnel);
      await operator.setUp();
      await use(operator);
      await operator.close();
    },
    { scope: "worker" },
  ],
  express: [
    async ({ ginnel }, use) => {
      const express = await ExpressExample.open(ginnel);
      await use(express);
      await express.close();
    },
    { scope: "worker" },
  ],
  sites: [
    async ({ ginnel, express }, use) => {
      await use({
        "example app": {
          name: "example app",
          url: ginnel.exampleUrl,
          appId: await ginnel.exampleAppId(),
        },
        "node-express": { name: "node-express", url: express.url, appId: express.appId },
      });
    },
    { scope: "worker" },
  ],
  siteName: ["example app", { option: true }],
  site: async ({ sites, siteName }, use) => use(sites[siteName]),
  passkeys: async ({ page }, use) => use(await Passkeys.open(page)),
  visit: async ({ page, passkeys, site }, use) => use(new Visit(page, passkeys, site.url)),
  elsewhere: async ({ browser, site }, use) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await use(new Visit(page, await Passkeys.open(page), site.url));
    await context.close();
  },
  inbox: async ({ ginnel }, use) => use(new Inbox(ginnel.exampleUrl + "/inbox")),
  pageServer: async ({}, use) => {
    const pageServer = await PageServer.open();
    await use(pageServer);
    await pageServer.close();
  },
  // Not the first: whoever is runs the server.
  member: async ({ page, ginnel, operator: _ }, use) => {
    const member = await Console.at(page, ginnel);
    await member.signUp();
    await use(member);
  },
  logs: [
    async ({ ginnel, express }, use, info) => {
      await use();
      if (info.status === info.expectedStatus) return;
      await writeFile(info.outputPath("ginnel.log"), ginnel.log);
      await writeFile(info.outputPath("express.log"), express.log);
    },
    { auto: true },
  ],
});

/** Tells each story on each site. */
export function onEverySite(stories: (name: SiteName) => void): void {
  for (const siteName of siteNames) {
    test.describe(siteName, () => {
      test.use({ siteName });
      stories(siteName);
    });
  }
}
