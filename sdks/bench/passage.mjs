/**
 * Passage's own clients, and what they need now that auth.passage.id is gone: a server on this machine that serves one
 * key set under that name, with a certificate made for the occasion.
 */
import { readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { run } from "./process.mjs";

export const passagePackages = {
  node: "@passageidentity/passage-node@2.12.1",
  python: "passage-identity==3.0.2",
  go: "github.com/passageidentity/passage-go/v2@v2.1.2",
};

const host = "auth.passage.id";

/**
 * Serves the key set of 64 RS256 tokens, and writes a file that names all of it for the programs in `side-by-side/`.
 * `close` ends it.
 */
export async function serveMaterial(folder, { rounds, checks }) {
  const certificate = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${host}`],
    ...["-addext", `subjectAltName=DNS:${host}`, "-keyout", key, "-out", certificate],
  ]);
  // Built just before, so not there when this file is read.
  const { createTestIssuer } = await import("../node/dist/testing.js");
  const { appID, issuer, jwks, token } = await createTestIssuer();
  const tokens = await Promise.all(
    Array.from({ length: 64 }, (_, index) => token({ userID: `user ${index}` })),
  );
  const server = https.createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      const found = request.url === `/v1/apps/${appID}/.well-known/jwks.json`;
      response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(found ? jwks : {}));
    },
  );
  await new Promise((resolve, reject) => {
    server.on("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const material = join(folder, "material.json");
  const passage = { host, port: server.address().port, certificate };
  writeFileSync(
    material,
    JSON.stringify({ app_id: appID, issuer, jwks, tokens, rounds, checks, passage }),
  );
  return { material, close: () => server.close() };
}
