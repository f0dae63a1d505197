/**
 * Lighthouse on every page of the Console, signed in: accessibility and best practices 100. Performance is printed; it
 * decides only in `npm run lighthouse`, since on a machine with other work it tells of that work.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import lighthouse, { desktopConfig } from "lighthouse";
import { fill, seededId } from "../support/console-data.ts";
import { ownPages, pagesOf } from "../support/console-pages.ts";
import { Console } from "../support/console.ts";
import { freePort } from "../support/processes.ts";
import { expect, test } from "../support/test.ts";

const categories = ["performance", "accessibility", "best-practices"] as const;
type Scores = Record<(typeof categories)[number], number>;
interface Verdict {
  scores: Scores;
  lost: string[];
  /** Where redirects led. */
  arrived: string;
}

/** What Lighthouse gives a page, and what cost it points other than time. */
async function judge(
  url: string,
  port: number,
  form: "desktop" | "mobile",
  tries = 3,
): Promise<Verdict> {
  const flags = { port, disableStorageReset: true, onlyCategories: [...categories] };
  const result = await lighthouse(url, flags, form === "desktop" ? desktopConfig : undefined);
  const { lhr } = result!;
  // Chromium's traces get lost now and then.
  if (lhr.runtimeError?.code === "NO_NAVSTART" && tries > 1)
    return judge(url, port, form, tries - 1);
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const scores = Object.fromEntries(
    categories.map((name) => [name, Math.round(lhr.categories[name]!.score! * 100)]),
  ) as Scores;
  const lost = categories.slice(1).flatMap((name) =>
    lhr.categories[name]!.auditRefs.filter(({ id, weight }) => {
      const { score } = lhr.audits[id]!;
      return weight > 0 && score !== null && score < 1;
    }).map(({ id }) => id),
  );
  return { scores, lost, arrived: lhr.finalDisplayedUrl };
}

test("every page is judged", async ({ ginnel, operator: _ }, info) => {
  test.setTimeout(20 * 60_000);
  const folder = await mkdtemp(join(tmpdir(), "ginnel-lighthouse-"));
  const port = await freePort();
  const { executablePath, args = [] } = info.project.use.launchOptions!;
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: executablePath!,
    args: [...args, `--remote-debugging-port=${port}`],
  });
  try {
    const page = await context.newPage();
    const signedOut = { "sign-in": "/console/sign-in", "sign-up": "/console/sign-up" };
    const table: Record<string, Scores & { lost: string }> = {};
    const add = async (name: string, path: string) => {
      for (const form of ["desktop", "mobile"] as const) {
        const { scores, lost, arrived } = await judge(ginnel.url + path, port, form);
        expect.soft(arrived, name).toBe(ginnel.url + path);
        table[`${name}, ${form}`] = { ...scores, lost: lost.join(" ") };
      }
    };
    for (const [name, path] of Object.entries(signedOut)) await add(name, path);
    const member = await Console.at(page, ginnel);
    await member.signUp();
    const id = await member.createApp({
      name: "Ada's bicycles",
      authOrigin: "https://bicycles.example",
      redirectUrl: "/",
    });
    await fill(ginnel, id);
    await page.goto("about:blank");
    const pages = { ...ownPages, ...pagesOf(id, seededId(id, 1)) };
    for (const [name, path] of Object.entries(pages)) await add(name, path);
    console.table(table);
    for (const [name, scores] of Object.entries(table)) {
      expect.soft(scores, name).toMatchObject({ accessibility: 100, "best-practices": 100 });
      const least = Number(process.env["LIGHTHOUSE_PERFORMANCE"] ?? 0);
      expect.soft(scores.performance, `performance of ${name}`).toBeGreaterThanOrEqual(least);
    }
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  }
});
