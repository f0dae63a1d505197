/**
 * The back ends of the quick start: each program of `examples/quick-start`, started in a fresh copy by the lines of its
 * README, and each language's line that installs the SDK, in a project of one's own.
 */
import type { JsonWebKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FreshCopy, sharedCaches } from "../support/fresh-copy.ts";
import { installedGems } from "../support/gems.ts";
import { Program, freePort } from "../support/processes.ts";
import { repository } from "../support/programs.ts";
import { blocksIn } from "../support/readme.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf, forgeries } from "../support/tokens.ts";
import { Visit } from "../support/visit.ts";

const folder = "examples/quick-start";
const readme = readFileSync(join(repository, folder, "README.md"), "utf8");

/** By language, the lines that the README gives for a shell: they begin with `cd` and the language. */
const programs: Record<string, string[]> = Object.fromEntries(
  blocksIn(readme, "sh")
    .map((text) => text.trim().split("\n"))
    .filter(([first]) => first!.startsWith("cd "))
    .map((lines) => [lines[0]!.slice("cd ".length), lines]),
);

const extra = (name: string) => (name === "ruby" ? installedGems() : {});

/** By the heading of its tab in the guide: a program's folder, and a project of one's own that takes the install line. */
const projects: Record<string, { name: string; project: (line: string) => string[] }> = {
  "Go (net/http)": {
    name: "go",
    project: (line) => ["go mod init project", line, "cp $PROGRAM/main.go .", "go vet ."],
  },
  "Python (Flask)": {
    name: "python",
    project: (line) => [
      "python3 -m venv .venv",
      ". .venv/bin/activate",
      line,
      "cp $PROGRAM/app.py .",
      "python -c 'import app'",
    ],
  },
  "Node (Express)": {
    name: "node",
    project: (line) => [
      "npm init --yes --init-type module",
      line,
      "cp $PROGRAM/app.js .",
      // It listens, and so does not end by itself.
      "node -e 'import(\"./app.js\").then(() => process.exit())'",
    ],
  },
  "Ruby on Rails": {
    name: "ruby",
    project: (line) => [
      "cp -r $PROGRAM/. .",
      `sed -i 's|^gem "ginnel".*|${line}|' Gemfile`,
      `grep -qx '${line}' Gemfile`,
      "bundle install",
      "bundle exec ruby -e 'require \"./config/application\"; Rails.application.initialize!'",
    ],
  },
  "Rust (axum)": {
    name: "rust",
    project: (line) => [
      "cargo init --name project",
      `echo '${line}' >> Cargo.toml`,
      `echo 'axum = "*"' >> Cargo.toml`,
      `echo 'tokio = { version = "*", features = ["macros", "net", "rt-multi-thread"] }' >> Cargo.toml`,
      "cp $PROGRAM/src/main.rs src",
      "cp ../ginnel/Cargo.lock .",
      "cargo check",
    ],
  },
};

test("each program has its lines in the README", () => {
  const folders = readdirSync(join(repository, folder), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(names.sort()).toEqual(["go", "node", "python", "ruby", "rust"]);
  expect(Object.keys(programs).sort()).toEqual(names);
});

for (const [name, lines] of Object.entries(programs)) {
  test(`${name}: the quick start's program knows whose request it is`, async ({
    page,
    passkeys,
    express,
    ginnel,
  }) => {
    // It may be the first to build what it needs.
    test.setTimeout(20 * 60_000);
    const signIn = async (url: string) => {
      // Pages on other ports of this host would have the cookie as well.
      await page.context().clearCookies();
      const visit = new Visit(page, passkeys, url);
      await visit.register();
      return (await visit.cookie())!;
    };
    const foreign = await signIn(ginnel.exampleUrl);
    const token = await signIn(express.url);
    const keySet = await fetch(`${ginnel.url}/auth/v1/apps/${express.appId}/.well-known/jwks.json`);
    const { keys } = (await keySet.json()) as { keys: JsonWebKey[] };

    const copy = await FreshCopy.make(`quick-start-${name}`);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/authenticatedRoute`;
    const env = { GINNEL_URL: ginnel.url, PORT: String(port), ...extra(name) };
    let program: Program | undefined;
    try {
      await test.step("a wrong application id ends it with a way out", async () => {
        const start = copy.shell(lines, folder, { ...env, GINNEL_APP_ID: "../../etc/passwd" });
        expect(await start.catch(String)).toContain("ginnel app create");
      });

      program = await Program.start({
        command: "bash",
        arguments: ["-e", "-c", lines.join("\n")],
        env: { ...sharedCaches, ...env, GINNEL_APP_ID: express.appId },
        cwd: join(copy.folder, folder),
        ready: url,
        anyStatus: true,
        patience: 15 * 60_000,
        hasChildren: true,
      });
      const ask = async (headers: Record<string, string>) => {
        const response = await fetch(url, { headers, redirect: "manual" });
        const to = new URL(response.headers.get("location") ?? "", url);
        const text = (await response.text()).trim();
        return response.status === 302 ? `to ${to.pathname}` : `${response.status} ${text}`.trim();
      };
      const byCookie = (token: string) => ask({ cookie: `theme=dark; psg_auth_token=${token}` });
      const byHeader = (token: string) => ask({ authorization: `Bearer ${token}` });

      const welcome = `200 ${claimsOf(token)["sub"] as string}`;
      expect(await byCookie(token)).toBe(welcome);
      expect(await byHeader(token)).toBe(welcome);

      const refused = name === "ruby" ? /^to \/unauthorized$/ : /^401( Please sign in\.)?$/;
      expect(await ask({})).toMatch(refused);
      for (const [what, forged] of Object.entries({
        ...forgeries(token, keys),
        "of another app": foreign,
      })) {
        expect(await byCookie(forged), what).toMatch(refused);
        expect(await byHeader(forged), what).toMatch(refused);
      }
      expect(await byCookie(token)).toBe(welcome);
    } catch (error) {
      console.log(`What ${name} wrote:\n${program?.log ?? ""}`);
      throw error;
    } finally {
      await program?.stop();
      await copy.remove();
    }
  });
}

const guide = readFileSync(join(repository, "docs/quickstart.md"), "utf8");
for (const [tab, { name, project }] of Object.entries(projects)) {
  test(`${tab}: the guide's install line is enough for its code`, async () => {
    test.setTimeout(20 * 60_000);
    const [, text] = guide.split(`<summary><b>${tab}</b></summary>\n`);
    const line = /^\n`([^`]+)`/.exec(text ?? "")?.[1];
    expect(line).toContain("../ginnel/sdks/");
    expect(text!.split("</details>")[0]).toContain(`<!-- cut: ${folder}/${name}/`);

    const copy = await FreshCopy.make(join(`quick-start-install-${name}`, "ginnel"));
    const program = join(copy.folder, folder, name);
    const own = join(copy.folder, "../project");
    try {
      await rm(own, { recursive: true, force: true });
      await mkdir(own);
      await copy.shell(project(line!), "../project", {
        PROGRAM: program,
        PORT: "0",
        GINNEL_APP_ID: "Abcdefghijkl012345678901",
        ...extra(name),
      });
    } finally {
      await copy.remove();
    }
  });
}
