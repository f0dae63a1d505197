/** The helpers for Next.js, with the little of Next that they use. `examples/nextjs` runs them in the real one. */
import assert from "node:assert/strict";
import { before, describe, mock, test } from "node:test";
import { Ginnel } from "@ginnel/node";
import { readUser, requireUser, requireUserAPI, unauthorized } from "@ginnel/node/next";
import { createTestIssuer, type TestIssuer } from "@ginnel/node/testing";
import { refuses } from "./support.js";

let issuer: TestIssuer;
let ada: string;
let old: string;
let lost: Ginnel;
before(async () => {
  issuer = await createTestIssuer({ algorithm: "ES256" });
  ada = await issuer.token({ userID: "ada" });
  old = await issuer.token({ expiresIn: -60 });
  lost = new Ginnel({
    appID: issuer.appID,
    fetch: async () => new Response("", { status: 500 }),
  });
});

const cookie = (token: string) => ({ cookie: `psg_auth_token=${token}` });
const request = (token?: string) =>
  new Request("http://localhost/api/me", token === undefined ? {} : { headers: cookie(token) });

describe("readUser", () => {
  test("takes headers(), its promise, and requests of both routers", async () => {
    const headers = new Headers(cookie(ada));
    for (const source of [
      headers,
      Promise.resolve(headers),
      request(ada),
      { headers: cookie(ada) },
    ]) {
      assert.deepEqual(await readUser(issuer.ginnel, source), { userID: "ada" });
    }
  });

  test("gives the reason when there is no user", async () => {
    const codes = await Promise.all(
      [new Headers(), Promise.resolve(new Headers(cookie(old))), { headers: cookie("x") }].map(
        async (source) => (await readUser(issuer.ginnel, source)).error?.code,
      ),
    );
    assert.deepEqual(codes, ["token_missing", "token_expired", "token_malformed"]);
  });

  test("throws what is not the caller's fault", async () => {
    await refuses(readUser(lost, new Headers(cookie(ada))), "keys_unavailable");
    await refuses(readUser(issuer.ginnel, undefined as never), "configuration");
    const failure = new Error("no headers outside a request");
    await assert.rejects(readUser(issuer.ginnel, Promise.reject(failure)), failure);
  });
});

describe("requireUser", () => {
  const handler = requireUser(
    issuerLater(),
    (_request: Request, userID, context: { params: string }) =>
      Response.json({ userID, params: context.params }),
  );

  test("hands request, user and context to the handler", async () => {
    const response = await handler(request(ada), { params: "p" });
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { userID: "ada", params: "p" });
  });

  test("answers everybody else 401, as in every framework", async () => {
    const none = await handler(request(), { params: "" });
    assert.equal(none.status, 401);
    assert.equal(none.headers.get("www-authenticate"), "Bearer");
    assert.equal(none.headers.get("cache-control"), "no-store");
    assert.equal(((await none.json()) as { code: string }).code, "token_missing");
    const expired = await handler(request(old), { params: "" });
    assert.equal(expired.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
    assert.deepEqual(await expired.json(), {
      code: "token_expired",
      error: "The auth token has expired; refresh it or sign in again.",
    });
  });

  test("leaves the answer to onRefused", async () => {
    const route = requireUser(issuer.ginnel, () => assert.fail("nobody is signed in"), {
      onRefused: (error, { url }) => Response.json([error.code, url], { status: 302 }),
    });
    const response = await route(request(), undefined);
    assert.equal(response.status, 302);
    assert.deepEqual(await response.json(), ["token_missing", "http://localhost/api/me"]);
  });

  test("answers 503 without keys and logs why, and lets other errors through", async () => {
    const log = mock.method(console, "error", () => {});
    try {
      const onRefused = () => assert.fail("this is no refusal");
      const route = requireUser(lost, () => assert.fail("nobody may pass"), { onRefused });
      const response = await route(request(ada), undefined);
      assert.equal(response.status, 503);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const text = await response.text();
      assert.equal(JSON.parse(text).code, "keys_unavailable");
      assert.ok(!text.includes(lost.url), "the address of the keys is for the log");
      assert.match(log.mock.calls[0]!.arguments[0].message, /localhost:8400/);
    } finally {
      log.mock.restore();
    }
    const bug = new TypeError("bug");
    const broken = requireUser({ authenticateRequest: () => Promise.reject(bug) }, () =>
      assert.fail("nobody may pass"),
    );
    await assert.rejects(broken(request(ada), undefined), bug);
    const failing = requireUser(issuer.ginnel, () => Promise.reject(bug));
    await assert.rejects(failing(request(ada), undefined), bug);
  });
});

describe("requireUserAPI", () => {
  /** Sends one request through an API route and tells what was answered. */
  async function visit(
    ginnel: Pick<Ginnel, "authenticateRequest">,
    token?: string,
    onRefused?: () => unknown,
  ) {
    const seen: { status?: number; body?: any; headers: Record<string, string> } = { headers: {} };
    const res = {
      setHeader: (name: string, value: string) => (seen.headers[name] = value),
      status: (code: number) => ((seen.status = code), res),
      json: (body: unknown) => (seen.body = body),
    };
    const req = { headers: token === undefined ? {} : cookie(token) };
    await requireUserAPI(
      ginnel,
      (_req, response: typeof res, userID) => response.json({ userID }),
      onRefused && { onRefused },
    )(req, res);
    return seen;
  }

  test("lets a signed-in user pass", async () => {
    assert.deepEqual(await visit(issuer.ginnel, ada), { headers: {}, body: { userID: "ada" } });
  });

  test("answers everybody else 401, or as onRefused says", async () => {
    const expired = await visit(issuer.ginnel, old);
    assert.equal(expired.status, 401);
    assert.equal(expired.body.code, "token_expired");
    assert.deepEqual(expired.headers, {
      "cache-control": "no-store",
      "www-authenticate": 'Bearer error="invalid_token"',
    });
    const onRefused = mock.fn();
    assert.deepEqual(await visit(issuer.ginnel, undefined, onRefused), { headers: {} });
    assert.equal(onRefused.mock.calls.length, 1);
  });

  test("answers 503 without keys and logs why", async () => {
    const log = mock.method(console, "error", () => {});
    try {
      const answer = await visit(lost, ada);
      assert.equal(answer.status, 503);
      assert.equal(answer.body.code, "keys_unavailable");
      assert.equal(log.mock.calls.length, 1);
    } finally {
      log.mock.restore();
    }
  });
});

test("unauthorized is the same answer, for a proxy", async () => {
  const { error } = await readUser(issuer.ginnel, new Headers());
  const response = unauthorized(error!);
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("content-type"), "application/json");
});

/** The client of the issuer, which is made after the tests are declared. */
function issuerLater(): Pick<Ginnel, "authenticateRequest"> {
  return { authenticateRequest: (source) => issuer.ginnel.authenticateRequest(source) };
}
