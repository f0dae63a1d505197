/** The example of docs/flex.md as it stands there: a site with a login of its own, which gets passkeys. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, freePort } from "../support/processes.ts";
import { repository } from "../support/programs.ts";
import { expect, test } from "../support/test.ts";

test("a login by password gets passkeys", async ({ page, passkeys, ginnel }) => {
  const text = await readFile(join(repository, "docs/flex.md"), "utf8");
  const folder = await mkdtemp(join(tmpdir(), "ginnel-flex-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const files = [...text.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)];
  expect(files.map(([, name]) => name)).toEqual(["server.js", "index.html"]);
  for (const [, name, code] of files) await writeFile(join(folder, name!), code!);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const update = ["--type", "flex"];
  const appId = await ginnel.createApp({ authOrigin: url, redirectUrl: "/", update });
  const made = ["api-key", "create", "--app", appId, "--name", "web server", "--json"];
  const { key } = JSON.parse(await ginnel.command(...made)) as { key: string };
  const site = await Program.start({
    command: process.execPath,
    arguments: ["server.js"],
    env: {
      GINNEL_URL: ginnel.url,
      GINNEL_APP_ID: appId,
      GINNEL_API_KEY: key,
      PORT: String(port),
    },
    cwd: folder,
    ready: url,
  });
  try {
    await page.goto(url);
    const status = page.getByRole("status");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(status).toHaveText(/did not work/);
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(status).toHaveText("Hello Ada");
    await passkeys.agree(async () => {
      await page.getByRole("button", { name: "Make a passkey" }).click();
      await expect(status).toHaveText("You have a passkey now");
    });
    await page.context().clearCookies();
    await page.reload();
    await passkeys.agree(async () => {
      await page.getByRole("button", { name: "Sign in with a passkey" }).click();
      await expect(status).toHaveText("Hello Ada, by passkey");
    });
    expect(await page.context().cookies(url)).toEqual([
      expect.objectContaining({ name: "session", httpOnly: true }),
    ]);
    expect(site.log).not.toContain("Error: ");
  } finally {
    await site.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
