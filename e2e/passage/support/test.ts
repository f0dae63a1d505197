/** What every judge starts with: a server, the mapping in front of it, a browser that knows no other way. */
import { writeFile } from "node:fs/promises";
import { test as base } from "@playwright/test";
import { Ginnel, type NewApp } from "../../support/app.ts";
import { Inbox } from "../../support/inbox.ts";
import { PageServer } from "../../support/page-server.ts";
import { Passkeys } from "../../support/passkey.ts";
import { Mapping } from "./mapping.ts";
import { bundle } from "./packages.ts";

export { expect } from "@playwright/test";

/** An app of the server, and the site that its people see. */
export class Site {
  constructor(
    readonly appId: string,
    readonly pages: PageServer,
  ) {}

  get url(): string {
    return this.pages.url;
  }

  /** Puts a page up with a script of its own, which is bundled with the packages that it imports. */
  async page(path: string, body: string, script: string, loader: "js" | "tsx" = "js") {
    const name = `/script-${this.pages.pages.size}.js`;
    this.pages.pages.set(name, await bundle(script, loader));
    return this.pages.page(path, `${body}\n<script type="module" src="${name}"></script>`);
  }
}

/** What a judge of a package has at hand. */
export interface Judged {
  site: Site;
  inbox: Inbox;
  mapping: Mapping;
  ginnel: Ginnel;
}

interface TestFixtures {
  /** The mapping, with nothing asked yet. */
  mapping: Mapping;
  pages: PageServer;
  /** Settings of the app, as far as they differ. */
  settings: Partial<NewApp>;
  site: Site;
  passkeys: Passkeys;
  inbox: Inbox;
  logs: void;
}
interface WorkerFixtures {
  ginnel: Ginnel;
  names: Mapping;
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
  names: [
    async ({ ginnel }, use) => {
      const names = await Mapping.open(ginnel.url);
      await use(names);
      await names.close();
    },
    { scope: "worker" },
  ],
  launchOptions: [
    async ({ launchOptions, names }, use) => {
      const own = (launchOptions.args ?? []).filter((text) => !text.includes("resolver-rules"));
      await use({ ...launchOptions, args: [...own, ...names.browserArguments] });
    },
    { scope: "worker" },
  ],
  mapping: async ({ names }, use) => {
    names.clear();
    await use(names);
  },
  pages: async ({}, use) => {
    const pages = await PageServer.open();
    await use(pages);
    await pages.close();
  },
  settings: [{}, { option: true }],
  // `mapping` stands here so that it is fresh before the page asks for anything.
  site: async ({ ginnel, pages, settings, mapping: _ }, use) => {
    const appId = await ginnel.createApp({
      authOrigin: pages.url,
      redirectUrl: "/welcome",
      ...settings,
    });
    pages.page("/welcome", "<h2>Welcome</h2>");
    await use(new Site(appId, pages));
  },
  passkeys: async ({ page }, use) => use(await Passkeys.open(page)),
  inbox: async ({ ginnel }, use) => use(new Inbox(ginnel.exampleUrl + "/inbox")),
  logs: [
    async ({ ginnel, names }, use, info) => {
      await use();
      if (info.status === info.expectedStatus) return;
      await writeFile(info.outputPath("ginnel.log"), ginnel.log);
      await writeFile(info.outputPath("calls.json"), JSON.stringify(names.calls, null, 2));
    },
    { auto: true },
  ],
});
