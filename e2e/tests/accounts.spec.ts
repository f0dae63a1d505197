/** Accounts that are deactivated, accounts that are greeted, and an app that hides who has one. */
import { look } from "../support/look.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

test("a deactivated account is not entered, by passkey or by link", async ({
  visit,
  page,
  ginnel,
  inbox,
}) => {
  const email = await visit.register();
  await visit.signOut();
  await visit.askForLink(email);
  const { link, code } = await inbox.newest(email);
  await ginnel.sql("UPDATE users SET status = 'inactive' WHERE email = ?", email);
  await visit.codeBox().pressSequentially(code);
  await expect(page.getByText("This account is deactivated").first()).toBeVisible();
  await look(page, "deactivated-code");
  await page.goto(link);
  await expect(visit.title("This account is deactivated")).toBeVisible();
  await look(page, "deactivated");
  await visit.button("Back").click();

  await visit.box().fill(email);
  await visit.button("Use a link instead").click();
  await expect(visit.title("This account is deactivated")).toBeVisible();
  await visit.button("Back").click();
  await visit.seesLogin();
  await visit.passkeys.agree(async () => {
    await visit.button("Sign in with a passkey").click();
    await expect(visit.title("This account is deactivated")).toBeVisible();
  });
  expect(await visit.cookie()).toBeUndefined();
  expect(await inbox.ids(email)).toHaveLength(1);
});

test("whoever was here is welcomed back, and can switch accounts", async ({ visit, page }) => {
  const ada = await visit.register();
  await page.goto(visit.url);
  await expect(visit.title("Welcome back")).toBeVisible();
  await expect(page.getByText(ada, { exact: true })).toBeVisible();
  await expect(visit.box()).toBeHidden();
  await look(page, "welcome-back");
  await visit.passkeys.agree(async () => {
    await visit.button("Continue").click();
    await expect(visit.greeting(ada)).toBeVisible();
  });

  await page.goto(visit.url);
  await visit.button("Switch account").click();
  await expect(visit.box()).toHaveValue("");
  await visit.passkeys.autofillWaits();
  await visit.button("Create an account").click();
  const bob = newPerson();
  await visit.box().fill(bob);
  await visit.button("Sign up by link instead").click();
  await visit.waitsForMail(bob);
});

test("an app that hides who has an account shows no difference; the mail says the rest", async ({
  page,
  passkeys,
  pageServer,
  inbox,
  ginnel,
}) => {
  const appId = await ginnel.createApp({
    authOrigin: pageServer.url,
    redirectUrl: "/welcome",
    update: ["--hide-user-existence", "true"],
  });
  pageServer.page("/welcome", "<h1>Welcome</h1>");
  const visit = new Visit(page, passkeys, pageServer.page("/", twoLines(appId, ginnel.url)));
  const [known, inactive, imported, unknown] = [1, 2, 3, 4].map(newPerson) as [
    string,
    string,
    string,
    string,
  ];
  for (const email of [known, inactive, imported]) await ginnel.addUser(appId, email);
  await ginnel.sql("UPDATE users SET status = 'inactive' WHERE email = ?", inactive);
  await ginnel.sql("UPDATE users SET email_verified = TRUE WHERE email = ?", known);

  const answers: string[] = [];
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!/magic-link$/.test(pathname)) return;
    const shape = Object.keys((await response.json()).magic_link).sort();
    answers.push([pathname.split("/").at(-2), response.status(), ...shape].join(" "));
  });
  const seen = new Set<string>();
  for (const email of [known, inactive, imported, unknown]) {
    await page.goto(visit.url);
    await expect(visit.button("Send me a link")).toBeVisible();
    if (email === known) await look(page, "hidden-existence");
    await visit.submit(email, "Send me a link");
    await visit.waitsForMail(email);
    const text = await page.locator("passage-auth").innerText();
    seen.add(
      text
        .replace(email, "ADDRESS")
        .replace(await visit.digits(), "NN")
        .replace(/in \d+ s/, ""),
    );
    await visit.button("Use another address").click();
    await visit.button("Create an account").click();
    await visit.submit(email, "Send me a link");
    await visit.waitsForMail(email);
    await visit.button("Use another address").click();
  }
  expect([...seen]).toHaveLength(1);
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ["login 200 digits id", "register 201 digits id"]).flat(),
  );
  const signIn = "Sign in to Acme";
  const signUp = "Finish signing up for Acme";
  const deactivated = "Your account with Acme is deactivated";
  const subjects = await Promise.all(
    [known, inactive, imported, unknown].map((email) => inbox.subjects(email)),
  );
  expect(subjects).toEqual([
    [expect.any(String), signIn],
    [deactivated, deactivated],
    [expect.any(String), signIn],
    [signUp, "No account with Acme for this address"],
  ]);
  for (const [other] of subjects.slice(0, 3))
    expect([signIn, signUp, deactivated]).toContain(other);

  // A passkey says who it is, without a look-up.
  const email = newPerson();
  await page.goto(visit.url);
  await visit.button("Create an account").click();
  await visit.submit(email, "Send me a link");
  await visit.waitsForMail(email);
  await page.goto((await inbox.newest(email)).link);
  await visit.addsPasskey();
  await expect(visit.title("Welcome")).toBeVisible();
  await page.goto(visit.url);
  await expect(visit.title("Welcome back")).toBeVisible();
  await look(page, "hidden-existence-welcome");
  await passkeys.agree(async () => {
    await visit.button("Sign in with a passkey").click();
    await expect(visit.title("Welcome")).toBeVisible();
  });
});
