/** The keys of keys.json, what a good token looks like, and signatures that come out the same at each run. */
import {
  constants,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as signWith,
} from "node:crypto";
import { readFileSync } from "node:fs";

export const appID = "VectorApplication0000000";
export const server = "http://localhost:8400";
export const issuer = `${server}/auth/v1/apps/${appID}`;
export const now = 1_800_000_000;
export const leeway = 5;

/** Private keys as JWKs, by name. They guard nothing: everybody can read them here. */
const privateKeys = JSON.parse(readFileSync(new URL("../keys.json", import.meta.url), "utf8")).keys;

const find = (name) => {
  const key = privateKeys.find((entry) => entry.kid === name);
  if (!key) throw new Error(`keys.json has no key "${name}"`);
  return key;
};

/** The public JWK of a key, as a server publishes it, with members added or replaced (`undefined` removes one). */
export function publicKey(name, members = {}) {
  const { kty, crv, n, e, x, y, alg, kid } = find(name);
  return { alg, kty, use: "sig", crv, n, e, x, y, kid, ...members };
}

/** A key of Ed25519 that is no point: no x fits y = 2 (RFC 8032, section 5.1.3). */
export const noPoint = (kid) =>
  publicKey("eddsa-current", { kid, x: encode(Buffer.of(2, ...Array(31).fill(0))) });

/** The public key in other clothes, as somebody would use it for a secret: PEM, DER. */
export function publicKeyAs(name, format) {
  const key = createPublicKey({ key: publicKey(name), format: "jwk" });
  return key.export({ type: "spki", format });
}

/** The signature of the key's own algorithm over this text. */
export function sign(name, text) {
  const key = find(name);
  if (key.alg === "ES256") return signES256(name, text);
  const privateKey = createPrivateKey({ key, format: "jwk" });
  return signWith(key.alg === "EdDSA" ? null : "sha256", Buffer.from(text), privateKey);
}

/** A signature of an RSA key by another scheme than RS256; without a salt PSS is the same at each run, too. */
export function signRSA(name, text, hash, scheme) {
  const key = createPrivateKey({ key: find(name), format: "jwk" });
  const padding = scheme === "PSS" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return signWith(hash, Buffer.from(text), {
    key,
    padding,
    ...(scheme === "PSS" && { saltLength: 0 }),
  });
}

/** The order of P-256 (FIPS 186-4, D.1.2.3), and of Ed25519's base point (RFC 8032, section 5.1). */
export const orderP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const orderEd25519 = 2n ** 252n + 27742317777372353535851937790883648493n;

export const toNumber = (bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
export const toBytes = (number, length) =>
  Buffer.from(number.toString(16).padStart(2 * length, "0"), "hex");

function inverse(value, modulus) {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return ((x % modulus) + modulus) % modulus;
}

/**
 * ECDSA (FIPS 186-4, section 6.4) with the secret number made from key and message, so that it comes out the same at
 * each run. Node's own would be another one each time. `hash` is what is signed, SHA-256 for ES256.
 */
export function signES256(name, text, hash = "sha256") {
  const secret = Buffer.from(find(name).d, "base64url");
  const digest = createHash(hash).update(text).digest();
  const k =
    (toNumber(createHash("sha512").update(secret).update(digest).digest()) % (orderP256 - 1n)) + 1n;
  const point = createECDH("prime256v1");
  point.setPrivateKey(toBytes(k, 32));
  const r = toNumber(point.getPublicKey().subarray(1, 33)) % orderP256;
  const z = toNumber(digest.subarray(0, 32));
  const s = (inverse(k, orderP256) * (z + r * toNumber(secret))) % orderP256;
  return Buffer.concat([toBytes(r, 32), toBytes(s, 32)]);
}

/** Base64url without padding, of bytes, of a text, or of anything else as JSON. */
export function encode(value) {
  const plain = Buffer.isBuffer(value) || typeof value === "string";
  return Buffer.from(plain ? value : JSON.stringify(value)).toString("base64url");
}

/** A header as the server writes it for this key; `undefined` removes a member. */
export const headerOf = (key, members = {}) => {
  const { alg, kid } = find(key);
  return { alg, kid, typ: "JWT", ...members };
};

/** Claims as the server writes them; `undefined` removes one. */
export const claimsOf = (members = {}) => ({
  iss: issuer,
  aud: ["http://localhost:8080", appID],
  sub: "ada",
  iat: now - 60,
  nbf: now - 65,
  exp: now + 3540,
  sid: "VectorSession00000000000",
  amr: ["swk", "user"],
  auth_time: now - 60,
  ...members,
});

/**
 * A token. Members of header and claims are added to the usual ones; `headerPart` and `claimsPart` replace the whole
 * encoded part; `signature` makes something else of the signed text than the key's signature.
 */
export function token({
  key = "eddsa-current",
  header = {},
  claims = {},
  headerPart = encode(headerOf(key, header)),
  claimsPart = encode(claimsOf(claims)),
  signature = (text) => sign(key, text),
} = {}) {
  const text = `${headerPart}.${claimsPart}`;
  return `${text}.${encode(signature(text))}`;
}

/** Escapes of JSON (RFC 8259, section 7) that stand for half a character, and so for none. */
export const halfPairs = {
  "the first half of a surrogate pair": "\\ud800",
  "the second half of a surrogate pair": "\\uDFFF",
  "a surrogate pair in the wrong order": "\\udc00\\ud800",
  "half a surrogate pair behind a whole one": "\\ud83e\\udd8a\\udd8a",
  "half a surrogate pair behind a backslash": "\\\\\\ud83e",
};

/** A case whose token passes, and one whose token is refused with this code. */
export const good = (name, why, text, more = {}) => ({
  name,
  why,
  key_set: "current",
  token: text,
  valid: { sub: "ada" },
  ...more,
});
export const bad = (error, name, why, text, more = {}) => ({
  name,
  why,
  key_set: "current",
  token: text,
  error,
  ...more,
});
