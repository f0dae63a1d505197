/** How the stories run: the installed Chromium, two at a time, each worker with a server of its own. */
import { defineConfig } from "@playwright/test";
import { chromium } from "./support/programs.ts";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./support/setup.ts",
  forbidOnly: true,
  workers: 2,
  timeout: 60_000,
  // A loaded machine can make a browser late; what passes only at the second try is told as flaky.
  retries: 1,
  expect: { timeout: 15_000 },
  reporter: "list",
  outputDir: "test-results",
  use: {
    locale: "en-GB",
    contextOptions: { reducedMotion: "reduce" },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        // A name that is not this machine's own, as a page in the local network has.
        "--host-resolver-rules=MAP lan.test 127.0.0.1",
      ],
    },
  },
});
