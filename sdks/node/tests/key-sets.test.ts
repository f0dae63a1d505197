/** When keys are fetched, how long they are kept, and what happens while the server does not give any. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, mock, test } from "node:test";
import { GinnelError, remoteKeySet, staticKeySet, type RemoteKeySetOptions } from "@ginnel/node";
import { createTestIssuer, type TestIssuer } from "@ginnel/node/testing";
import { KeyServer, deferred, refuses, settle } from "./support.js";

const url = "http://ginnel.test/jwks.json";
const day = 86_400;
let first: TestIssuer;
let second: TestIssuer;
let old: string;
let next: string;
let server: KeyServer;

before(async () => {
  first = await createTestIssuer({ algorithm: "ES256" });
  second = await createTestIssuer({ algorithm: "EdDSA" });
  old = String(first.jwks.keys[0]!["kid"]);
  next = String(second.jwks.keys[0]!["kid"]);
  mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
});
beforeEach(() => (server = new KeyServer(first.jwks)));
after(() => mock.timers.reset());

const pass = (seconds: number) => mock.timers.tick(seconds * 1000);
const remote = (options: RemoteKeySetOptions = {}) =>
  remoteKeySet(url, { fetch: server.fetch, ...options });
const publish = (...issuers: TestIssuer[]) => {
  const document = { keys: issuers.flatMap((issuer) => issuer.jwks.keys) };
  server.answer = () => Response.json(document);
};
const fail = (status = 500, headers = {}) =>
  (server.answer = () => new Response("no", { status, headers }));

describe("keys over HTTP", () => {
  test("are fetched at the first use, once for all who wait", async () => {
    const answer = deferred<Response>();
    server.answer = () => answer.promise;
    const keys = remote();
    assert.equal(server.requests.length, 0);
    const waiting = Array.from({ length: 50 }, () => keys.find(old));
    answer.resolve(Response.json(first.jwks));
    const found = await Promise.all(waiting);
    assert.ok(found.every((key) => key && key === found[0]));
    await keys.find(old);
    assert.deepEqual(server.requests, [url]);
  });

  test("are fetched again in the background after ten minutes, while the old ones are used", async () => {
    const keys = remote();
    await keys.find(old);
    pass(599);
    await keys.find(old);
    assert.equal(server.requests.length, 1);

    const answer = deferred<Response>();
    server.answer = () => answer.promise;
    pass(1);
    // Answered although the server is still thinking; one fetch for all of them.
    assert.ok(await keys.find(old));
    assert.ok(await keys.find(old));
    assert.equal(server.requests.length, 2);
    answer.resolve(Response.json(second.jwks));
    await settle();
    assert.ok(await keys.find(next));
    assert.equal(
      await keys.find(old),
      undefined,
      "a key that is no longer published is no longer good",
    );
    assert.equal(server.requests.length, 2);
  });

  test("outlive the server for a day, and no longer", async () => {
    const errors: GinnelError[] = [];
    const keys = remote({ onError: (error) => errors.push(error) });
    await keys.find(old);
    fail();
    for (let hour = 1; hour < 24; hour++) {
      pass(3600);
      assert.ok(await keys.find(old));
      await settle();
      assert.equal(server.requests.length, 1 + hour);
    }
    assert.equal(errors.length, 23);
    pass(3599);
    assert.ok(await keys.find(old));
    await settle();
    pass(1);
    await refuses(keys.find(old), "keys_unavailable");
    publish(first);
    pass(1);
    assert.ok(await keys.find(old));
  });

  test("that failed to come in the background are asked for again after the cooldown", async () => {
    const keys = remote();
    await keys.find(old);
    fail();
    pass(600);
    for (const [seconds, requests] of [
      [0, 2],
      [29, 2],
      [1, 3],
      [29, 3],
      [1, 4],
    ] as const) {
      pass(seconds);
      assert.ok(await keys.find(old));
      await settle();
      assert.equal(server.requests.length, requests);
    }
  });

  test("are fetched once for an unknown key, then not for half a minute", async () => {
    const keys = remote();
    await keys.find(old);
    publish(first, second);
    assert.equal(await keys.find(next), undefined, "within the cooldown of the first fetch");
    assert.equal(server.requests.length, 1);
    pass(30);
    const found = await Promise.all([keys.find(next), keys.find(next), keys.find("nobody")]);
    assert.deepEqual(found.map(Boolean), [true, true, false]);
    assert.equal(server.requests.length, 2);
    for (let attempt = 0; attempt < 100; attempt++)
      assert.equal(await keys.find(`forged ${attempt}`), undefined);
    assert.equal(server.requests.length, 2);
    pass(30);
    assert.equal(await keys.find("nobody"), undefined);
    assert.equal(server.requests.length, 3);
  });

  test("that cannot be fetched for an unknown key leave it open whose fault it is", async () => {
    const keys = remote();
    await keys.find(old);
    fail();
    pass(30);
    await refuses(keys.find(next), "keys_unavailable");
    await refuses(keys.find(next), "keys_unavailable");
    assert.equal(server.requests.length, 2);
    assert.ok(await keys.find(old), "known keys keep working");
    publish(first, second);
    pass(30);
    assert.ok(await keys.find(next));
  });

  test("survive a clock that is set back", async () => {
    const keys = remote();
    await keys.find(old);
    mock.timers.setTime(Date.now() - day * 1000);
    assert.ok(await keys.find(old));
    await settle();
    assert.equal(server.requests.length, 2);
  });
});

describe("a server without keys to give", () => {
  const answers: Record<string, () => Response | Promise<Response>> = {
    "answers 404": () => new Response("{}", { status: 404 }),
    redirects: () => Response.redirect("http://evil.example/", 302),
    "sends HTML": () => new Response("<!doctype html><title>Welcome</title>"),
    "sends no keys": () => Response.json({ keys: [] }),
    "sends bytes that are no UTF-8": () => new Response(Uint8Array.of(0x22, 0xff, 0x22)),
    "sends too much": () => Response.json({ ...first.jwks, text: "x".repeat(64 * 1024) }),
    "breaks off": () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.error(new Error("connection reset")),
        }),
      ),
    "cannot be reached": () => Promise.reject(new TypeError("fetch failed")),
    "throws at once": () => {
      throw new TypeError("not now");
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(`${name}: nobody passes, and the next second asks again`, async () => {
      server.answer = answer;
      const { Ginnel } = await import("@ginnel/node");
      const ginnel = new Ginnel({ appID: first.appID, fetch: server.fetch });
      const token = await first.token();
      const error = await refuses(ginnel.validateToken(token), "keys_unavailable");
      assert.match(error.message, /^The keys at http:\/\/localhost:8400\/.*GINNEL_URL\.$/);
      await refuses(ginnel.validateToken(token), "keys_unavailable");
      assert.equal(server.requests.length, 1);
      publish(first);
      pass(1);
      assert.equal((await ginnel.validateToken(token)).iss, ginnel.issuer);
      assert.equal(server.requests.length, 2);
    });
  }

  test("is left alone for that long also while there are keys to work with", async () => {
    const keys = remote();
    await keys.find(old);
    fail(429, { "retry-after": "50" });
    pass(600);
    assert.ok(await keys.find(old));
    await settle();
    publish(first, second);
    pass(49);
    assert.ok(await keys.find(old));
    await refuses(keys.find(next), "keys_unavailable");
    assert.equal(server.requests.length, 2);
    pass(1);
    assert.ok(await keys.find(next));
    assert.equal(server.requests.length, 3);
  });

  test("is too slow: the fetch is given up, whether or not it listens to the signal", async () => {
    for (const listens of [true, false]) {
      let aborted = false;
      server.answer = (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            if (listens) reject(signal.reason);
          });
        });
      const error = await refuses(remote({ timeout: 0.02 }).find(old), "keys_unavailable");
      assert.match(error.message, /no answer came within 0.02 seconds/);
      assert.ok(aborted);
    }
    // The headers come, the body does not.
    server.answer = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    await refuses(remote({ timeout: 0.02 }).find(old), "keys_unavailable");
  });

  test("forgets a fetch that an edge runtime dropped", async () => {
    const keys = remote();
    await keys.find(old);
    const dropped = deferred<Response>();
    server.answer = () => dropped.promise;
    pass(600);
    assert.ok(await keys.find(old));
    publish(first, second);
    pass(30);
    assert.ok(await keys.find(next));
    dropped.resolve(Response.json(first.jwks));
  });
});

test("what became of a real connection is told", async () => {
  const web = createServer((_, res) => res.writeHead(302, { location: "/elsewhere" }).end()).listen(
    0,
    "127.0.0.1",
  );
  await once(web, "listening");
  const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}/jwks.json`;
  const redirected = await refuses(remoteKeySet(address).find(old), "keys_unavailable");
  assert.match(redirected.message, /the answer was (302|a redirect)/);
  web.close();
  web.closeAllConnections();
  await once(web, "close");
  const refused = await refuses(remoteKeySet(address).find(old), "keys_unavailable");
  assert.match(refused.message, /no connection was made/);
  assert.ok(refused.cause instanceof Error);
});

describe("keys in memory", () => {
  test("that are no key set are a mistake in the configuration", async () => {
    for (const document of [undefined, null, 7, [], {}]) {
      await refuses(() => staticKeySet(document as never), "configuration");
    }
  });

  test("of an algorithm that the runtime does not have are refused at use", async () => {
    const key = await staticKeySet(first.jwks).find(old);
    mock.method(crypto.subtle, "importKey", () =>
      Promise.reject(new DOMException("Unrecognized name", "NotSupportedError")),
    );
    await refuses(key!.verify(new Uint8Array(64), new Uint8Array(1)), "keys_unavailable");
    mock.restoreAll();
  });
});

test("options of a remote key set that cannot be are mistakes in the configuration", async () => {
  for (const address of ["not a url", "ftp://ginnel.test/jwks.json", "http://", ""]) {
    await refuses(() => remoteKeySet(address), "configuration");
  }
  for (const name of ["refreshAfter", "maxAge", "cooldown", "timeout"]) {
    for (const seconds of [NaN, Infinity, -1, 1e10, "5", null]) {
      await refuses(() => remoteKeySet(url, { [name]: seconds }), "configuration");
    }
  }
});

test("a logger that fails changes nothing for the request", async () => {
  fail();
  const onError = () => {
    throw new Error("the disk is full");
  };
  await refuses(remote({ onError }).find(old), "keys_unavailable");
});
