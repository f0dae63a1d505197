/** People who are known by phone numbers: sign-up by text message, all spellings one account. */
import { randomInt } from "node:crypto";
import { look } from "../support/look.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { Visit } from "../support/visit.ts";

test("a number signs up and in by the code of a text message, however it is written", async ({
  page,
  passkeys,
  ginnel,
  pageServer,
  inbox,
}) => {
  const appId = await ginnel.createApp({
    authOrigin: pageServer.url,
    redirectUrl: "/in",
    update: [
      ...["--identifiers", "both", "--required-identifier", "either"],
      ...["--default-country", "DE", "--magic-links", "false", "--one-time-codes", "true"],
    ],
  });
  pageServer.page("/in", "<p>You are in.</p>");
  const visit = new Visit(page, passkeys, pageServer.page("/", twoLines(appId, ginnel.url)));
  const box = page.locator("input#identifier");
  const boxes = page.locator("input[slot=otpInput]");
  const rest = String(randomInt(1_000_000, 9_999_999));
  const number = `+49151${rest}`;

  await visit.openRegister();
  await expect(page.getByLabel("Email address or phone number")).toBeVisible();
  await box.pressSequentially("0151");
  await expect(page.getByLabel("Phone number (Germany)")).toBeVisible();
  await look(page, "phone-typed");
  await box.fill(`0151 / ${rest.slice(0, 3)}-${rest.slice(3)}`);
  await visit.button("Sign up by code instead").click();
  await expect(visit.title("Check your phone")).toBeVisible();
  await look(page, "phone-code");
  await boxes.first().fill((await inbox.newest(number)).code);
  await visit.skipsPasskey();
  await expect(page.getByText("You are in.")).toBeVisible();

  await page.evaluate(() => localStorage.clear());
  await visit.openLogin();
  await box.fill(`+49 (0) 151 ${rest}`);
  await visit.button("Use a code instead").click();
  await expect(visit.title("Check your phone")).toBeVisible();
  await boxes.first().fill((await inbox.newest(number, 2)).code);
  await visit.addsPasskey();
  await expect(page.getByText("You are in.")).toBeVisible();

  await page.evaluate(() => localStorage.clear());
  await visit.openLogin();
  await box.fill("0151 1");
  await visit.button("Continue").click();
  await expect(visit.alert()).toBeVisible();
  await look(page, "phone-refused");
});
