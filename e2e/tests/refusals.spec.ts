/** What goes wrong for a person at the form, and what the element offers then. */
import { look } from "../support/look.ts";
import { twoLines } from "../support/page-server.ts";
import { expect, onEverySite, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

onEverySite((site) => {
  const picture = site.replace(" ", "-");

  test("an unknown address is offered to register", async ({ visit, passkeys, page }) => {
    const email = newPerson();
    await visit.openLogin();
    await visit.submit(email, "Continue");
    await expect(visit.alert()).toContainText(`There is no account for ${email}.`);
    await look(page, `${picture}-unknown-account`);
    await visit.alert().getByRole("button", { name: "Create an account" }).click();
    await expect(visit.box()).toHaveValue(email);
    await passkeys.agree(async () => {
      await visit.button("Create a passkey").click();
      await expect(visit.greeting(email)).toBeVisible();
    });
  });

  test("a known address at registration is offered to sign in", async ({
    visit,
    passkeys,
    page,
  }) => {
    const email = await visit.register();
    await visit.signOut();
    await visit.button("Create an account").click();
    await visit.submit(email, "Create a passkey");
    await expect(visit.alert()).toContainText(`${email} already has an account.`);
    await look(page, `${picture}-existing-account`);
    expect((await passkeys.list())[0]).toHaveLength(1);
    await passkeys.agree(async () => {
      await visit.alert().getByRole("button", { name: "Sign in instead" }).click();
      await expect(visit.greeting(email)).toBeVisible();
    });
  });

  test("a failed screen lock at registration leaves nothing behind and can be tried again", async ({
    visit,
    passkeys,
    page,
  }) => {
    const email = newPerson();
    await visit.openRegister();
    await passkeys.fail(async () => {
      await visit.submit(email, "Create a passkey");
      await expect(visit.title(/No passkey was used|did not work/)).toBeVisible();
    });
    await look(page, `${picture}-cancelled`);
    expect(await visit.cookie()).toBeUndefined();
    await passkeys.agree(async () => {
      await visit.button("Try again").click();
      await expect(visit.greeting(email)).toBeVisible();
    });
  });
});

test("a failed screen lock at sign-in can be tried again", async ({ visit, passkeys }) => {
  const email = await visit.register();
  await visit.signOut();
  await passkeys.fail(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title(/No passkey was used|did not work/)).toBeVisible();
  });
  expect(await visit.cookie()).toBeUndefined();
  await passkeys.agree(async () => {
    await visit.button("Try again").click();
    await expect(visit.greeting(email)).toBeVisible();
  });
});

test("who changes their mind gets the form back, address and all", async ({ visit, page }) => {
  const email = newPerson();
  await visit.openRegister();
  await visit.submit(email, "Create a passkey");
  await expect(visit.title("Create your passkey")).toBeVisible();
  await look(page, "waiting-register");
  await visit.button("Cancel").click();
  await expect(visit.title("Create your account")).toBeVisible();
  await expect(visit.box()).toHaveValue(email);
  // Nobody was made: the address still counts as new.
  await visit.button("Sign in instead").click();
  await visit.submit(email, "Continue");
  await expect(visit.alert()).toContainText("There is no account");
});

test("an account without its passkey at hand is not entered", async ({ visit, passkeys, page }) => {
  const email = await visit.register();
  await visit.signOut();
  await passkeys.clear();
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title(/[Nn]o passkey was used/)).toBeVisible();
  });
  await look(page, "no-passkey-used");
  await visit.button("Back").click();
  await expect(visit.title(/^Sign in to /)).toBeVisible();
  expect(await visit.cookie()).toBeUndefined();
});

test("a passkey that the server does not know is refused", async ({ visit, passkeys, page }) => {
  await passkeys.seedUnknown();
  await visit.openLogin();
  await passkeys.agree(async () => {
    await visit.button("Sign in with a passkey").click();
    await expect(visit.title(/passkey is not known here/)).toBeVisible();
  });
  await look(page, "unknown-passkey");
  expect(await visit.cookie()).toBeUndefined();
});

for (const [text, sentence] of [
  ["", "Enter your email address."],
  ["ada", /Enter an .*address like ada@example\.com\./],
  ["ada@", /Enter an .*address like ada@example\.com\./],
] as const) {
  test(`“${text}” in the box is explained below it`, async ({ visit, page }) => {
    await visit.openLogin();
    await visit.submit(text, "Continue");
    await expect(page.getByText(sentence)).toBeVisible();
    await expect(visit.box()).toBeFocused();
    await expect(visit.box()).toHaveAttribute("aria-invalid", "true");
    await look(page, `box-${text.replace("@", "-at") || "empty"}`);
  });
}

test("an address that only the server finds wrong is explained", async ({ visit, page }) => {
  await visit.openRegister();
  await visit.submit("ada@nowhere", "Create a passkey");
  await expect(visit.alert()).toContainText("valid email address");
  await look(page, "refused-address");
});

test("closed sign-up says so, and people with accounts still sign in", async ({
  page,
  passkeys,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  const url = pageServer.page("/", twoLines(appId, ginnel.url));
  pageServer.page(
    "/register",
    `<passage-register app-id="${appId}"></passage-register><script src="${ginnel.url}/web.js"></script>`,
  );
  pageServer.page("/welcome", "<h1>Welcome</h1>");
  const visit = new Visit(page, passkeys, url);
  const email = newPerson();
  await visit.openRegister();
  await passkeys.agree(async () => {
    await visit.submit(email, "Create a passkey");
    await expect(visit.title("Welcome")).toBeVisible();
  });
  await ginnel.command("app", "update", appId, "--public-signup", "false");
  const open = async () => {
    const answer = await fetch(`${ginnel.url}/auth/v1/apps/${appId}`);
    return ((await answer.json()) as { app: { public_signup: boolean } }).app.public_signup;
  };
  await expect.poll(open).toBe(false);

  await page.goto(pageServer.url + "/register");
  await expect(visit.title(/closed/)).toBeVisible();
  await look(page, "closed-sign-up");
  await page.goto(url);
  await expect(visit.title("Welcome back")).toBeVisible();
  await expect(visit.button("Create an account")).toHaveCount(0);
  await visit.button("Switch account").click();
  await visit.seesLogin();
  await expect(visit.button("Create an account")).toHaveCount(0);
  await visit.submit(newPerson(), "Continue");
  await expect(visit.alert()).toContainText("There is no account");
  await expect(visit.button("Create an account")).toHaveCount(0);
  await passkeys.autofillWaits();
  await passkeys.agree(async () => {
    await visit.submit(email, "Continue");
    await expect(visit.title("Welcome")).toBeVisible();
  });
});
