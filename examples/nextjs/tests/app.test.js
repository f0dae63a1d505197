/** The built app over HTTP, with a stand-in for Ginnel that serves a key set. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTestIssuer } from "@ginnel/node/testing";

const program = fileURLToPath(new URL("../server.js", import.meta.url));
let issuer;
let foreign;
let site;
let child;
let log = "";
let keySetStatus = 503;
const keyServer = createServer((req, res) => {
  const found = [issuer, foreign].find((known) => known.jwksPath === req.url);
  res.writeHead(found ? keySetStatus : 404).end(JSON.stringify(found?.jwks));
});

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

before(async () => {
  const url = `http://127.0.0.1:${await listen(keyServer)}`;
  issuer = await createTestIssuer({ url, algorithm: "ES256" });
  foreign = await createTestIssuer({ url, appID: "ForeignApplication000000" });
  const probe = createServer();
  const port = await listen(probe);
  probe.close();
  site = `http://localhost:${port}`;
  const env = { ...process.env, GINNEL_APP_ID: issuer.appID, GINNEL_URL: url, PORT: String(port) };
  child = spawn(process.execPath, [program], {
    env,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  await new Promise((resolve, reject) => {
    const keep = (chunk) => {
      log += chunk;
      if (log.includes(`Open ${site}\n`)) resolve();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("exit", (code) => reject(new Error(`it ended with ${code}:\n${log}`)));
  });
});
after(() => {
  child?.kill();
  keyServer.close();
  keyServer.closeAllConnections();
});

/** Asks for a page as a browser with this token would, without following redirects. */
async function get(path, token) {
  const headers = token ? { cookie: `theme=dark; psg_auth_token=${token}` } : {};
  const response = await fetch(site + path, { headers, redirect: "manual" });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("while sign-ins cannot be checked nobody passes, and the page says so", async () => {
  const token = await issuer.token();
  const page = await get("/dashboard", token);
  assert.equal(page.status, 503);
  assert.match(page.body, /cannot be checked at the moment/);
  assert.match(page.headers.get("cache-control"), /no-store/);
  for (const path of ["/api/me", "/api/pages/me"]) {
    const call = await get(path, token);
    assert.equal(call.status, 503);
    assert.equal(JSON.parse(call.body).code, "keys_unavailable");
    assert.ok(!call.body.includes(issuer.url), "the address of the key set is for the log");
  }
  assert.match(log, /keys_unavailable/);
  keySetStatus = 200;
  // A failed fetch is remembered for a second, by each of Next's bundles for itself.
  for (const path of ["/api/me", "/api/pages/me", "/dashboard"]) {
    for (let attempt = 0; attempt < 200; attempt++) {
      if ((await get(path, token)).status !== 503) break;
      await setTimeout(50);
    }
    assert.equal((await get(path, token)).status, 200);
  }
});

describe("the dashboard", () => {
  test("greets the user, and escapes what it shows", async () => {
    const ada = await get("/dashboard", await issuer.token({ userID: "ada" }));
    assert.equal(ada.status, 200);
    assert.match(ada.body, /<code>ada<\/code>/);
    assert.match(ada.headers.get("cache-control"), /no-store/);
    const { body } = await get("/dashboard", await issuer.token({ userID: "<img src=x>" }));
    assert.ok(!body.includes("<img"));
    assert.ok(body.includes("&lt;img"));
  });

  test("sends everybody else to the unauthorized page", async () => {
    for (const [token, reason] of [
      [undefined, "token_missing"],
      [await issuer.token({ expiresIn: -60 }), "token_expired"],
      [await foreign.token(), "key_unknown"],
      ["rubbish", "token_malformed"],
    ]) {
      const { status, headers } = await get("/dashboard?tab=1", token);
      assert.equal(status, 303);
      const path = `/unauthorized?return=%2Fdashboard%3Ftab%3D1&reason=${reason}`;
      assert.equal(new URL(headers.get("location"), site).href, site + path);
      assert.equal(headers.get("cache-control"), "no-store");
    }
  });

  test("is not reached by a header that names an inner request of Next's", async () => {
    const headers = { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy", rsc: "1" };
    const response = await fetch(`${site}/dashboard`, { headers, redirect: "manual" });
    assert.equal(response.status, 303);
  });
});

for (const path of ["/api/me", "/api/pages/me"]) {
  test(`${path} says who is signed in, or 401`, async () => {
    const me = await get(path, await issuer.token({ userID: "ada" }));
    assert.equal(me.status, 200);
    assert.deepEqual(JSON.parse(me.body), { userID: "ada" });
    assert.equal(me.headers.get("cache-control"), "no-store");
    for (const [token, code] of [
      [undefined, "token_missing"],
      [await issuer.token({ expiresIn: -60 }), "token_expired"],
      [await foreign.token(), "key_unknown"],
    ]) {
      const refused = await get(path, token);
      assert.equal(refused.status, 401);
      assert.equal(JSON.parse(refused.body).code, code);
      assert.equal(refused.headers.get("cache-control"), "no-store");
    }
  });
}

test("the login page has the element, and every inline script the nonce of the policy", async () => {
  const { status, body, headers } = await get("/");
  assert.equal(status, 200);
  assert.ok(body.includes(`<passage-auth app-id="${issuer.appID}"></passage-auth>`));
  const policy = headers.get("content-security-policy");
  const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)[1];
  assert.ok(policy.includes(`'nonce-${nonce}' ${issuer.url};`));
  for (const [script] of body.matchAll(/<script[^>]*>/g)) {
    assert.ok(script.includes(`nonce="${nonce}"`), script);
  }
  assert.notEqual((await get("/")).headers.get("content-security-policy"), policy);
});

test("the unauthorized page is 401, and an unknown page 404", async () => {
  const page = await get(`/unauthorized?return=/"><b>&reason="><b>`);
  assert.equal(page.status, 401);
  assert.match(page.headers.get("cache-control"), /no-store/);
  assert.match(page.body, /id="status" role="status"/);
  assert.ok(!page.body.includes("<b>"));
  const nothing = await get("/nothing");
  assert.equal(nothing.status, 404);
  assert.match(nothing.body, /no such page/);
});

test("without an application's id it ends with a sentence that says what to do", () => {
  const env = { ...process.env, GINNEL_APP_ID: "x" };
  const { status, stderr } = spawnSync(process.execPath, [program], { env, encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /ginnel app create --name "Next.js example"/);
});
