/**
 * Wycheproof's cases for JSON Web Signature and for key sets, with our codes in place of "valid" and "invalid". A case's form decides as
 * long as our rules look at the form, in the order of the README. What is left is Wycheproof's own verdict on the
 * signature: invalid is `signature_invalid`, and valid is `claim_missing`, because no payload of theirs is claims. No
 * SDK of ours has a say in it.
 */
import { createPublicKey } from "node:crypto";
import { appID, issuer, leeway, now, publicKey } from "./signing.mjs";

const sources = ["json_web_signature_test.json", "json_web_key_test.json"];
const commit = "dac1dd4729fd1f8dd9e1e9f3dce51d783da6c166";
const shapes = {
  RS256: ["RSA", undefined],
  ES256: ["EC", "P-256"],
  EdDSA: ["OKP", "Ed25519"],
};

/** Whether a client keeps this key of a key set. */
function isUsable(jwk) {
  const { kid, alg, kty, crv, use, key_ops: operations } = jwk;
  const [type, curve] = shapes[alg] ?? [];
  if (typeof kid !== "string" || kid === "" || kty !== type || crv !== curve) return false;
  if (use !== undefined && use !== "sig") return false;
  if (operations !== undefined && !operations.includes("verify")) return false;
  return kty === "RSA" ? isRsaKey(jwk) : kty !== "EC" || isPoint(jwk);
}

/** The README's rule for RSA keys: whole bytes, 2048 to 8192 bits, both numbers odd, the exponent below 2^31. */
function isRsaKey({ n, e }) {
  const [modulus, exponent] = [n, e].map((part) => Buffer.from(part, "base64url"));
  const isOdd = (number) => (number.at(-1) & 1) === 1;
  return (
    [modulus[0], exponent[0]].every((first) => first > 0) &&
    modulus[0] >= 0x80 &&
    modulus.length >= 256 &&
    modulus.length <= 1024 &&
    isOdd(modulus) &&
    isOdd(exponent) &&
    (exponent.length < 4 || (exponent.length === 4 && exponent[0] < 0x80)) &&
    !(exponent.length === 1 && exponent[0] === 1)
  );
}

/** Whether the coordinates are those of a point on the curve. */
function isPoint(jwk) {
  try {
    return createPublicKey({ key: jwk, format: "jwk" }).asymmetricKeyType === "ec";
  } catch {
    return false;
  }
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

/** The whole file, from Wycheproof's two: signatures with one key each, and key sets. */
export function convert(signatures, sets) {
  // Beside a key that is left out, and in place of a secret: a key set with no key at all could not be loaded.
  const decoy = publicKey("rs256-stranger");
  const keySets = {};
  const names = new Map();
  const cases = [];
  const add = ({ comment, tests }, published, prefix) => {
    const keys = !published
      ? [decoy]
      : published.some(isUsable)
        ? published
        : [...published, decoy];
    const text = JSON.stringify(keys);
    if (!names.has(text)) {
      names.set(text, published ? `${comment} ${names.size}` : "no public key");
      keySets[names.get(text)] = { keys };
    }
    for (const { tcId, comment, jws, result, flags } of tests) {
      cases.push({
        name: `${prefix}${tcId} ${comment}`,
        why: [`Wycheproof: ${result}`, ...flags].join(", "),
        key_set: names.get(text),
        token: jws,
        error: judge(jws, keys, result),
      });
    }
  };
  for (const group of signatures.testGroups) add(group, group.public && [group.public], "");
  for (const group of sets.testGroups) add(group, group.public?.keys, "key set ");
  return {
    about: `Project Wycheproof's cases for JSON Web Signature and for key sets, https://github.com/C2SP/wycheproof, ${sources.join(" and ")} in testvectors_v1 of commit ${commit}, copyright of its authors, Apache License 2.0 (LICENSE-APACHE); converted by generate/wycheproof.mjs, which puts our codes in the place of its verdicts.`,
    app_id: appID,
    issuer,
    now,
    leeway,
    key_sets: keySets,
    cases,
  };
}
