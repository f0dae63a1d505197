/** Clients without a browser key: what Passage's packages send, and who is signed in then. */
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";
import { claimsOf } from "../support/tokens.ts";
import { newPerson } from "../support/visit.ts";

interface Answer {
  status: number;
  body: {
    magic_link?: { id: string };
    auth_result?: { auth_token: string; redirect_url: string };
    code?: string;
    reason?: string;
  };
}

/** A call from a page of the app, as passage-js makes it. */
const call = (page: Page, base: string, method: string, path: string, body: object) =>
  page.evaluate<Answer, string[]>(
    async ([url, method, text]) => {
      const headers = {
        "content-type": "application/json",
        "passage-version": "passage-js 3.16.0",
      };
      const answer = await fetch(url!, { method: method!, headers, body: text! });
      return { status: answer.status, body: await answer.json() };
    },
    [base + path, method, JSON.stringify(body)],
  );

for (const plain of [false, true]) {
  test(`a client without a key, ${plain ? "with" : "without"} plain links`, async ({
    page,
    elsewhere,
    pageServer,
    inbox,
    ginnel,
  }) => {
    const appId = await ginnel.createApp({
      authOrigin: pageServer.url,
      redirectUrl: "/welcome",
      update: ["--plain-links", String(plain), "--login-url", "/login"],
    });
    const base = `${ginnel.url}/auth/v1/apps/${appId}`;
    const login = pageServer.page("/login", "<p>An old page</p>");
    const email = newPerson();
    await page.goto(login);
    const asked = await call(page, base, "POST", "/register/magic-link", {
      identifier: email,
      magic_link_path: "",
      redirect_url: "",
      language: "en",
    });
    expect(asked.status).toBe(201);
    expect(Object.keys(asked.body.magic_link!)).toEqual(["id"]);
    const id = asked.body.magic_link!.id;
    expect(await call(page, base, "POST", "/magic-link/status", { id })).toMatchObject({
      status: 404,
      body: { code: "magic_link_not_found" },
    });

    // Opened in another browser: no digits, that page is signed in.
    const { link } = await inbox.newest(email);
    expect(new URL(link).pathname).toBe("/login");
    const secret = new URL(link).searchParams.get("psg_magic_link")!;
    await elsewhere.page.goto(link);
    const body = { magic_link: secret };
    const opened = await call(elsewhere.page, base, "PATCH", "/magic-link/activate", body);
    expect(opened.status).toBe(200);
    expect(opened.body.auth_result!.redirect_url).toBe("/welcome");
    const again = await call(elsewhere.page, base, "PATCH", "/magic-link/activate", body);
    expect(again).toMatchObject({ status: 404, body: { reason: "magic_link_used" } });

    const status = await call(page, base, "POST", "/magic-link/status", { id });
    if (plain) {
      expect(status.status).toBe(200);
      const [one, other] = [status, opened].map(({ body }) =>
        claimsOf(body.auth_result!.auth_token),
      );
      expect(one!["sub"]).toBe(other!["sub"]);
    } else {
      expect(status).toMatchObject({ status: 404, body: { code: "magic_link_not_found" } });
      expect(status.body).not.toHaveProperty("reason");
    }
  });
}

test("a client without a key types the code", async ({ page, pageServer, inbox, ginnel }) => {
  const appId = await ginnel.createApp({ authOrigin: pageServer.url, redirectUrl: "/welcome" });
  const base = `${ginnel.url}/auth/v1/apps/${appId}`;
  await page.goto(pageServer.page("/", "<p>An old page</p>"));
  const email = newPerson();
  const asked = await call(page, base, "POST", "/register/magic-link", { identifier: email });
  const otp_id = asked.body.magic_link!.id;
  const { code } = await inbox.newest(email);
  const signedIn = await call(page, base, "POST", "/otp/activate", { otp: code, otp_id });
  expect(signedIn.status).toBe(200);
  const again = await call(page, base, "POST", "/otp/activate", { otp: code, otp_id });
  expect(again).toMatchObject({ status: 400, body: { reason: "code_expired" } });
});
