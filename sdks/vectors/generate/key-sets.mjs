/** Key sets: which of their keys can be used, and which sets cannot be used at all. */
import { publicKey } from "./signing.mjs";

const rs = (members) => publicKey("rs256-current", members);
const es = (members) => publicKey("es256-current", members);
const ed = (members) => publicKey("eddsa-current", members);
const others = ["rs256-current", "es256-current", "eddsa-current"];

const usable = (name, why, keys, kids, rest = {}) => ({
  name,
  why,
  body: JSON.stringify({ keys, ...rest }),
  kids,
});
const text = (name, why, body) => ({ name, why, body, error: true });
const unusable = (name, why, keys) => text(name, why, JSON.stringify({ keys }));

/** Base64url of the bytes with zeros put in front. */
const widened = (value, length) => {
  const bytes = Buffer.from(value, "base64url");
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]).toString("base64url");
};
const cut = (value) => Buffer.from(value, "base64url").subarray(0, -1).toString("base64url");

/** Keys that are left out, each once beside a good one and all together without. */
const leftOut = {
  "no alg": ["the key's own algorithm decides, so it has to name one", es({ alg: undefined })],
  "alg null": ["", es({ alg: null })],
  "alg of another key type": ["RS256 on a curve", es({ alg: "RS256" })],
  "alg ES256 on an RSA key": ["", rs({ alg: "ES256" })],
  "alg EdDSA on P-256": ["", es({ alg: "EdDSA" })],
  "alg none": ["", es({ alg: "none" })],
  "alg HS256": ["", es({ alg: "HS256" })],
  "alg RS512": ["not among ours", rs({ alg: "RS512" })],
  "alg PS256": ["not among ours", rs({ alg: "PS256" })],
  "alg es256": ["names are compared exactly", es({ alg: "es256" })],
  "alg Ed25519": ["the name of RFC 9864, which Ginnel does not use", ed({ alg: "Ed25519" })],
  "no kid": ["a token could not name it", es({ kid: undefined })],
  "kid empty": ["", es({ kid: "" })],
  "kid a number": ["", es({ kid: 7 })],
  "kid null": ["", es({ kid: null })],
  "no kty": ["", es({ kty: undefined })],
  "kty in lower case": ["", es({ kty: "ec" })],
  "a secret": ["", { kty: "oct", alg: "HS256", use: "sig", kid: "k", k: "c2VjcmV0" }],
  "use enc": ["not for signatures", es({ use: "enc" })],
  "use SIG": ["names are compared exactly", es({ use: "SIG" })],
  "use empty": ["", es({ use: "" })],
  "key_ops sign": ["not for verification", es({ key_ops: ["sign"] })],
  "key_ops empty": ["", es({ key_ops: [] })],
  "key_ops a string": ["", es({ key_ops: "verify" })],
  "curve P-384": ["", publicKey("es384", { alg: "ES256" })],
  "curve secp256k1": ["", publicKey("es256k", { alg: "ES256" })],
  "curve Ed448": ["", ed({ crv: "Ed448" })],
  "curve X25519": ["for key agreement", ed({ crv: "X25519" })],
  "no curve": ["", es({ crv: undefined })],
  "a curve on an RSA key": ["", rs({ crv: "P-256" })],
  "RSA of 1024 bits": ["", publicKey("rs256-1024-bits")],
  "RSA of 2047 bits": ["one bit too few, in as many bytes", publicKey("rs256-2047-bits")],
  "RSA of 1024 bits with zeros in front": [
    "zeros are no bits",
    publicKey("rs256-1024-bits", { n: widened(publicKey("rs256-1024-bits").n, 256) }),
  ],
  "RSA without n": ["", rs({ n: undefined })],
  "RSA without e": ["", rs({ e: undefined })],
  "RSA with n as a number": ["", rs({ n: 7 })],
  "RSA with n in the other base64": ["", rs({ n: `+/${rs().n.slice(2)}` })],
  "EC without y": ["", es({ y: undefined })],
  "EC with x one byte short": [
    "RFC 7518, section 6.2.1.2: as long as the curve's field",
    es({ x: cut(es().x) }),
  ],
  "EC with x one byte long": ["", es({ x: widened(es().x, 33) })],
  "EC with x empty": ["", es({ x: "" })],
  "EC with x as a list": ["", es({ x: [es().x] })],
  "Ed25519 without x": ["", ed({ x: undefined })],
  "Ed25519 with x one byte short": ["", ed({ x: cut(ed().x) })],
  "Ed25519 with x one byte long": ["", ed({ x: widened(ed().x, 33) })],
};

