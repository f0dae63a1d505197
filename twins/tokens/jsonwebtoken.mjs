/** `jsonwebtoken`, with the key that the token's `kid` names. */
import { createPublicKey } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { judge } from "./judge.mjs";

await judge(async ({ token, key_set, issuer, audience, algorithm }) => {
  const kid = jsonwebtoken.decode(token, { complete: true })?.header.kid;
  const key = key_set.keys.find((key) => key.kid === kid);
  if (!key) throw new Error("there is no such key");
  const publicKey = createPublicKey({ key, format: "jwk" });
  return jsonwebtoken.verify(token, publicKey, { issuer, audience, algorithms: [algorithm] }).sub;
});
