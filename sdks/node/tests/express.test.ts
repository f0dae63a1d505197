/** The middleware, with the little of Express that it uses. `examples/node-express` runs it in the real one. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Ginnel, GinnelError } from "@ginnel/node";
import { requireUser } from "@ginnel/node/express";
import { createTestIssuer, type TestIssuer } from "@ginnel/node/testing";

let issuer: TestIssuer;
before(async () => (issuer = await createTestIssuer({ algorithm: "ES256" })));

interface Visit {
  status?: number;
  body?: unknown;
  headers: Record<string, string>;
  next: unknown[][];
  userID: string | undefined;
}

/** Sends one request through the middleware and tells what became of it. */
async function visit(
  headers: Record<string, string>,
  middleware = requireUser(issuer.ginnel),
): Promise<Visit> {
  const seen: Visit = { headers: {}, next: [], userID: undefined };
  const req: { headers: Record<string, string>; userID?: string } = { headers };
  const res = {
    setHeader: (name: string, value: string) => (seen.headers[name] = value),
    status: (code: number) => (
      (seen.status = code),
      { json: (body: unknown) => (seen.body = body) }
    ),
  };
  await middleware(req, res, (...args) => seen.next.push(args));
  return { ...seen, userID: req.userID };
}

test("a signed-in user passes", async () => {
  const seen = await visit({ authorization: `Bearer ${await issuer.token({ userID: "ada" })}` });
  assert.deepEqual(seen, { headers: {}, next: [[]], userID: "ada" });
});

test("everybody else is answered 401 with the reason", async () => {
  const none = await visit({});
  assert.equal(none.status, 401);
  assert.equal(none.headers["www-authenticate"], "Bearer");
  assert.equal(none.headers["cache-control"], "no-store");
  assert.equal((none.body as { code: string }).code, "token_missing");
  assert.deepEqual(none.next, []);

  const expired = await visit({
    cookie: `psg_auth_token=${await issuer.token({ expiresIn: -60 })}`,
  });
  assert.equal(expired.status, 401);
  assert.equal(expired.headers["www-authenticate"], 'Bearer error="invalid_token"');
  assert.deepEqual(expired.body, {
    code: "token_expired",
    error: "The auth token has expired; refresh it or sign in again.",
  });
  assert.equal(expired.userID, undefined);
});

test("onRefused answers instead, and its own failure goes to the error handler", async () => {
  const codes: string[] = [];
  const redirect = requireUser(issuer.ginnel, { onRefused: (error) => codes.push(error.code) });
  assert.deepEqual(await visit({}, redirect), { headers: {}, next: [], userID: undefined });
  assert.deepEqual(codes, ["token_missing"]);
  const failure = new Error("view not found");
  const broken = requireUser(issuer.ginnel, { onRefused: () => Promise.reject(failure) });
  assert.deepEqual((await visit({}, broken)).next, [[failure]]);
});

test("what is not the caller's fault goes to the error handler and lets nobody pass", async () => {
  const fetch = async () => new Response("", { status: 500 });
  const ginnel = new Ginnel({ appID: issuer.appID, fetch });
  const onRefused = () => assert.fail("this is no refusal");
  const seen = await visit(
    { authorization: `Bearer ${await issuer.token()}` },
    requireUser(ginnel, { onRefused }),
  );
  const [[error]] = seen.next as [[GinnelError]];
  assert.equal(error.code, "keys_unavailable");
  assert.equal(error.status, 503);
  assert.equal(seen.status, undefined);
  assert.equal(seen.userID, undefined);

  const bug = new TypeError("bug");
  const throwing = requireUser({ authenticateRequest: () => Promise.reject(bug) });
  assert.deepEqual((await visit({}, throwing)).next, [[bug]]);
});
