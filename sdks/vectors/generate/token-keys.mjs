/** Tokens of which the algorithm or the key decides. */
import { createHmac } from "node:crypto";
import { bad, encode, good, headerOf, noPoint, publicKey, publicKeyAs, token } from "./signing.mjs";

export const current = ["rs256-current", "es256-current", "eddsa-current"];
const algorithmOf = { rs256: "RS256", es256: "ES256", eddsa: "EdDSA" };
const algorithm = (key) => algorithmOf[key.split("-")[0]];

/** The key sets that the cases name. */
export const tokenKeySets = {
  current: { keys: current.map((name) => publicKey(name)) },
  // While keys change, the old ones stay until the last token of theirs has expired.
  rotating: {
    keys: [...current, "rs256-retired", "es256-retired", "eddsa-retired"].map((name) =>
      publicKey(name),
    ),
  },
  // Nothing but the last one can be used, and none of the others may be in its way.
  mixed: {
    keys: [
      publicKey("es256-current", { kid: "for-encryption", use: "enc" }),
      publicKey("rs256-1024-bits", { kid: "too-short" }),
      publicKey("es256-current", { kid: "no-algorithm", alg: undefined }),
      publicKey("es256-current", { kid: undefined }),
      publicKey("es256-current", { kid: "wrong-algorithm", alg: "RS256" }),
      publicKey("es384"),
      {
        kty: "oct",
        alg: "HS256",
        use: "sig",
        kid: "secret",
        k: encode("a secret in a public key set"),
      },
      publicKey("es256-current", { kid: "Å" }),
      noPoint("no-point"),
      publicKey("eddsa-current"),
    ],
  },
};

/** Signed with HMAC, with the public key in the place of the secret. */
function hmac(name, key, secret) {
  const headerPart = encode(headerOf(key, { alg: name }));
  const signature = (text) =>
    createHmac(`sha${name.slice(2)}`, secret)
      .update(text)
      .digest();
  return token({ headerPart, signature });
}

const spellings = ["none", "None", "NONE", "nOnE", "none ", "", null, undefined, 0, true, [], {}];
const others = [
  "RS384",
  "RS512",
  "PS256",
  "ES384",
  "ES512",
  "ES256K",
  "Ed25519",
  "Ed448",
  "HS1",
  "toString",
];
const lowered = ["rs256", "es256", "eddsa", "EDDSA", "RS256 ", " RS256", "RS256\u0000"];
const unsigned = () => Buffer.alloc(0);
const secrets = (key) => ({
  PEM: publicKeyAs(key, "pem"),
  "PEM without the last line break": publicKeyAs(key, "pem").trim(),
  DER: publicKeyAs(key, "der"),
  JWK: JSON.stringify(publicKey(key)),
  "the first member": Buffer.from(publicKey(key).n ?? publicKey(key).x, "base64url"),
  nothing: "",
});

const algorithms = [
  ...spellings.flatMap((alg) => {
    const header = { alg };
    const name = `alg: ${alg === undefined ? "left out" : JSON.stringify(alg)}`;
    return [
      bad(
        "algorithm_not_allowed",
        `${name}, no signature`,
        "no name but ours",
        token({ header, signature: unsigned }),
      ),
      bad("algorithm_not_allowed", `${name}, signed`, "no name but ours", token({ header })),
    ];
  }),
  ...[...others, ...lowered].map((alg) =>
    bad(
      "algorithm_not_allowed",
      `alg: ${JSON.stringify(alg)}`,
      "names are compared exactly",
      token({ header: { alg } }),
    ),
  ),
  bad(
    "algorithm_not_allowed",
    "alg: a list with EdDSA",
    "not a string",
    token({ header: { alg: ["EdDSA"] } }),
  ),
  bad(
    "algorithm_not_allowed",
    "alg: none without kid and with crit",
    "alg is judged first",
    token({
      header: { alg: "none", kid: undefined, crit: ["exp"], typ: "x" },
    }),
  ),
  ...["rs256-current", "es256-current", "eddsa-current"].flatMap((key) =>
    Object.entries(secrets(key)).flatMap(([form, secret]) =>
      ["HS256", "HS384", "HS512"]
        .filter((name) => name === "HS256" || form === "PEM")
        .map((name) =>
          bad(
            "algorithm_not_allowed",
            `alg: ${name} with ${key} as the secret (${form})`,
            "a public key is no secret",
            hmac(name, key, secret),
          ),
        ),
    ),
  ),
  ...current.flatMap((key) =>
    current
      .filter((other) => other !== key)
      .flatMap((other) => [
        bad(
          "algorithm_not_allowed",
          `alg: ${algorithm(key)} with the id of ${other}`,
          "the key's own algorithm has the last word",
          token({ key, header: { kid: other } }),
        ),
        bad(
          "signature_invalid",
          `alg: ${algorithm(other)} and the id of ${other}, signed by ${key}`,
          "another key's signature",
          token({ key, header: { kid: other, alg: algorithm(other) } }),
        ),
      ]),
  ),
  bad(
    "algorithm_not_allowed",
    "alg: RS256 when only the others are accepted",
    "the option decides",
    token({ key: "rs256-current" }),
    {
      algorithms: ["ES256", "EdDSA"],
    },
  ),
  good("alg: EdDSA when nothing else is accepted", "the option decides", token(), {
    algorithms: ["EdDSA"],
  }),
];

