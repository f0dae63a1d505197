/**
 * Wycheproof's cases for JSON Web Signature, with our codes in place of "valid" and "invalid". A case's form decides as
 * long as our rules look at the form, in the order of the README. What is left is Wycheproof's own verdict on the
 * signature: invalid is `signature_invalid`, and valid is `claim_missing`, because no payload of theirs is claims. No
 * SDK of ours has a say in it.
 */
import { appID, issuer, leeway, now, publicKey } from "./signing.mjs";

const source = "testvectors_v1/json_web_signature_test.json";
const commit = "dac1dd4729fd1f8dd9e1e9f3dce51d783da6c166";
const shapes = { RS256: ["RSA", undefined], ES256: ["EC", "P-256"], EdDSA: ["OKP", "Ed25519"] };

/** Whether a client keeps this key of a key set. */
function isUsable({ kid, alg, kty, crv, use, key_ops: operations, n }) {
  const [type, curve] = shapes[alg] ?? [];
  if (typeof kid !== "string" || kid === "" || kty !== type || crv !== curve) return false;
  if (use !== undefined && use !== "sig") return false;
  if (operations !== undefined && !operations.includes("verify")) return false;
  return kty !== "RSA" || BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`) >> 2047n > 0n;
}

/** Whether a part is base64url as RFC 7515 has it: encoded anew, it is the same text. */
const isCanonical = (part) => Buffer.from(part, "base64url").toString("base64url") === part;

function readHeader(part) {
  if (!isCanonical(part)) return undefined;
  try {
    const value = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url")),
    );
    return typeof value === "object" && !Array.isArray(value) ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** The code that our rules lead to. */
function judge(text, keys, result) {
  if (text === "") return "token_missing";
  const [headerPart, payload, signature, ...more] = text.split(".");
  if (!headerPart || !payload || signature === undefined || more.length) return "token_malformed";
  const header = readHeader(headerPart);
  if (!header) return "token_malformed";
  const { alg, crit, typ, kid } = header;
  if (!Object.hasOwn(shapes, alg)) return "algorithm_not_allowed";
  if (crit !== undefined || (typ !== undefined && typ !== "JWT")) return "token_malformed";
  if (typeof kid !== "string" || kid === "" || !isCanonical(signature)) return "token_malformed";
  const key = keys.find((candidate) => candidate.kid === kid && isUsable(candidate));
  if (!key) return "key_unknown";
  if (key.alg !== alg) return "algorithm_not_allowed";
  return result === "valid" ? "claim_missing" : "signature_invalid";
}

/** The whole file, from Wycheproof's. */
export function convert({ testGroups }) {
  // Beside a key that is left out, and in place of a secret: a key set with no key at all could not be loaded.
  const decoy = publicKey("rs256-stranger");
  const keySets = {};
  const names = new Map();
  const cases = [];
  for (const { comment, public: jwk, tests } of testGroups) {
    const keys = !jwk ? [decoy] : isUsable(jwk) ? [jwk] : [jwk, decoy];
    const text = JSON.stringify(keys);
    if (!names.has(text)) {
      names.set(text, jwk ? `${comment} ${names.size}` : "no public key");
      keySets[names.get(text)] = { keys };
    }
    for (const { tcId, comment, jws, result, flags } of tests) {
      cases.push({
        name: `${tcId} ${comment}`,
        why: [`Wycheproof: ${result}`, ...flags].join(", "),
        key_set: names.get(text),
        token: jws,
        error: judge(jws, keys, result),
      });
    }
  }
  return {
    about: `Project Wycheproof's cases for JSON Web Signature, https://github.com/C2SP/wycheproof, ${source} of commit ${commit}, copyright of its authors, Apache License 2.0 (LICENSE-APACHE); converted by generate/wycheproof.mjs, which puts our codes in the place of its verdicts.`,
    app_id: appID,
    issuer,
    now,
    leeway,
    key_sets: keySets,
    cases,
  };
}
