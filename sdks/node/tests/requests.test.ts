/** Where the token of a request is found, in Node's shape of a request and in Fetch's. */
import assert from "node:assert/strict";
import { createServer, request as send } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { before, describe, test } from "node:test";
import { GinnelError } from "@ginnel/node";
import { createTestIssuer, type TestIssuer } from "@ginnel/node/testing";
import { refuses } from "./support.js";

let issuer: TestIssuer;
let ada: string;
let bob: string;
before(async () => {
  issuer = await createTestIssuer({ algorithm: "EdDSA" });
  ada = await issuer.token({ userID: "ada" });
  bob = await issuer.token({ userID: "bob" });
});

type Fields = Record<string, string>;

/** The same request in the shapes that the package promises to read. */
const shapes: Record<
  string,
  (fields: Fields) => Parameters<TestIssuer["ginnel"]["authenticateRequest"]>[0]
> = {
  "an object with names in lower case": (fields) => ({ headers: fields }),
  "an object with names as sent": (fields) => ({
    headers: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value]),
    ),
  }),
  "an object without a prototype": (fields) => ({
    headers: Object.assign(Object.create(null), fields),
  }),
  "a Fetch request": (fields) => new Request("http://localhost/", { headers: fields }),
};

for (const [shape, make] of Object.entries(shapes)) {
  describe(shape, () => {
    const user = (fields: Fields) => issuer.ginnel.authenticateRequest(make(fields));

    test("gives the user of the header or of the cookie, the header first", async () => {
      assert.equal(await user({ authorization: `Bearer ${ada}` }), "ada");
      assert.equal(await user({ authorization: `bearer  ${ada} ` }), "ada");
      assert.equal(await user({ cookie: `psg_auth_token=${bob}` }), "bob");
      assert.equal(
        await user({ authorization: `Bearer ${ada}`, cookie: `psg_auth_token=${bob}` }),
        "ada",
      );
    });

    test("ignores other schemes, and refuses a broken Bearer header in spite of a good cookie", async () => {
      const cookie = `psg_auth_token=${bob}`;
      assert.equal(await user({ authorization: "Basic YTpi", cookie }), "bob");
      assert.equal(await user({ authorization: "BearerX y", cookie }), "bob");
      for (const authorization of [
        "Bearer",
        "Bearer ",
        `Bearer ${ada} ${ada}`,
        `Bearer ${ada}, Bearer ${bob}`,
      ]) {
        await refuses(user({ authorization, cookie }), "token_malformed");
      }
      await refuses(
        user({ authorization: `Bearer ${"x".repeat(20_000)}`, cookie }),
        "token_oversize",
      );
      await refuses(
        user({ authorization: `Bearer ${await issuer.token({ expiresIn: -60 })}`, cookie }),
        "token_expired",
      );
    });

    test("reads the cookie among others", async () => {
      for (const cookie of [
        `a=1; psg_auth_token=${ada}; b=2`,
        `a=1;psg_auth_token=${ada};b=2`,
        `psg_auth_token="${ada}"`,
        `psg_auth_token = ${ada} `,
        `psg_auth_token=; psg_auth_token=${ada}`,
        `psg_auth_token=${ada}; psg_auth_token=${bob}`,
        `xpsg_auth_token=${bob}; psg_auth_token=${ada}`,
        `PSG_AUTH_TOKEN=${bob}; psg_auth_token=${ada}`,
        `a="x; psg_auth_token=${ada}`,
        `; ;; =x; novalue; psg_auth_token=${ada}`,
      ]) {
        assert.equal(await user({ cookie }), "ada", cookie);
      }
    });

    test("without a token is refused", async () => {
      await refuses(user({}), "token_missing");
      for (const cookie of [
        "a",
        "psg_auth_token",
        "psg_auth_token=",
        'psg_auth_token=""',
        `psg_auth_token2=${ada}`,
      ]) {
        await refuses(user({ cookie }), "token_missing");
      }
      await refuses(user({ cookie: 'psg_auth_token="' }), "token_malformed");
      await refuses(user({ cookie: `psg_auth_token=${"x".repeat(20_000)}` }), "token_oversize");
    });
  });
}

test("a request over HTTP, with its cookies in several lines", async () => {
  const server = createServer((req, res) => {
    issuer.ginnel.authenticateRequest(req).then(
      (userID) => res.end(userID),
      (error: GinnelError) => res.writeHead(error.status).end(error.code),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const ask = async (headers: Record<string, string | string[]>) => {
      const [response] = await once(send({ port, host: "127.0.0.1", headers }).end(), "response");
      let body = "";
      for await (const chunk of response) body += chunk;
      return `${response.statusCode} ${body}`;
    };
    assert.equal(await ask({ authorization: `Bearer ${ada}` }), "200 ada");
    assert.equal(await ask({ cookie: ["a=1", `psg_auth_token=${bob}`] }), "200 bob");
    assert.equal(await ask({}), "401 token_missing");
    assert.equal(
      await ask({ authorization: `Bearer ${ada.slice(0, -4)}AAAA` }),
      "401 signature_invalid",
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("header fields that are lists", async () => {
  const user = (headers: Record<string, string[]>) =>
    issuer.ginnel.authenticateRequest({ headers });
  assert.equal(await user({ cookie: ["a=1", `psg_auth_token=${bob}`] }), "bob");
  assert.equal(await user({ Authorization: [`Bearer ${ada}`] }), "ada");
  await refuses(user({ authorization: [`Bearer ${ada}`, `Bearer ${bob}`] }), "token_malformed");
});

test("something that is not a request", async () => {
  for (const value of [undefined, null, {}, "token", { headers: null }]) {
    await refuses(issuer.ginnel.authenticateRequest(value as never), "configuration");
  }
});