const hints = {
  jku: "https://other.example/jwks.json",
  x5u: "https://other.example/certificate.pem",
  x5c: [encode("no certificate")],
  x5t: "AAAA",
  jwk: publicKey("eddsa-stranger"),
};
const mixed = { key_set: "mixed" };
const keys = [
  good(
    "kid: a key that is about to retire",
    "it is still published",
    token({ key: "es256-retired" }),
    { key_set: "rotating" },
  ),
  ...["rs256-retired", "es256-retired", "eddsa-retired"].map((key) =>
    bad("key_unknown", `kid: ${key}`, "no longer published", token({ key })),
  ),
  ...[
    "nobody",
    "EDDSA-CURRENT",
    "eddsa-current ",
    "eddsa-curren",
    "eddsa-current\u0000",
    "__proto__",
    "constructor",
    "toString",
    "0",
    "../../../etc/passwd",
    "/dev/null",
    "https://other.example/key",
    "' OR '1'='1",
    "k".repeat(5000),
  ].map((kid) =>
    bad(
      "key_unknown",
      `kid: ${JSON.stringify(kid.slice(0, 30))}`,
      "no key has this id",
      token({ header: { kid } }),
    ),
  ),
  ...[undefined, null, "", 7, true, ["eddsa-current"], {}].map((kid) =>
    bad(
      "token_malformed",
      `kid: ${kid === undefined ? "left out" : JSON.stringify(kid)}`,
      "a text with at least one character",
      token({ header: { kid } }),
    ),
  ),
  good(
    "header: jku, x5u, x5c and jwk of others",
    "never read, so they do no harm",
    token({ header: hints }),
  ),
  good(
    "header: members we do not know",
    "RFC 7515, section 4 has them ignored",
    token({
      header: { b64: false, cty: "JWT", zip: "DEF", alg2: "none", x: [{}] },
    }),
  ),
  ...Object.entries(hints).map(([name, value]) =>
    bad(
      "signature_invalid",
      `header: ${name} of a stranger who signed`,
      "keys come from the key set alone",
      token({
        key: "eddsa-stranger",
        header: { kid: "eddsa-current", [name]: value },
      }),
    ),
  ),
  bad(
    "key_unknown",
    "header: jwk of a stranger, under the stranger's id",
    "keys come from the key set alone",
    token({
      key: "eddsa-stranger",
      header: { jwk: hints.jwk },
    }),
  ),
  good("mixed: the one key that can be used", "the others are left out", token(), mixed),
  ...["for-encryption", "no-algorithm", "wrong-algorithm", "es384", "secret"].map((kid) =>
    bad(
      "key_unknown",
      `mixed: ${kid}`,
      "this key cannot be used",
      token({ key: "es256-current", header: { kid } }),
      mixed,
    ),
  ),
  bad(
    "key_unknown",
    "mixed: too-short",
    "1024 bits are no key",
    token({ key: "rs256-1024-bits", header: { kid: "too-short" } }),
    mixed,
  ),
  good(
    "mixed: an id beyond ASCII",
    "the same characters",
    token({ key: "es256-current", header: { kid: "Å" } }),
    mixed,
  ),
  bad(
    "key_unknown",
    "mixed: an id that only looks the same",
    "A and a ring are not Å",
    token({
      key: "es256-current",
      header: { kid: "A\u030a" },
    }),
    mixed,
  ),
];

export const keyCases = [...algorithms, ...keys];
