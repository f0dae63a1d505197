/** What a browser complains about on a page: errors of scripts, what the Content-Security-Policy blocked, failed loads. */
import type { Page } from "@playwright/test";

export class Complaints {
  #list: string[] = [];

  constructor(page: Page) {
    page.on("pageerror", (error) => this.#list.push(`${page.url()}: ${error}`));
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // The page itself may be a refusal, which browsers report, too.
      if (message.location().url === page.url()) return;
      this.#list.push(`${page.url()}: ${message.text()} (${message.location().url})`);
    });
  }

  /** What came since the last call. */
  take(): string[] {
    return this.#list.splice(0);
  }
}
