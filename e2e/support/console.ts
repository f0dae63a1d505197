/** What a person does in the Console, in the person's words. */
import { expect, type Browser, type Locator, type Page } from "@playwright/test";
import type { Ginnel } from "./app.ts";
import { Passkeys } from "./passkey.ts";
import { newPerson } from "./visit.ts";

export interface AppForm {
  name: string;
  authOrigin: string;
  redirectUrl: string;
}

/** Pages of an app, as the navigation names them. */
export type Section =
  | "Overview"
  | "Users"
  | "Activity"
  | "Inbox"
  | "Messages"
  | "Members"
  | "User fields"
  | "API keys"
  | "Settings"
  | "Audit log";

export class Console {
  private constructor(
    readonly page: Page,
    readonly passkeys: Passkeys,
    readonly ginnel: Ginnel,
  ) {}

  /** At a page of its own story. */
  static async at(page: Page, ginnel: Ginnel): Promise<Console> {
    return new Console(page, await Passkeys.open(page), ginnel);
  }

  /** In a browser of its own; close it with `close`. */
  static async elsewhere(browser: Browser, ginnel: Ginnel): Promise<Console> {
    const context = await browser.newContext();
    return Console.at(await context.newPage(), ginnel);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  button = (name: string | RegExp): Locator => this.page.getByRole("button", { name });
  link = (name: string | RegExp): Locator => this.page.getByRole("link", { name });
  title = (name: string | RegExp): Locator => this.page.getByRole("heading", { name });
  tab = (name: Section): Locator => this.page.getByRole("link", { name, exact: true });
  /** The sentence on top that tells what was done. */
  done = (): Locator => this.page.getByRole("status").first();

  async goto(path: string): Promise<void> {
    await this.page.goto(this.ginnel.url + path);
  }

  /** Opens the link that the server printed, and registers: the first member. */
  async setUp(email = newPerson()): Promise<string> {
    await this.page.goto(await setupLink(this.ginnel));
    await this.button("Create an account").click();
    await expect(this.title("Set up this server")).toBeVisible();
    await this.registers(email);
    await expect(this.title("Your apps")).toBeVisible();
    return email;
  }

  /** Signs up where that is open, and stands on the start page. */
  async signUp(email = newPerson()): Promise<string> {
    await this.goto("/console/sign-up");
    await this.registers(email);
    await expect(this.title("Your apps")).toBeVisible();
    return email;
  }

  /** Fills in the element that registers, on a page that has one. */
  async registers(email: string): Promise<void> {
    await this.page.getByLabel("Email address").fill(email);
    await this.passkeys.agree(async () => {
      await this.button("Create a passkey").click();
      await expect(this.page).not.toHaveURL(/\/sign-up/);
    });
  }

  /** Signs in on the page that asks for it, in a browser that knows them. */
  async signsInAgain(email: string): Promise<void> {
    await expect(this.page).toHaveURL(/\/console\/sign-in/);
    await expect(this.title("Welcome back")).toBeVisible();
    await expect(this.page.getByText(email)).toBeVisible();
    await this.passkeys.agree(async () => {
      await this.button("Continue").click();
      await expect(this.page).not.toHaveURL(/\/sign-in/);
    });
  }

  async signOut(): Promise<void> {
    await this.button("Sign out").click();
    await expect(this.title("Sign in to the Console")).toBeVisible();
  }

  /** Fills in the form for a new app on the page that has it. */
  async fillsIn(app: AppForm): Promise<void> {
    await this.page.getByLabel("Name").fill(app.name);
    await this.page.getByLabel("Authentication origin").fill(app.authOrigin);
    await this.page.getByLabel("Redirect URL").fill(app.redirectUrl);
  }

  /** Makes an app from the start page, and stands on its page; the app's id. */
  async createApp(app: AppForm): Promise<string> {
    await this.goto("/console");
    await this.link("Create new app").first().click();
    await this.fillsIn(app);
    await this.button("Create app").click();
    await expect(this.title(app.name)).toBeVisible();
    return this.appId();
  }

  /** Goes to a page of an app by its navigation. */
  async opens(name: Section): Promise<void> {
    await this.tab(name).click();
    await expect(this.tab(name)).toHaveAttribute("aria-current", "page");
  }

  /** Invites somebody to the app whose page this is; the link that the page shows. */
  async invites(email: string, role: "viewer" | "admin" | "owner"): Promise<string> {
    await this.opens("Members");
    await this.page.getByLabel("E-mail address").fill(email);
    await this.page.getByLabel("Role", { exact: true }).selectOption(role);
    await this.button("Make an invitation").click();
    await expect(this.done()).toContainText(`${email} is invited.`);
    return this.page.locator("code.id").innerText();
  }

  /** Follows an invitation as somebody who has no account yet, and stands on the app's page. */
  async joins(link: string, email: string): Promise<void> {
    await this.page.goto(link);
    await this.button("Create an account").click();
    await this.registers(email);
    await expect(this.done()).toHaveText("Welcome. The app is among yours now.");
  }

  /** Sends a form of the Console as its pages do, though none of them shows it; the status of the answer. */
  post(path: string, fields: Record<string, string> = {}): Promise<number> {
    return this.page.evaluate(
      async ([path, fields]) => {
        const csrf = document.querySelector<HTMLInputElement>("input[name=csrf]")!.value;
        const body = new URLSearchParams({ ...fields, csrf });
        return (await fetch(path, { method: "POST", body, redirect: "manual" })).status;
      },
      [path, fields] as const,
    );
  }

  /** The two lines for a login page, as the app's page shows them. */
  frontEnd(): Promise<string> {
    return this.page.getByLabel("HTML snippet").innerText();
  }

  /** The file for a back end in Node, as the app's page shows it. */
  async backEnd(): Promise<string> {
    await this.page.getByText("Node", { exact: true }).click();
    return this.page.getByLabel("Code for Node").innerText();
  }

  /** Id of the app whose page this is, as the page shows it. */
  appId(): Promise<string> {
    return this.page.locator("code.id").innerText();
  }
}

/** The link that a new server prints. */
export async function setupLink(ginnel: Ginnel): Promise<string> {
  const printed = () => /http\S+\/console\/setup\/\S+/.exec(ginnel.log)?.[0];
  await expect.poll(printed).toBeTruthy();
  return printed()!;
}
