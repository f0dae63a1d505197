/** What the vectors do not hold: jose as a second opinion on both sides, when keys are asked for, and the options. */
import assert from "node:assert/strict";
import { after, before, describe, mock, test } from "node:test";
import { Ginnel, staticKeySet, type Algorithm } from "@ginnel/node";
import { createTestIssuer, type TestIssuer, type TestTokenOptions } from "@ginnel/node/testing";
import * as jose from "jose";
import { KeyServer, refuses } from "./support.js";

const algorithms: Algorithm[] = ["RS256", "ES256", "EdDSA"];
const now = 1_800_000_000;
const issuers = new Map<Algorithm, TestIssuer>();
let issuer: TestIssuer;

before(async () => {
  for (const algorithm of algorithms) issuers.set(algorithm, await createTestIssuer({ algorithm }));
  issuer = issuers.get("ES256")!;
  mock.timers.enable({ apis: ["Date"], now: now * 1000 });
});
after(() => mock.timers.reset());

const check = (token: unknown, ginnel = issuer.ginnel) => ginnel.validateToken(token as string);
const issue = (options: TestTokenOptions) => issuer.token(options);

describe("a valid token", () => {
  for (const algorithm of algorithms) {
    test(`of ${algorithm} gives its claims, and jose agrees`, async () => {
      const { token, ginnel, jwks, issuer: iss, appID } = issuers.get(algorithm)!;
      const text = await token({ userID: "ada" });
      const claims = await ginnel.validateToken(text);
      assert.deepEqual(claims, {
        iss,
        aud: ["http://localhost:8080", appID],
        sub: "ada",
        iat: now,
        nbf: now - 5,
        exp: now + 3600,
        sid: "TestSession0000000000000",
        amr: ["swk", "user"],
        auth_time: now,
      });
      const keys = jose.createLocalJWKSet(jwks as unknown as jose.JSONWebKeySet);
      const { payload } = await jose.jwtVerify(text, keys, {
        issuer: iss,
        audience: appID,
        typ: "JWT",
      });
      assert.deepEqual(payload, claims);
    });

    test(`of ${algorithm} made by jose passes`, async () => {
      const { publicKey, privateKey } = await jose.generateKeyPair(algorithm);
      const jwk = { ...(await jose.exportJWK(publicKey)), kid: "k1", alg: algorithm, use: "sig" };
      const text = await new jose.SignJWT({ sub: "ada", iss: issuer.issuer, aud: issuer.appID })
        .setProtectedHeader({ alg: algorithm, kid: "k1" })
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey);
      const ginnel = new Ginnel({ appID: issuer.appID, keySet: staticKeySet({ keys: [jwk] }) });
      assert.equal((await ginnel.validateToken(text)).sub, "ada");
    });
  }
});

describe("a forged token", () => {
  test("is refused whichever character was changed", async () => {
    const text = await issue({});
    for (let index = 0; index < text.length; index++) {
      const other = text[index] === "A" ? "B" : "A";
      const changed = text.slice(0, index) + other + text.slice(index + 1);
      await assert.rejects(check(changed), { name: "GinnelError" }, `character ${index}`);
    }
  });

  test("brings no keys of its own", async () => {
    const stranger = await createTestIssuer({ algorithm: "ES256" });
    const server = new KeyServer(issuer.jwks);
    const ginnel = new Ginnel({ appID: issuer.appID, fetch: server.fetch });
    const { kid } = issuer.jwks.keys[0]!;
    const header = {
      kid,
      jwk: stranger.jwks.keys[0],
      jku: "https://evil.example/keys",
      x5u: "https://evil.example/x",
    };
    await refuses(check(await stranger.token({ header }), ginnel), "signature_invalid");
    assert.deepEqual(server.requests, [`http://localhost:8400${issuer.jwksPath}`]);
  });
});

describe("the algorithm", () => {
  test("none is refused without asking for keys", async () => {
    const server = new KeyServer(issuer.jwks);
    const ginnel = new Ginnel({ appID: issuer.appID, fetch: server.fetch });
    await refuses(check(await issue({ header: { alg: "none" } }), ginnel), "algorithm_not_allowed");
    assert.equal(server.requests.length, 0);
  });

  test("is the key's, also when a key source of one's own answers with another key", async () => {
    const { keySet, appID } = issuers.get("RS256")!;
    const es256 = await issue({});
    const wide = {
      find: async () => keySet.find(String(issuers.get("RS256")!.jwks.keys[0]!["kid"])),
    };
    await refuses(
      new Ginnel({ appID, keySet: wide }).validateToken(es256),
      "algorithm_not_allowed",
    );
  });
});

test("a token is a string", async () => {
  for (const value of [undefined, null, 7, {}, ["a.b.c"]]) {
    await refuses(check(value), "token_malformed");
  }
});

describe("the claims", () => {
  test("that are missing are named", async () => {
    for (const claim of ["sub", "iss", "aud", "iat", "exp", "nbf"]) {
      const text = await issue({ claims: { [claim]: null } });
      const error = await refuses(check(text), "claim_missing");
      assert.match(error.message, new RegExp(`"${claim}"`));
    }
  });

  test("end when the option says so", async () => {
    const { appID, keySet } = issuer;
    const strict = new Ginnel({ appID, keySet, leeway: 0 });
    await refuses(check(await issue({ expiresIn: 0 }), strict), "token_expired");
    assert.ok(await check(await issue({ expiresIn: 1 }), strict));
    const generous = new Ginnel({ appID, keySet, leeway: 300 });
    assert.ok(await check(await issue({ expiresIn: -299 }), generous));
    await refuses(check(await issue({ expiresIn: -300 }), generous), "token_expired");
  });

  test("name the issuer that the app was told, whatever the address of the keys", async () => {
    const server = new KeyServer(issuer.jwks);
    const url = "http://ginnel.internal:8400";
    const ginnel = new Ginnel({
      appID: issuer.appID,
      url,
      issuer: issuer.issuer,
      fetch: server.fetch,
    });
    assert.ok(await check(await issue({}), ginnel));
    assert.deepEqual(server.requests, [`${url}${issuer.jwksPath}`]);
    const split = new Ginnel({ appID: issuer.appID, url, fetch: server.fetch });
    const error = await refuses(check(await issue({}), split), "issuer_mismatch");
    assert.match(error.message, /GINNEL_URL/);
  });
});
