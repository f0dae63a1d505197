/** What a person sees and does in Passage's elements, whatever their version. */
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import type { Passkeys } from "../../support/passkey.ts";
import { installed } from "./packages.ts";
import type { Site } from "./test.ts";

/** What an app must be set to for the old elements to do all they can; `docs/passage-compatibility.md` says why. */
export const oldElementSettings = {
  update: ["--identifiers", "both", "--plain-links", "true", "--recent-sign-in", "0"],
};

export type Tag =
  | "passage-auth"
  | "passage-login"
  | "passage-register"
  | "passage-profile"
  | "passage-passkey-table";

/** What each step's button is called, in our texts, in the built-in ones of the betas, and without any text. */
const names = {
  register: /^register.here\.?$/i,
  passkey: /^(create a passkey|register with (device|biometrics)|register-with-passkey)$/i,
  fallback: /^register (by|with) (an? )?(code|link|email link)$/i,
  continue: /^continue$/i,
} as const;

/** Puts a page up with one element of a version, and gives its address. */
export function elementPage(site: Site, version: string, tag: Tag, path = "/"): Promise<string> {
  return site.page(
    path,
    `<${tag} app-id="${site.appId}"></${tag}>`,
    `import "${installed("passage-elements", version)}/${tag}";`,
  );
}

export class OldElement {
  constructor(
    readonly page: Page,
    readonly passkeys: Passkeys,
    readonly tag: Tag = "passage-auth",
  ) {
    // Long before a test's own time is up, so that it says what it waited for.
    page.setDefaultTimeout(20_000);
  }

  element = (): Locator => this.page.locator(this.tag);
  boxes = (): Locator => this.page.locator(`${this.tag} input:visible`);
  button = (name: string | RegExp): Locator => this.element().getByRole("button", { name });
  text = (text: string | RegExp): Locator => this.element().getByText(text);
  /** Where each app's page leads after a sign-in. */
  welcome = (): Locator => this.page.getByRole("heading", { name: "Welcome", exact: true });

  /** Types an address or a number key by key, as the phone library wants it, and submits it. */
  async submit(identifier: string): Promise<void> {
    await this.boxes().first().pressSequentially(identifier);
    await this.boxes().first().press("Enter");
  }

  /** Goes on to the page that offers a passkey to somebody new. */
  async begins(identifier: string): Promise<void> {
    await this.button(names.register).click();
    await this.submit(identifier);
    await this.button(names.passkey).waitFor();
  }

  /** Registers by passkey, and stands on the app's page. */
  async registers(identifier: string): Promise<void> {
    await this.begins(identifier);
    await this.passkeys.agree(async () => {
      await this.button(names.passkey).click();
      await this.welcome().waitFor();
    });
  }

  /** Registers by what the app has besides passkeys. */
  async registersWithout(identifier: string): Promise<void> {
    await this.begins(identifier);
    await this.button(names.fallback).click();
  }

  /** Goes on as the person that the browser knows. */
  async continues(): Promise<void> {
    await this.button(names.continue).click();
  }

  /** Types a code, whose boxes submit themselves. */
  async types(code: string): Promise<void> {
    await this.button(/^(resend|send another) code$/i).waitFor();
    await this.boxes().first().click();
    for (const _ of code) await this.page.keyboard.press("Backspace");
    await this.page.keyboard.type(code);
  }

  /** Keeps what the page looks like, beside the pictures of our own. */
  async picture(name: string): Promise<void> {
    const folder = join(import.meta.dirname, "../../screenshots");
    await this.page.screenshot({ path: join(folder, `passage-${name}.png`), fullPage: true });
  }
}

/** Signs out as a page without a session: tokens go, and what the browser knows of its last person stays. */
export async function forgetTokens(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.cookie = "psg_auth_token=; path=/; max-age=0";
    localStorage.removeItem("psg_auth_token");
    localStorage.removeItem("psg_refresh_token");
  });
}
