// Tokens in a real browser: any page that loads web.js keeps them fresh, also with several tabs at once.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Stage } from "./browser.ts";
import type {} from "../elements/web.ts";

const stage = new Stage();

before(() => stage.open());
after(() => stage.close());
beforeEach(() => stage.begin());
afterEach(() => stage.end());

const refreshes = () => stage.mock.requests.filter((key) => key === "POST /tokens").length;
const openPage = () => stage.visit("", { at: stage.mock.page + "/guarded" });
const storedIsNot = (old: string) =>
  stage.page.waitForFunction((token) => localStorage.getItem("psg_auth_token") !== token, old);

test("an expired token is refreshed at load, and the cookie follows", async () => {
  const { token, refreshToken } = await stage.signIn(stage.mock.addUser("ada@example.com"), -10);
  await openPage();
  await storedIsNot(token);
  const fresh = await stage.storage("psg_auth_token");
  const [cookie] = await stage.context.cookies(stage.mock.page);
  assert.equal(cookie!.value, fresh);
  assert.notEqual(await stage.storage("psg_refresh_token"), refreshToken);
  assert.equal(refreshes(), 1);
});

test("a token that is gone is bought anew with the refresh token alone", async () => {
  await stage.signIn(stage.mock.addUser("ada@example.com"));
  await stage.page.evaluate(() => localStorage.removeItem("psg_auth_token"));
  await openPage();
  await stage.page.waitForFunction(() => localStorage.getItem("psg_auth_token"));
});

test("a good token is left alone, and a lost cookie is put back", async () => {
  const { token } = await stage.signIn(stage.mock.addUser("ada@example.com"));
  await openPage();
  await stage.page.waitForFunction(() => document.cookie.includes("psg_auth_token="));
  assert.equal((await stage.context.cookies(stage.mock.page))[0]!.value, token);
  assert.equal(refreshes(), 0);
});

test("a short-lived token is refreshed by the clock, again and again", async () => {
  stage.mock.lifetime = 4;
  const user = stage.mock.addUser("ada@example.com");
  await stage.signIn(user);
  await openPage();
  await stage.page.waitForFunction(() => performance.now() > 0);
  for (let n = 1; n <= 2; n++) {
    const old = (await stage.storage("psg_auth_token"))!;
    await storedIsNot(old);
  }
  assert.ok(refreshes() >= 2);
});

test("many tabs and clients refresh once", async () => {
  const { token } = await stage.signIn(stage.mock.addUser("ada@example.com"), -10);
  stage.mock.hold("POST /tokens");
  const tabs = await Promise.all([1, 2, 3].map(() => stage.context.newPage()));
  stage.mock.body = `<script src="${stage.mock.url}/web.js"></script><script>
    window.mine = Ginnel.createClient("${stage.mock.appId}").session.authToken();
  </script>`;
  await Promise.all(tabs.map((tab) => tab.goto(stage.mock.page + "/guarded")));
  stage.mock.release("POST /tokens");
  const got = await Promise.all(
    tabs.map((tab) => tab.evaluate(() => (window as any).mine as string)),
  );
  assert.equal(new Set(got).size, 1);
  assert.notEqual(got[0], token);
  assert.equal(refreshes(), 1);
});

test("a refused refresh clears the tokens, and the page hears of it", async () => {
  await stage.signIn(stage.mock.addUser("ada@example.com"), -10);
  stage.mock.refreshTokens.clear();
  await stage.page.addInitScript(() => {
    addEventListener("ginnel:session", (e) => ((window as any).heard = (e as CustomEvent).detail));
  });
  await openPage();
  await stage.page.waitForFunction("window.heard");
  const heard = await stage.page.evaluate("heard");
  assert.deepEqual(heard, { appId: stage.mock.appId, signedIn: false });
  assert.equal(await stage.storage("psg_auth_token"), null);
  assert.equal(await stage.storage("psg_refresh_token"), null);
  assert.equal((await stage.context.cookies(stage.mock.page)).length, 0);
});

test("without a network the tokens stay, and are refreshed when it is back", async () => {
  const { token } = await stage.signIn(stage.mock.addUser("ada@example.com"), -10);
  await stage.page.route("**/tokens", (route) => route.abort());
  const tried = stage.page.waitForEvent("requestfailed");
  await openPage();
  await tried;
  assert.equal(await stage.storage("psg_auth_token"), token);
  await stage.page.unroute("**/tokens");
  await stage.page.evaluate(() => dispatchEvent(new Event("online")));
  await storedIsNot(token);
});

test("tokens of another app are nobody's business here", async () => {
  await stage.signIn(stage.mock.addUser("ada@example.com"));
  await openPage();
  const token = await stage.page.evaluate(() =>
    window.Ginnel.createClient("another").session.authToken(),
  );
  assert.equal(token, undefined);
  await stage.page.evaluate(() => window.Ginnel.createClient("another").session.signOut());
  assert.ok(await stage.storage("psg_auth_token"));
});

test("sign-out forgets and revokes", async () => {
  const { refreshToken } = await stage.signIn(stage.mock.addUser("ada@example.com"));
  await openPage();
  await stage.page.evaluate(
    (app) => window.Ginnel.createClient(app).session.signOut(),
    stage.mock.appId,
  );
  assert.equal(stage.mock.refreshTokens.has(refreshToken), false);
  assert.equal(await stage.storage("psg_auth_token"), null);
  assert.equal((await stage.context.cookies(stage.mock.page)).length, 0);
});
