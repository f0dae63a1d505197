/** How the judges run: as the stories do, with every name but localhost answered on this machine. */
import { defineConfig } from "@playwright/test";
import stories from "../playwright.config.ts";

export default defineConfig({
  ...stories,
  testDir: "tests",
  globalSetup: "../support/setup.ts",
  outputDir: "../test-results/passage",
});
