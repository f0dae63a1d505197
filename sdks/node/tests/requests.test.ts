/** Requests over a real connection, and what is no request. Where the token is found, the vectors hold. */
import assert from "node:assert/strict";
import { createServer, request as send } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
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

test("something that is not a request", async () => {
  for (const value of [undefined, null, {}, "token", { headers: null }]) {
    await refuses(issuer.ginnel.authenticateRequest(value as never), "configuration");
  }
});
