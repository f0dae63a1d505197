/** What a newcomer does: read the first screen, make an app, paste the two lines that it prints into a page. */
import { expect, test } from "../support/test.ts";
import { look } from "../support/look.ts";
import { Visit, newPerson } from "../support/visit.ts";

test("the first start says where to look, within a screenful", async ({ ginnel, site }) => {
  const greeting = ginnel.log.slice(ginnel.log.indexOf("\nGinnel "));
  const screen = greeting.slice(0, greeting.indexOf("Stop with Ctrl-C."));
  expect(screen).toContain(`runs at ${ginnel.url}`);
  expect(screen).toContain(site.url);
  expect(screen).toContain(`${ginnel.url}/console/setup/`);
  expect(screen.split("\n").length).toBeLessThan(24);
});

test("the two lines that are printed make a page with sign-in", async ({
  ginnel,
  page,
  pageServer,
  passkeys,
}) => {
  const printed = await ginnel.createAppAsPerson({
    name: "Ada's bicycles",
    authOrigin: pageServer.url,
    redirectUrl: "/dashboard",
  });
  const lines = printed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("<"));
  expect(lines).toHaveLength(2);
  const visit = new Visit(page, passkeys, pageServer.page("/", lines.join("\n")));
  pageServer.page("/dashboard", "<h1>Bicycles</h1>");

  await visit.openLogin();
  await expect(visit.title("Sign in to Ada's bicycles")).toBeVisible();
  await look(page, "own-page");
  await visit.openRegister();
  const email = newPerson();
  await passkeys.agree(async () => {
    await visit.submit(email, "Create a passkey");
    await expect(page).toHaveURL(pageServer.url + "/dashboard");
  });
  expect(await visit.cookie()).toBeTruthy();

  await page.goto(visit.url);
  await expect(visit.title("Welcome back")).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();
  await passkeys.agree(async () => {
    await visit.button("Continue").click();
    await expect(page).toHaveURL(pageServer.url + "/dashboard");
  });
});

for (const [name, origin, corrected] of [
  ["127.0.0.1", "http://127.0.0.1:3000", "http://localhost:3000"],
  ["a slash at the end", "http://localhost:3001/", "http://localhost:3001"],
] as const) {
  test(`an origin with ${name} is put right`, async ({ ginnel }) => {
    const id = await ginnel.createApp({ authOrigin: origin, redirectUrl: "/" });
    const { app } = JSON.parse(await ginnel.command("app", "show", id, "--json")) as {
      app: { auth_origin: string };
    };
    expect(app.auth_origin).toBe(corrected);
  });
}

for (const [name, origin] of [
  ["no scheme", "localhost:8080"],
  ["a path", "http://localhost:8080/login"],
  ["http on a public name", "http://shop.example.com"],
] as const) {
  test(`an origin with ${name} is refused with a sentence`, async ({ ginnel }) => {
    const refusal = await ginnel.createApp({ authOrigin: origin, redirectUrl: "/" }).then(
      () => "accepted",
      (error: { stderr: string }) => error.stderr,
    );
    expect(refusal).toMatch(/https?:\/\//);
    expect(refusal).not.toContain("panicked");
  });
}
