/** Looks at a screen: axe finds nothing, nothing is too wide, and pictures go to `screenshots/`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = join(import.meta.dirname, "../screenshots");
const sizes = { narrow: { width: 320, height: 640 }, wide: { width: 1280, height: 800 } };

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** In light and dark, on a telephone of 320 px and on a desk. */
export async function look(page: Page, name: string): Promise<void> {
  await lookAt(page, name, sizes);
}

/** The same for a page of the Console, whose tables want a telephone of 360 px. */
export async function lookAtConsole(page: Page, name: string): Promise<void> {
  await lookAt(page, `console-${name}`, { ...sizes, narrow: { width: 360, height: 740 } });
}

/** The same for a mail, which is no page but a part of one: its landmarks are the mail program's. */
export async function lookAtMail(page: Page, name: string): Promise<void> {
  const wide = { width: 700, height: 800 };
  await lookAt(page, name, { ...sizes, wide }, ["landmark-one-main", "region"]);
}

async function lookAt(page: Page, name: string, on: typeof sizes, without: string[] = []) {
  const before = page.viewportSize();
  for (const [size, viewport] of Object.entries(on)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const here = `${name}, ${colorScheme}, ${viewport.width} px`;
      await page.screenshot({
        path: join(folder, `${name}-${size}-${colorScheme}.png`),
        fullPage: true,
      });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(excess, `pixels too wide: ${here}`).toBeLessThanOrEqual(0);
      expect.soft(await violations(page, without), `axe: ${here}`).toEqual([]);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (before) await page.setViewportSize(before);
}

/** What axe finds, by all of its rules but those that are left out. */
async function violations(page: Page, without: string[]): Promise<string[]> {
  // Once for each page; it stays when the size changes.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
  const found = await page.evaluate(async (rules) => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> };
    };
    return (await axe.run({ rules })).violations;
  }, rules);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}
