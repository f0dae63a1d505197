/** What a person sees and does in <passage-passkey-table>. */
import type { Locator, Page } from "@playwright/test";

export class PasskeyTable {
  constructor(private readonly page: Page) {}

  rows = (): Locator => this.page.locator("passage-passkey-table tbody").getByRole("row");
  row = (name: string): Locator => this.rows().filter({ hasText: name });
  addButton = (): Locator => this.page.getByRole("button", { name: "Add a passkey" });
  dialog = (): Locator => this.page.getByRole("dialog");

  /** Renames the passkey of a row. */
  async rename(row: number, name: string): Promise<void> {
    await this.rows()
      .nth(row)
      .getByRole("button", { name: /^Rename / })
      .click();
    await this.dialog().getByLabel("Name").fill(name);
    await this.dialog().getByRole("button", { name: "Save" }).click();
    await this.row(name).waitFor();
  }

  async remove(name: string): Promise<void> {
    await this.page.getByRole("button", { name: `Remove ${name}` }).click();
    await this.dialog().getByRole("button", { name: "Remove", exact: true }).click();
  }
}
