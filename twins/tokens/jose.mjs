/** `jose`, with the key set as its README has it. */
import { createLocalJWKSet, jwtVerify } from "jose";
import { judge } from "./judge.mjs";

await judge(async ({ token, key_set, issuer, audience, algorithm }) => {
  const options = { issuer, audience, algorithms: [algorithm], requiredClaims: ["exp", "sub"] };
  return (await jwtVerify(token, createLocalJWKSet(key_set), options)).payload.sub;
});
