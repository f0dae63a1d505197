/** Finding one's way by keyboard alone. */
import type { Page } from "@playwright/test";

/** Accessible name of what has the focus, inside shadow trees too. */
export const focused = (page: Page) =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : "";
    return (label || element?.getAttribute("aria-label") || element?.textContent || "").trim();
  });

/** Presses Tab until the focus is on what has this name. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    seen.push(await focused(page));
    if (seen.at(-1) === name) return;
  }
  throw new Error(`Tab never came to “${name}”, but to: ${seen.join(" | ")}`);
}
