/** Which tokens pass and which are refused, with which code. jose is the second opinion on both sides. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
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

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
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

  test("may have the audience as a string, no nbf, no typ, and characters of any script", async () => {
    const text = await issue({
      claims: { aud: issuer.appID, nbf: undefined, name: "Žofie 🦊" },
      header: { typ: undefined },
    });
    assert.equal((await check(text))["name"], "Žofie 🦊");
  });
});

describe("a forged token", () => {
  for (const algorithm of algorithms) {
    test(`of ${algorithm} is refused when its signature or key is another`, async () => {
      const { token, ginnel, jwks } = issuers.get(algorithm)!;
      const text = await token();
      const [header, claims, signature] = text.split(".") as [string, string, string];
      const bytes = Buffer.from(signature, "base64url");
      bytes[10]! ^= 1;
      await refuses(
        ginnel.validateToken(`${header}.${claims}.${bytes.toString("base64url")}`),
        "signature_invalid",
      );
      const zeros = Buffer.alloc(bytes.length).toString("base64url");
      await refuses(ginnel.validateToken(`${header}.${claims}.${zeros}`), "signature_invalid");
      await refuses(ginnel.validateToken(`${header}.${claims}.`), "signature_invalid");
      const longer = Buffer.concat([Buffer.from(signature, "base64url"), Buffer.alloc(3)]).toString(
        "base64url",
      );
      await refuses(ginnel.validateToken(`${header}.${claims}.${longer}`), "signature_invalid");

      const stranger = await createTestIssuer({ algorithm });
      const { kid } = jwks.keys[0]!;
      await refuses(
        ginnel.validateToken(await stranger.token({ header: { kid } })),
        "signature_invalid",
      );
    });
  }

  test("is refused whichever character was changed", async () => {
    const text = await issue({});
    for (let index = 0; index < text.length; index++) {
      const other = text[index] === "A" ? "B" : "A";
      const changed = text.slice(0, index) + other + text.slice(index + 1);
      await assert.rejects(check(changed), { name: "GinnelError" }, `character ${index}`);
    }
  });

  test("with changed claims or another's signature is refused", async () => {
    const [header, claims, signature] = (await issue({ userID: "ada" })).split(".") as [
      string,
      string,
      string,
    ];
    const other = (await issue({ userID: "bob" })).split(".");
    await refuses(check(`${header}.${other[1]}.${signature}`), "signature_invalid");
    await refuses(check(`${header}.${claims}.${other[2]}`), "signature_invalid");
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
  test("none is refused in every spelling, and without asking for keys", async () => {
    const server = new KeyServer(issuer.jwks);
    const ginnel = new Ginnel({ appID: issuer.appID, fetch: server.fetch });
    const [, claims, signature] = (await issue({})).split(".");
    for (const alg of [
      "none",
      "None",
      "NONE",
      "",
      null,
      undefined,
      1,
      ["ES256"],
      "es256",
      "ES384",
      "toString",
    ]) {
      const header = encode({ ...issuer.jwks.keys[0], typ: "JWT", alg });
      await refuses(check(`${header}.${claims}.`, ginnel), "algorithm_not_allowed");
      await refuses(check(`${header}.${claims}.${signature}`, ginnel), "algorithm_not_allowed");
    }
    assert.equal(server.requests.length, 0);
  });

  test("HS256 with the public key as the secret is refused", async () => {
    const rsa = issuers.get("RS256")!;
    const [key] = rsa.jwks.keys;
    const pem = await jose.exportSPKI(
      (await jose.importJWK({ ...key, ext: true }, "RS256")) as jose.CryptoKey,
    );
    const [, claims] = (await rsa.token()).split(".");
    for (const secret of [pem, pem.trim(), JSON.stringify(rsa.jwks), String(key!["n"])]) {
      const signed = `${encode({ alg: "HS256", typ: "JWT", kid: key!["kid"] })}.${claims}`;
      const signature = createHmac("sha256", secret).update(signed).digest("base64url");
      await refuses(rsa.ginnel.validateToken(`${signed}.${signature}`), "algorithm_not_allowed");
    }
  });

  test("is the key's own: RS256, ES256 and EdDSA do not stand in for each other", async () => {
    for (const [algorithm, { ginnel, jwks }] of issuers) {
      const { kid } = jwks.keys[0]!;
      for (const [other, stranger] of issuers) {
        if (other === algorithm) continue;
        await refuses(
          ginnel.validateToken(await stranger.token({ header: { kid } })),
          "algorithm_not_allowed",
        );
        const renamed = await stranger.token({ header: { kid, alg: algorithm } });
        await refuses(ginnel.validateToken(renamed), "signature_invalid");
      }
    }
  });

  test("must be among those that the app accepts", async () => {
    const { token, keySet, appID } = issuers.get("RS256")!;
    const ginnel = new Ginnel({ appID, keySet, algorithms: ["ES256", "EdDSA"] });
    await refuses(ginnel.validateToken(await token()), "algorithm_not_allowed");
    // A key source of one's own that answers with a key for another algorithm does not widen the list.
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

describe("the form", () => {
  // A header that would pass, but for what is done to it.
  const json = (members: object) =>
    JSON.stringify({ alg: "ES256", kid: issuer.jwks.keys[0]!["kid"], ...members });
  const cases: [string, () => unknown][] = [
    ["a number", () => 7],
    ["undefined", () => undefined],
    ["words", () => "not a token"],
    ["one part", () => "abc"],
    ["two parts", () => "abc.def"],
    ["four parts", async () => `${await issue({})}.x`],
    ["five parts", () => "a.b.c.d.e"],
    ["empty parts", () => ".."],
    ["a header that is no base64url", () => "a+/=.e30.x"],
    ["a header that is no JSON", () => `${Buffer.from("{").toString("base64url")}.e30.AAAA`],
    ["a header that is a list", () => `${encode([])}.e30.AAAA`],
    ["a header that is null", () => `${encode(null)}.e30.AAAA`],
    ["a header that is a string", () => `${encode("ES256")}.e30.AAAA`],
    [
      "a header with a byte order mark",
      () => `${Buffer.from(`\uFEFF${json({})}`).toString("base64url")}.e30.AAAA`,
    ],
    [
      "a header with a byte that is no UTF-8",
      () => `${Buffer.from(json({ x: "\xff" }), "latin1").toString("base64url")}.e30.AAAA`,
    ],
    ["crit", () => issue({ header: { crit: ["exp"] } })],
    ["an empty crit", () => issue({ header: { crit: [] } })],
    ["another typ", () => issue({ header: { typ: "at+jwt" } })],
    ["no kid", () => issue({ header: { kid: undefined } })],
    ["a kid that is a number", () => issue({ header: { kid: 1 } })],
    ["padding", async () => `${await issue({})}==`],
    ["a signature of an impossible length", () => `${encode(JSON.parse(json({})))}.e30.AAAAA`],
    ["a space behind", async () => `${await issue({})} `],
    ["a signature in the other base64", async () => `${(await issue({})).slice(0, -2)}+/`],
  ];
  for (const [name, token] of cases) {
    test(`with ${name} is refused`, async () => {
      await refuses(check(await token()), "token_malformed");
    });
  }

  test("of the signature is canonical", async () => {
    // 64 bytes are 86 characters, and the last one has four bits to spare.
    const text = await issue({});
    const last = text.at(-1)!;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = text.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    assert.deepEqual(
      Buffer.from(text.split(".")[2]!, "base64url"),
      Buffer.from(twin.split(".")[2]!, "base64url"),
      "a lenient decoder takes both",
    );
    await refuses(check(twin), "token_malformed");
  });

  test("that is empty is a missing token", async () => {
    await refuses(check(""), "token_missing");
  });

  test("over 16 kB is refused before it is read, and just below is read", async () => {
    await refuses(check("a".repeat(16_385)), "token_oversize");
    await refuses(check("a".repeat(16_384)), "token_malformed");
    await refuses(check(await issue({ claims: { text: "x".repeat(16_384) } })), "token_oversize");
    assert.equal(
      (await check(await issue({ claims: { text: "x".repeat(11_000) } }))).sub.length,
      24,
    );
  });

  test("with a kid that nobody has is refused", async () => {
    for (const kid of ["nobody", "__proto__", "constructor", "../../etc", "k".repeat(5000)]) {
      await refuses(check(await issue({ header: { kid } })), "key_unknown");
    }
  });
});

describe("the claims", () => {
  test("sub, iss, aud, iat and exp are required, and nbf is a time", async () => {
    const wrong: Record<string, unknown[]> = {
      sub: [undefined, "", null, 7, ["ada"]],
      iss: [undefined, null, ["x"]],
      aud: [undefined, null, 7, [7, issuer.appID], { 0: issuer.appID }],
      iat: [undefined, null, "1800000000", true],
      exp: [undefined, null, "1900000000", {}],
      nbf: [null, "0"],
    };
    for (const [claim, values] of Object.entries(wrong)) {
      for (const value of values) {
        const error = await refuses(
          check(await issue({ claims: { [claim]: value } })),
          "claim_missing",
        );
        assert.match(error.message, new RegExp(`"${claim}"`));
      }
    }
  });

  test("end at exp, five seconds of leeway included", async () => {
    assert.ok(await check(await issue({ expiresIn: -4 })));
    await refuses(check(await issue({ expiresIn: -5 })), "token_expired");
    await refuses(check(await issue({ expiresIn: -86_400 })), "token_expired");
    const strict = new Ginnel({ appID: issuer.appID, keySet: issuer.keySet, leeway: 0 });
    await refuses(check(await issue({ expiresIn: 0 }), strict), "token_expired");
    assert.ok(await check(await issue({ expiresIn: 1 }), strict));
    const generous = new Ginnel({ appID: issuer.appID, keySet: issuer.keySet, leeway: 300 });
    assert.ok(await check(await issue({ expiresIn: -299 }), generous));
  });

  test("begin at nbf and iat, five seconds of leeway included", async () => {
    for (const claim of ["nbf", "iat"]) {
      assert.ok(await check(await issue({ claims: { [claim]: now + 5 } })));
      await refuses(check(await issue({ claims: { [claim]: now + 6 } })), "token_not_yet_valid");
    }
  });

  test("are of this application and this server", async () => {
    const foreign = "ForeignApplication000000";
    const { issuer: iss, appID } = issuer;
    for (const aud of [
      foreign,
      ["http://localhost:8080", foreign],
      [],
      `${appID}x`,
      appID.slice(1),
      "",
      [[appID]],
    ]) {
      const code =
        Array.isArray(aud) && Array.isArray(aud[0]) ? "claim_missing" : "audience_mismatch";
      await refuses(check(await issue({ claims: { aud } })), code);
    }
    for (const other of [
      iss.replace(appID, foreign),
      `${iss}/`,
      iss.toUpperCase(),
      appID,
      "",
      "https://evil.example",
    ]) {
      await refuses(check(await issue({ claims: { iss: other } })), "issuer_mismatch");
    }
    // Another application of the same server has other keys.
    const stranger = await createTestIssuer({ appID: foreign, algorithm: "ES256" });
    await refuses(check(await stranger.token()), "key_unknown");
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

  test("are looked at only behind a good signature", async () => {
    const stranger = await createTestIssuer({ algorithm: "ES256" });
    const { kid } = issuer.jwks.keys[0]!;
    const text = await stranger.token({
      expiresIn: -100,
      claims: { iss: "x", sub: "" },
      header: { kid },
    });
    await refuses(check(text), "signature_invalid");
  });
});
