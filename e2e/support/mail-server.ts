/** A real mail server, as `scripts/with-mail` starts it: Exim takes the mails, Dovecot gives them out by IMAP. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./programs.ts";

const run = promisify(execFile);

export interface ReadMail {
  headers: Record<string, string>;
  parts: { type: string; text: string }[];
  defects: string[];
}

export class MailServer {
  private constructor(
    /** Settings of a server that sends by it. */
    readonly settings: Record<string, string>,
    private readonly imap: string,
    private readonly child: ChildProcess,
  ) {}

  /** Nothing where this machine cannot have one; the script says why. It is gone when its standard input ends. */
  static async open(): Promise<MailServer | undefined> {
    const told = 'cat "$TEST_MAIL_SERVER/env"; echo "FOLDER=$TEST_MAIL_SERVER"; exec cat';
    const child = spawn(join(repository, "scripts/with-mail"), ["sh", "-c", told], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const facts: Record<string, string> = {};
    for await (const line of createInterface({ input: child.stdout })) {
      const [name, value] = line.split("=") as [string, string];
      facts[name] = value;
      if (name === "FOLDER") break;
    }
    if (!facts["FOLDER"]) {
      child.stdin.end();
      return undefined;
    }
    const account = "ginnel%40mail.test:p%40ss%3A%20word%2F%25";
    return new MailServer(
      {
        GINNEL_SMTP_URL: `smtp://${account}@localhost:${facts["STARTTLS_PORT"]}`,
        GINNEL_MAIL_FROM: "login@example.com",
        SSL_CERT_FILE: join(facts["FOLDER"], "cert.pem"),
      },
      facts["IMAP_PORT"]!,
      child,
    );
  }

  /** Reads a message of `ginnel messages list` by IMAP, once it has come. */
  async read(id: string): Promise<ReadMail> {
    const script = join(repository, "crates/server/tests/it/messages/read_mail.py");
    const { stdout } = await run("python3", [script, this.imap, `<${id}@example.com>`]);
    const mails = JSON.parse(stdout) as ReadMail[];
    if (mails.length !== 1) throw new Error(`${mails.length} mails have the id ${id}`);
    return mails[0]!;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.on("close", resolve));
    this.child.stdin!.end();
    await ended;
  }
}
