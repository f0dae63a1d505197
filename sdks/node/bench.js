/**
 * Token checks a second on one thread, for each algorithm, beside jose's `jwtVerify` with the same checks. Both are
 * measured in turn, several times, and the best round of each counts: the others tell more about the machine.
 */
import { Ginnel, staticKeySet } from "@ginnel/node";
import { createTestIssuer } from "@ginnel/node/testing";
import { createLocalJWKSet, jwtVerify } from "jose";

const rounds = 5;
const checks = 4000;
const atOnce = 16;

/** Checks a second, with some in flight as in a server. */
async function measure(check) {
  const started = performance.now();
  let left = checks;
  const worker = async () => {
    while (left-- > 0) await check();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (checks / (performance.now() - started)) * 1000;
}

const json = process.argv.includes("--json");
const figures = {};
for (const algorithm of ["RS256", "ES256", "EdDSA"]) {
  const { appID, issuer, jwks, token } = await createTestIssuer({ algorithm });
  const ginnel = new Ginnel({ appID, issuer, keySet: staticKeySet(jwks) });
  const keys = createLocalJWKSet(jwks);
  // Several tokens, as no server sees the same one each time.
  const tokens = await Promise.all(
    Array.from({ length: 64 }, (_, index) => token({ userID: `user ${index}` })),
  );
  let turn = 0;
  const next = () => tokens[turn++ % tokens.length];
  const options = {
    issuer,
    audience: appID,
    typ: "JWT",
    requiredClaims: ["sub", "iat", "exp"],
    clockTolerance: 5,
  };
  let own = 0;
  let other = 0;
  for (let round = 0; round < rounds; round++) {
    own = Math.max(own, await measure(() => ginnel.validateToken(next())));
    other = Math.max(other, await measure(() => jwtVerify(next(), keys, options)));
  }
  figures[algorithm] = { ginnel_per_second: Math.round(own), jose_per_second: Math.round(other) };
}
if (json) console.log(JSON.stringify(figures));
else console.table(figures);
