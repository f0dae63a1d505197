/** A site with a page for sign-in and one for registration, each with its own element. */
import { look } from "../support/look.ts";
import { expect, test } from "../support/test.ts";
import { Visit, newPerson } from "../support/visit.ts";

test("<passage-register> and <passage-login> on pages of their own", async ({
  page,
  passkeys,
  pageServer,
  ginnel,
}) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  const script = `<script src="${ginnel.url}/web.js"></script>`;
  const register = pageServer.page(
    "/register",
    `<passage-register app-id="${appId}"></passage-register>${script}`,
  );
  const login = pageServer.page(
    "/login",
    `<passage-login app-id="${appId}"></passage-login>${script}`,
  );
  pageServer.page("/welcome", "<h1>Welcome</h1>");
  const email = newPerson();

  const newVisit = new Visit(page, passkeys, register);
  await page.goto(register);
  await expect(newVisit.button("Create a passkey")).toBeVisible();
  await look(page, "register-element");
  await passkeys.agree(async () => {
    await newVisit.submit(email, "Create a passkey");
    await expect(newVisit.title("Welcome")).toBeVisible();
  });

  const visit = new Visit(page, passkeys, login);
  await page.goto(login);
  await expect(visit.title("Welcome back")).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();
  await look(page, "login-element-welcome");
  await visit.button("Switch account").click();
  await expect(visit.box()).toHaveValue("");
  await look(page, "login-element");
  await page.reload();
  await passkeys.agree(async () => {
    await visit.button("Continue").click();
    await expect(visit.title("Welcome")).toBeVisible();
  });
});
