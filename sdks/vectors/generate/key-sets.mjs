/** Key sets: which of their keys can be used, and which sets cannot be used at all. */
import { createHash } from "node:crypto";
import { noPoint, publicKey, toBytes, toNumber } from "./signing.mjs";

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

/** An odd number of so many bits, the same at each run: it is read as a modulus, and nothing is signed. */
function modulus(bits) {
  let bytes = Buffer.alloc(0);
  for (let block = 0; bytes.length * 8 < bits; block++) {
    bytes = Buffer.concat([bytes, createHash("sha512").update(`${bits} ${block}`).digest()]);
  }
  const number = toNumber(bytes) % 2n ** BigInt(bits);
  return toBytes(number | 1n | (1n << BigInt(bits - 1)), Math.ceil(bits / 8)).toString("base64url");
}
const even = (value) => {
  const bytes = Buffer.from(value, "base64url");
  bytes[bytes.length - 1] &= 0xfe;
  return bytes.toString("base64url");
};
const exponent = (...bytes) => Buffer.from(bytes).toString("base64url");

/** The field of P-256, and the number b of its curve y² = x³ − 3x + b (FIPS 186-4, D.1.2.3). */
const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const power = (base, times) =>
  times === 0n ? 1n : (power((base * base) % p, times / 2n) * (times % 2n ? base : 1n)) % p;
/** The point with the smallest x there is. */
function smallPoint() {
  for (let x = 1n; ; x++) {
    const square = (x ** 3n - 3n * x + b) % p;
    const y = power(square, (p + 1n) / 4n);
    if ((y * y) % p === square) return { x, y };
  }
}
const point = (x, y) => {
  const [first, second] = [x, y].map((number) => toBytes(number, 32).toString("base64url"));
  return es({ x: first, y: second });
};
const small = smallPoint();

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
  "RSA of 2049 bits": [
    "not all libraries take what does not fill its bytes",
    rs({ n: modulus(2049) }),
  ],
  "RSA of 8200 bits": ["over 8192", rs({ n: modulus(8200) })],
  "RSA with a zero in front of n": [
    "RFC 7518, section 6.3.1.1: as few bytes as it takes",
    rs({ n: widened(rs().n, 257) }),
  ],
  "RSA with n even": ["no product of two primes", rs({ n: even(rs().n) })],
  "RSA with n empty": ["", rs({ n: "" })],
  "RSA with e empty": ["", rs({ e: "" })],
  "RSA with e of an impossible length": ["4n + 1 characters are no bytes", rs({ e: "AQABA" })],
  "RSA with e padded": ["RFC 7515, section 2 has none", rs({ e: "AQAB====" })],
  "RSA with a line break behind e": ["", rs({ e: "AQAB\n" })],
  "RSA with n and a character behind": ["", rs({ n: `${rs().n}+` })],
  "EC with a character behind x": ["", es({ x: `${es().x}+` })],
  "Ed25519 with x padded": ["", ed({ x: `${ed().x}=` })],
  "RSA with e = 0": ["", rs({ e: exponent(0) })],
  "RSA with e = 1": ["every text would be its own signature", rs({ e: exponent(1) })],
  "RSA with e = 2": ["even", rs({ e: exponent(2) })],
  "RSA with e = 65536": ["even", rs({ e: exponent(1, 0, 0) })],
  "RSA with a zero in front of e": ["RFC 7518, section 6.3.1.1", rs({ e: exponent(0, 1, 0, 1) })],
  "RSA with e of 32 bits": ["over 31", rs({ e: exponent(0x80, 0, 0, 1) })],
  "RSA with e of 33 bits": ["over 31", rs({ e: exponent(1, 0, 0, 0, 1) })],
  "RSA without n": ["", rs({ n: undefined })],
  "RSA without e": ["", rs({ e: undefined })],
  "RSA with n as a number": ["", rs({ n: 7 })],
  "RSA with n in the other base64": ["", rs({ n: `+/${rs().n.slice(2)}` })],
  "EC without y": ["", es({ y: undefined })],
  "EC off the curve": ["SEC 1, section 3.2.2.1", es({ y: es().x })],
  "EC with y of another point": ["off the curve", es({ y: publicKey("es256-retired").y })],
  "EC with y + 1": ["off the curve", point(small.x, small.y + 1n)],
  "EC with zeros": ["off the curve", point(0n, 0n)],
  "EC with ones": ["beyond the field", point(2n ** 256n - 1n, 2n ** 256n - 1n)],
  "EC with the field added to x": ["a second way to write a point", point(small.x + p, small.y)],
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
    usable("RSA of 2056 bits", "full bytes", [rs({ n: modulus(2056) })], ["rs256-current"]),
    usable("RSA of 8192 bits", "the most", [rs({ n: modulus(8192) })], ["rs256-current"]),
    usable("RSA with e = 3", "the least", [rs({ e: exponent(3) })], ["rs256-current"]),
    usable(
      "RSA with e of 31 bits",
      "the most",
      [rs({ e: exponent(0x7f, 0xff, 0xff, 0xff) })],
      ["rs256-current"],
    ),
    usable("EC with zeros in front of x", "32 bytes", [point(small.x, small.y)], ["es256-current"]),
    usable("EC with the other y", "", [point(small.x, p - small.y)], ["es256-current"]),
    usable(
      "Ed25519 that is no point",
      "not looked at: no signature fits it",
      [noPoint("no-point")],
      ["no-point"],
    ),
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
    usable(
      "an id twice, of which one is no key",
      "left out, so it is no twin",
      [es({ kid: "good", y: es().x }), good, rs({ kid: "good", e: exponent(1) })],
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
