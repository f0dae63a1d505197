/** Messages in an app's own words: edited, looked at, tested, by mouse, by keyboard and without scripts. */
import { Complaints } from "../support/complaints.ts";
import { focused, tabTo } from "../support/keyboard.ts";
import { lookAtConsole } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

const app = {
  name: "Ada's bicycles",
  authOrigin: "https://bicycles.example",
  redirectUrl: "/dashboard",
};

test("a message is put into own words, looked at, tested and saved", async ({ page, member }) => {
  test.slow();
  const complaints = new Complaints(page);
  await member.createApp(app);
  await member.tab("Messages").click();
  await expect(page.getByRole("heading", { name: "Messages", exact: true })).toBeVisible();
  await lookAtConsole(page, "messages");
  await member.link("Sign in").first().click();
  await expect(page.getByText("built in", { exact: true })).toBeVisible();
  expect(complaints.take()).toEqual([]);
  await lookAtConsole(page, "message");
  complaints.take();

  // What is typed is seen without a button.
  await page.getByLabel("Subject").fill("Welcome back, {{ user.email }}");
  await expect(page.locator("#preview")).toContainText("Welcome back, ada@example.com");
  await page.getByLabel("HTML", { exact: true }).fill("<h1>Hello</h1><p>");
  await expect(page.locator("#preview")).toContainText("neither the link nor the code is in it");
  // A variable goes where the cursor was.
  await member.button("{{ otp.code }}").click();
  await expect(page.getByLabel("HTML", { exact: true })).toHaveValue(
    "<h1>Hello</h1><p>{{ otp.code }}",
  );
  const mail = page.frameLocator("#preview iframe");
  await expect(mail.getByText("123456")).toBeVisible();

  await member.button("Send a test to me").click();
  await expect(member.done()).toContainText("is in the app's inbox");
  await expect(page.getByLabel("Subject")).toHaveValue("Welcome back, {{ user.email }}");
  await member.button("Save").click();
  await expect(member.done()).toContainText("Saved");
  await expect(page.getByText("your words", { exact: true })).toBeVisible();
  expect(complaints.take()).toEqual([]);
  await lookAtConsole(page, "message-own");
  await member.tab("Inbox").click();
  await expect(member.link("Welcome back, ada@example.com")).toBeVisible();

  await member.tab("Messages").click();
  // The first is the mail; the text message of the same occasion follows.
  const signIn = page.locator("li", { hasText: "asks to sign in by link" });
  await expect(signIn.first()).toContainText("English");
  await member.link("Sign in").first().click();
  await member.link("Deutsch").click();
  await expect(page.getByText("people get your words in English")).toBeVisible();
  await expect(page.getByLabel("Subject")).toHaveValue(/anmelden|Anmelde/);
  await member.link(/^English/).click();
  await page.getByText("Back to the built-in words").click();
  await member.button("Delete these words").click();
  await expect(page.getByText("built in", { exact: true })).toBeVisible();
  await member.tab("Audit log").click();
  await expect(page.getByText("Message template changed").first()).toBeVisible();
});

test("a text message is edited, and what is wrong is said at its text", async ({
  page,
  member,
}) => {
  test.slow();
  const complaints = new Complaints(page);
  const id = await member.createApp(app);
  await member.goto(`/console/apps/${id}/messages/sms/sign_in`);
  await lookAtConsole(page, "message-sms");
  await page.getByLabel("Text", { exact: true }).fill("{{ otp.code");
  await member.button("Save").click();
  await expect(page.getByRole("alert")).toContainText("not saved");
  await expect(page.getByLabel("Text", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Text", { exact: true })).toHaveValue("{{ otp.code");
  complaints.take();
  await lookAtConsole(page, "message-wrong");
});

test("a preview runs no script", async ({ page, member }) => {
  const id = await member.createApp(app);
  await member.goto(`/console/apps/${id}/messages/email/sign_in`);
  const asked: string[] = [];
  await page.exposeFunction("ran", () => asked.push("ran"));
  await page
    .getByLabel("HTML", { exact: true })
    .fill(
      "<p id=it>{{ otp.code }}</p><script>parent.ran()</script><img src=x: onerror='top.ran()'>",
    );
  await member.button("Preview").click();
  await expect(page.frameLocator("#preview iframe").locator("#it")).toHaveText("123456");
  expect(asked).toEqual([]);
});

test("by keyboard alone", async ({ page, member }) => {
  const id = await member.createApp(app);
  await member.goto(`/console/apps/${id}/messages/email/sign_up`);
  await tabTo(page, "Subject");
  await page.keyboard.press("End");
  await page.keyboard.type(" for ");
  await tabTo(page, "{{ user.email }}");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("Subject");
  await page.keyboard.press("Enter");
  await expect(member.done()).toContainText("Saved");
  await expect(page.getByLabel("Subject")).toHaveValue(/ for \{\{ user\.email \}\}$/);
});

test("without scripts", async ({ member, browser, ginnel }) => {
  const id = await member.createApp(app);
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await member.page.context().storageState(),
  });
  const page = await context.newPage();
  try {
    await page.goto(`${ginnel.url}/console/apps/${id}/messages`);
    await page.getByRole("link", { name: "A passkey was added" }).click();
    await page.getByLabel("Subject").fill("New key: {{ passkey }}");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.locator("#preview")).toContainText("New key: Ada's phone");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status").first()).toContainText("Saved");
    await expect(page.getByLabel("Subject")).toHaveValue("New key: {{ passkey }}");
  } finally {
    await context.close();
  }
});
