/** Mails of a server without a mail server, as its inbox page shows them. */
import { expect } from "@playwright/test";

/** What a person uses of a mail. */
export interface Mail {
  subject: string;
  /** Empty where the mail has none, as `code`. */
  link: string;
  code: string;
  text: string;
}

const found = (page: string, pattern: RegExp) =>
  (pattern.exec(page)?.[1] ?? "").replace(/&(amp|#38|#x26);/g, "&").replace(/&(#39|#x27);/g, "'");

export class Inbox {
  constructor(
    /** Address of the page. */
    readonly url: string,
  ) {}

  /** Ids of all mails to an address, the newest first. */
  async ids(to: string): Promise<string[]> {
    const page = await (await fetch(this.url)).text();
    return page
      .split("<article")
      .filter((article) => article.includes(`To ${to}<`))
      .map((article) => found(article, /href="\/inbox\/(\w+)"/));
  }

  async #read(id: string): Promise<Mail> {
    const page = await (await fetch(`${this.url}/${id}`)).text();
    return {
      subject: found(page, /<h1>(.*?)<\/h1>/),
      link: found(page, /id="link" href="(.*?)"/),
      code: found(page, /id="code">(.*?)</),
      text: found(page, /<pre[^>]*>(.*?)<\/pre>/s),
    };
  }

  /** Subjects of all mails to an address, the newest first. */
  async subjects(to: string): Promise<string[]> {
    const mails = (await this.ids(to)).map((id) => this.#read(id));
    return (await Promise.all(mails)).map(({ subject }) => subject);
  }

  /** The newest mail to an address, once there are `count` of them. */
  async newest(to: string, count = 1): Promise<Mail> {
    await expect.poll(async () => (await this.ids(to)).length).toBe(count);
    return this.#read((await this.ids(to))[0]!);
  }
}