const good = ed({ kid: "good" });
const notKeys = [null, 7, "x", [], {}, true];

export const keySets = {
  about:
    "Key sets as a server may publish them, with the ids of the keys that can be used, or the verdict that none can.",
  cases: [
    usable("three keys", "one for each algorithm", [rs(), es(), ed()], others),
    usable("one key", "", [rs()], ["rs256-current"]),
    usable("RSA of 4096 bits", "", [publicKey("rs256-4096-bits")], ["rs256-4096-bits"]),
    usable("no use", "it is optional", [es({ use: undefined })], ["es256-current"]),
    usable("key_ops verify", "", [es({ use: undefined, key_ops: ["verify"] })], ["es256-current"]),
    usable("key_ops sign and verify", "", [es({ key_ops: ["sign", "verify"] })], ["es256-current"]),
    usable(
      "members we do not know",
      "",
      [es({ x5c: ["x"], x5t: 7, nbf: null, extra: {} })],
      ["es256-current"],
      {
        issuer: "x",
      },
    ),
    usable("an id beyond ASCII", "", [es({ kid: "schlüssel 🦊" })], ["schlüssel 🦊"]),
    usable(
      "ids that are names of a language",
      "",
      [es({ kid: "__proto__" }), ed({ kid: "constructor" })],
      ["__proto__", "constructor"],
    ),
    usable("ids that differ in case", "", [es({ kid: "a" }), ed({ kid: "A" })], ["a", "A"]),
    usable(
      "a hundred keys",
      "",
      Array.from({ length: 100 }, (_, index) => ed({ kid: `k${index}` })),
      [...Array.from({ length: 100 }, (_, index) => `k${index}`)],
    ),
    usable("entries that are no keys", "left out", [...notKeys, good], ["good"]),
    usable(
      "an id twice, of which one cannot be used",
      "nobody could take one for the other",
      [es({ kid: "good", use: "enc" }), good, es({ kid: "good", alg: undefined })],
      ["good"],
    ),
    {
      name: "kid twice in a key",
      why: "the last one counts",
      body: `{"keys":[${JSON.stringify(good).replace("{", '{"kid":"x",')}]}`,
      kids: ["good"],
    },
    {
      name: "keys twice",
      why: "the last one counts",
      body: `{"keys":[],"keys":[${JSON.stringify(good)}]}`,
      kids: ["good"],
    },
    {
      name: "white space",
      why: "RFC 8259, section 2",
      body: ` \r\n\t${JSON.stringify({ keys: [good] }, null, 2)}\n`,
      kids: ["good"],
    },
    ...Object.entries(leftOut).map(([name, [why, key]]) =>
      usable(`left out: ${name}`, why, [key, good], ["good"]),
    ),
    ...Object.entries(leftOut).map(([name, [why, key]]) => unusable(`alone: ${name}`, why, [key])),
    unusable(
      "all that are left out",
      "",
      Object.values(leftOut).map(([, key]) => key),
    ),
    unusable("no keys", "", []),
    unusable("entries that are no keys, alone", "", notKeys),
    unusable("the same key twice", "", [es(), es()]),
    unusable("one id, two keys", "", [es({ kid: "a" }), ed({ kid: "a" })]),
    unusable("one id, two keys, and a good one", "which one is meant cannot be known", [
      es({ kid: "a" }),
      good,
      publicKey("es256-retired", { kid: "a" }),
    ]),
    text("an object of keys", "", JSON.stringify({ keys: { 0: good } })),
    text("keys null", "", JSON.stringify({ keys: null })),
    text("keys a string", "", JSON.stringify({ keys: JSON.stringify([good]) })),
    text("Keys in place of keys", "names are compared exactly", JSON.stringify({ Keys: [good] })),
    text("an empty object", "", "{}"),
    text("a list", "", JSON.stringify([good])),
    text("a key alone", "", JSON.stringify(good)),
    text("null", "", "null"),
    text("a string", "", '"keys"'),
    text("a number", "", "7"),
    text("nothing", "", ""),
    text("half of it", "", JSON.stringify({ keys: [good] }).slice(0, -5)),
    text("HTML", "", "<!doctype html><title>Welcome</title>"),
  ],
};
