/** Token checks a second of both clients in one process: `node node.mjs MATERIAL`. */
import { readFileSync } from "node:fs";
import https from "node:https";
import tls from "node:tls";
import { Ginnel, staticKeySet } from "@ginnel/node";
import { Passage } from "@passageidentity/passage-node";

const {
  app_id: appId,
  issuer,
  jwks,
  tokens,
  rounds,
  checks,
  passage,
} = JSON.parse(readFileSync(process.argv[2], "utf8"));
// Passage's client has its server's address built in: whatever this process asks of any server goes to the stand-in.
https.globalAgent.createConnection = (options) =>
  tls.connect({
    ...options,
    host: "127.0.0.1",
    port: passage.port,
    servername: passage.host,
    ca: readFileSync(passage.certificate),
  });

const ours = new Ginnel({ appID: appId, issuer, keySet: staticKeySet(jwks) });
const theirs = new Passage({ appID: appId, apiKey: "not used" });
const clients = {
  ginnel: async (token) => (await ours.validateToken(token)).sub,
  passage: (token) => theirs.auth.validateJwt(token),
};

/** Checks a second, with some in flight as in a server. */
async function measure(check) {
  let turn = 0;
  const worker = async () => {
    while (turn < checks) await check(tokens[turn++ % tokens.length]);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 16 }, worker));
  return (turn / (performance.now() - started)) * 1000;
}

const best = {};
const forged = tokens[0].slice(0, -8) + "AAAAAAAA";
for (const [name, check] of Object.entries(clients)) {
  if ((await check(tokens[0])) !== "user 0") throw new Error(`${name} gave another user`);
  const verdict = await check(forged).catch(() => "refused");
  if (verdict !== "refused") throw new Error(`${name} accepted a forged token`);
  best[name] = 0;
}
for (let round = 0; round < rounds; round++) {
  for (const [name, check] of Object.entries(clients))
    best[name] = Math.max(best[name], Math.round(await measure(check)));
}
console.log(JSON.stringify(best));
