/** What a person does on a page with the element, in the person's words. */
import { randomBytes } from "node:crypto";
import { expect, type Locator, type Page } from "@playwright/test";
import type { Passkeys } from "./passkey.ts";

/** What a page's own scripts call, as far as it is called here. */
interface Script {
  createClient(
    appId: string,
    options: { url: string },
  ): { currentUser: { changeEmail(to: string): Promise<{ digits?: string }> } };
}

/** An address that nobody has registered yet. */
export const newPerson = () => `ada-${randomBytes(6).toString("hex")}@example.com`;

export class Visit {
  constructor(
    readonly page: Page,
    readonly passkeys: Passkeys,
    /** Where the login page is. */
    readonly url: string,
  ) {}

  box = (): Locator => this.page.getByLabel("Email address");
  button = (name: string): Locator => this.page.getByRole("button", { name, exact: true });
  title = (name: string | RegExp): Locator => this.page.getByRole("heading", { name });
  link = (name: string | RegExp): Locator => this.page.getByRole("link", { name });
  alert = (): Locator => this.page.getByRole("alert");
  /** The heading of the dashboard, which greets by e-mail address. */
  greeting = (email: string): Locator =>
    this.page.getByRole("heading", { level: 1, name: `Hello, ${email}` });

  /** Opens the login page and waits for the form. */
  async openLogin(): Promise<void> {
    await this.page.goto(this.url);
    await this.seesLogin();
  }

  async seesLogin(): Promise<void> {
    await expect(this.title(/^Sign in to /)).toBeVisible();
    await this.passkeys.autofillWaits();
  }

  async openRegister(): Promise<void> {
    await this.openLogin();
    await this.button("Create an account").click();
    await expect(this.title("Create your account")).toBeVisible();
  }

  /** Types an address and submits it. */
  async submit(
    email: string,
    name: "Continue" | "Create a passkey" | "Send me a link",
  ): Promise<void> {
    await this.box().fill(email);
    await this.button(name).click();
  }

  /** Registers a new person, who then stands on the dashboard. */
  async register(email = newPerson()): Promise<string> {
    await this.openRegister();
    await this.passkeys.agree(async () => {
      await this.submit(email, "Create a passkey");
      await expect(this.greeting(email)).toBeVisible();
    });
    return email;
  }

  async signOut(): Promise<void> {
    // The button is drawn before the script that serves it has come.
    await this.page.waitForLoadState();
    await this.button("Sign out").click();
    await this.seesLogin();
  }

  /** Signs in with an address, and stands on the dashboard. */
  async signIn(email: string): Promise<void> {
    await this.openLogin();
    await this.passkeys.agree(async () => {
      await this.submit(email, "Continue");
      await expect(this.greeting(email)).toBeVisible();
    });
  }

  /** The box for the code, on the page that waits for a link. */
  codeBox = (): Locator => this.page.getByLabel("Or enter its code");
  digitsBox = (): Locator => this.page.getByLabel("The two digits");

  /** Asks for a link to sign in, and stands on the page that waits. */
  async askForLink(email: string): Promise<void> {
    await this.openLogin();
    await this.box().fill(email);
    await this.button("Use a link instead").click();
    await this.waitsForMail(email);
  }

  /** Asks for a link to sign up. */
  async signUpByLink(email = newPerson()): Promise<string> {
    await this.openRegister();
    await this.box().fill(email);
    await this.button("Sign up by link instead").click();
    await this.waitsForMail(email);
    return email;
  }

  async waitsForMail(email: string): Promise<void> {
    await expect(this.title("Check your mail")).toBeVisible();
    await expect(this.page.getByText(email, { exact: true })).toBeVisible();
  }

  /** The two digits that the page shows. */
  async digits(): Promise<string> {
    const shown = this.page.locator("passage-auth strong");
    await expect(shown).toHaveText(/^\d\d$/);
    return shown.innerText();
  }

  async isOfferedPasskey(): Promise<void> {
    await expect(this.title("Sign in faster next time")).toBeVisible();
  }

  async skipsPasskey(): Promise<void> {
    await this.isOfferedPasskey();
    await this.button("Not now").click();
  }

  async addsPasskey(): Promise<void> {
    await this.isOfferedPasskey();
    await this.passkeys.agree(async () => {
      await this.button("Add a passkey").click();
      await expect(this.title("Sign in faster next time")).toHaveCount(0);
    });
  }

  /** Asks for a link to another address, as an account page does; a refusal throws its reason. */
  changesEmail(appId: string, url: string, to: string): Promise<{ digits?: string }> {
    return this.page.evaluate(
      ([id, url, to]) =>
        (window as unknown as { Ginnel: Script }).Ginnel.createClient(id!, { url: url! })
          .currentUser.changeEmail(to!)
          .catch((error: { reason: string }) => Promise.reject(new Error(error.reason))),
      [appId, url, to],
    );
  }

  storage(key: string): Promise<string | null> {
    return this.page.evaluate((name) => localStorage.getItem(name), key);
  }

  async cookie(): Promise<string | undefined> {
    const cookies = await this.page.context().cookies(this.url);
    return cookies.find(({ name }) => name === "psg_auth_token")?.value;
  }
}
