/** The built app over HTTP, with a stand-in for Ginnel that serves a key set. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
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

before(async () => {
  keyServer.listen(0, "127.0.0.1");
  await once(keyServer, "listening");
  const url = `http://127.0.0.1:${keyServer.address().port}`;
  issuer = await createTestIssuer({ url, algorithm: "EdDSA" });
  foreign = await createTestIssuer({ url, appID: "ForeignApplication000000" });
  const settings = { GINNEL_APP_ID: issuer.appID, GINNEL_URL: url, PORT: "0" };
  // Not among the two that the front end may know.
  const env = { ...process.env, ...settings, GINNEL_API_KEY: "secret-of-the-server" };
  child = spawn(process.execPath, [program], {
    env,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  site = await new Promise((resolve, reject) => {
    const keep = (chunk) => {
      log += chunk;
      const address = /^Open (\S+)\n/m.exec(log)?.[1];
      if (address) resolve(address);
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

/** Asks as a browser with this token would, without following redirects. */
async function get(path, token) {
  const headers = token ? { cookie: `theme=dark; psg_auth_token=${token}` } : {};
  const response = await fetch(site + path, { headers, redirect: "manual" });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("while sign-ins cannot be checked nobody passes, and the answer says so", async () => {
  const token = await issuer.token();
  const call = await get("/api/me", token);
  assert.equal(call.status, 503);
  assert.match(JSON.parse(call.body).error, /cannot be checked at the moment/);
  assert.ok(!call.body.includes(issuer.url), "the address of the key set is for the log");
  assert.match(log, /keys_unavailable/);
  keySetStatus = 200;
  // A failed fetch is remembered for a second.
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await get("/api/me", token)).status !== 503) break;
    await setTimeout(50);
  }
  assert.equal((await get("/api/me", token)).status, 200);
});

test("/api/me says who is signed in, or 401", async () => {
  const me = await get("/api/me", await issuer.token({ userID: "ada" }));
  assert.equal(me.status, 200);
  assert.deepEqual(JSON.parse(me.body), { userID: "ada" });
  assert.equal(me.headers.get("cache-control"), "no-store");
  for (const [token, code] of [
    [undefined, "token_missing"],
    ["rubbish", "token_malformed"],
    [await issuer.token({ expiresIn: -60 }), "token_expired"],
    [await foreign.token(), "key_unknown"],
  ]) {
    const refused = await get("/api/me", token);
    assert.equal(refused.status, 401);
    assert.equal(JSON.parse(refused.body).code, code);
    assert.equal(refused.headers.get("cache-control"), "no-store");
  }
});

test("every page is the front end, with the status that belongs to it", async () => {
  const { body } = await get("/");
  assert.match(body, /<div id="root"><\/div>/);
  for (const [path, status] of [
    ["/", 200],
    ["/dashboard?tab=1", 200],
    ["/unauthorized?return=/dashboard&reason=token_expired", 401],
    ["/nothing", 404],
    ["/index.html", 404],
  ]) {
    const page = await get(path);
    assert.equal(page.status, status, path);
    assert.equal(page.headers.get("cache-control"), "no-store");
    assert.equal(page.body, body);
  }
  const call = await get("/api/nothing");
  assert.equal(call.status, 404);
  assert.match(call.headers.get("content-type"), /json/);
});

test("the front end knows the application and the server, and no other setting", async () => {
  const { body, headers } = await get("/");
  assert.ok(headers.get("content-security-policy").includes(`script-src 'self' ${issuer.url};`));
  const [, path] = /<script type="module"[^>]* src="([^"]+)"/.exec(body);
  const script = await get(path);
  assert.equal(script.status, 200);
  assert.match(script.headers.get("content-type"), /javascript/);
  assert.ok(script.body.includes(issuer.appID));
  assert.ok(script.body.includes(issuer.url));
  assert.ok(!script.body.includes("secret-of-the-server"));
  assert.ok(!/<script(?![^>]* src=)/.test(body), "the policy lets no inline script run");
});

test("without an application's id it ends with a sentence that says what to do", () => {
  const env = { ...process.env, GINNEL_APP_ID: "x" };
  const { status, stderr } = spawnSync(process.execPath, [program], { env, encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /ginnel app create --name "React example"/);
});
