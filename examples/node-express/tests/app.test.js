/** The app over HTTP, with a stand-in for Ginnel that serves a key set. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, mock, test } from "node:test";
import { Ginnel } from "@ginnel/node";
import { createTestIssuer } from "@ginnel/node/testing";
import { createApp } from "../app.js";

const servers = [];
async function listen(server) {
  server.listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

let issuer;
let foreign;
let site;
let keySetStatus = 200;
before(async () => {
  const keyServer = createServer((req, res) => {
    const found = [issuer, foreign].find((known) => known.jwksPath === req.url);
    res.writeHead(found ? keySetStatus : 404).end(JSON.stringify(found?.jwks));
  });
  const url = await listen(keyServer);
  issuer = await createTestIssuer({ url, algorithm: "RS256" });
  foreign = await createTestIssuer({ url, appID: "ForeignApplication000000" });
  site = await listen(createServer(createApp(new Ginnel({ appID: issuer.appID, url }))));
});
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** Asks for a page as a browser with this token would, without following redirects. */
async function get(path, token, base = site) {
  const headers = token ? { cookie: `theme=dark; psg_auth_token=${token}` } : {};
  const response = await fetch(base + path, { headers, redirect: "manual" });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Asserts that the dashboard sends this visitor to the unauthorized page. */
async function isSentAway(token, reason) {
  const { status, headers } = await get("/dashboard?tab=1", token);
  assert.equal(status, 302);
  assert.equal(
    headers.get("location"),
    `/unauthorized?return=%2Fdashboard%3Ftab%3D1&reason=${reason}`,
  );
  assert.equal(headers.get("cache-control"), "no-store");
}

describe("the dashboard", () => {
  test("greets the user", async () => {
    const { status, body, headers } = await get(
      "/dashboard",
      await issuer.token({ userID: "ada" }),
    );
    assert.equal(status, 200);
    assert.match(body, /Hello, <span id="name">ada<\/span>/);
    assert.ok(
      body.includes(`<passage-passkey-table app-id="${issuer.appID}"></passage-passkey-table>`),
    );
    assert.ok(body.includes(`<script src="${issuer.url}/elements/passkey-table.js"></script>`));
    assert.equal(headers.get("cache-control"), "no-store");
  });

  test("sends everybody else to the unauthorized page", async () => {
    await isSentAway(undefined, "token_missing");
    await isSentAway(await issuer.token({ expiresIn: -60 }), "token_expired");
    await isSentAway(await foreign.token(), "key_unknown");
    await isSentAway("rubbish", "token_malformed");
    const [header, claims, signature] = (await issuer.token()).split(".");
    await isSentAway(`${header}.${claims}.${"A".repeat(signature.length)}`, "signature_invalid");
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    await isSentAway(`${unsigned}.${claims}.`, "algorithm_not_allowed");
  });

  test("escapes what it shows", async () => {
    const { body } = await get(
      "/dashboard",
      await issuer.token({ userID: "<img src=x onerror=alert(1)>" }),
    );
    assert.ok(!body.includes("<img"));
    assert.ok(body.includes("&#60;img"));
  });

  test("says so when sign-ins cannot be checked, and lets nobody pass", async () => {
    const lost = await listen(
      createServer(createApp(new Ginnel({ appID: issuer.appID, url: issuer.url }))),
    );
    const log = mock.method(console, "error", () => {});
    keySetStatus = 500;
    try {
      const page = await get("/dashboard", await issuer.token(), lost);
      assert.equal(page.status, 503);
      assert.match(page.body, /cannot be checked at the moment/);
      assert.ok(!page.body.includes(issuer.url), "the address of the key set is for the log");
      const call = await get("/api/me", await issuer.token(), lost);
      assert.equal(call.status, 503);
      assert.match(JSON.parse(call.body).error, /cannot be checked/);
      assert.equal(log.mock.calls[0].arguments[0].code, "keys_unavailable");
    } finally {
      keySetStatus = 200;
      log.mock.restore();
    }
  });
});

test("/api/me says who is signed in, or 401", async () => {
  const me = await get("/api/me", await issuer.token({ userID: "ada" }));
  assert.equal(me.status, 200);
  assert.deepEqual(JSON.parse(me.body), { userID: "ada" });
  for (const [token, code] of [
    [undefined, "token_missing"],
    [await issuer.token({ expiresIn: -60 }), "token_expired"],
    [await foreign.token(), "key_unknown"],
  ]) {
    const refused = await get("/api/me", token);
    assert.equal(refused.status, 401);
    assert.equal(JSON.parse(refused.body).code, code);
  }
});

test("the login page has the two lines of the quick start", async () => {
  const { status, body, headers } = await get("/");
  assert.equal(status, 200);
  assert.match(
    body,
    new RegExp(
      `<passage-auth app-id="${issuer.appID}"></passage-auth>\\s*<script src="${issuer.url}/web.js"></script>`,
    ),
  );
  assert.ok(headers.get("content-security-policy").includes(`script-src 'self' ${issuer.url};`));
});

test("the unauthorized page leaves the way back to its script, and repeats nothing of the address", async () => {
  const path = `/unauthorized?return=${encodeURIComponent("/a<b>")}&reason=${encodeURIComponent("<b>")}`;
  const { status, body, headers } = await get(path);
  assert.equal(status, 401);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.ok(
    body.includes(`<div id="page" data-app-id="${issuer.appID}" data-url="${issuer.url}">`),
  );
  assert.ok(!body.includes("a<b>") && !body.includes("<b>"));
  const script = await get(body.match(/src="(\/public\/[^"]+)"/)[1]);
  assert.equal(script.status, 200);
  assert.match(script.headers.get("content-type"), /javascript/);
});

test("an unknown page is 404", async () => {
  const { status, body } = await get("/nothing");
  assert.equal(status, 404);
  assert.match(body, /no such page/);
});
