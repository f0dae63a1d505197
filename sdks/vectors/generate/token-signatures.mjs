/** Tokens of which the signature decides. */
import {
  bad,
  claimsOf,
  encode,
  good,
  headerOf,
  now,
  orderEd25519,
  orderP256,
  publicKey,
  sign,
  signES256,
  signRSA,
  toBytes,
  toNumber,
  token,
} from "./signing.mjs";
import { current } from "./token-keys.mjs";

const flip = (bytes, index) => bytes.map((byte, at) => (at === index ? byte ^ 1 : byte));
const refused = (name, why, key, change) =>
  bad(
    "signature_invalid",
    `signature: ${name}`,
    why,
    token({ key, signature: (text) => Buffer.from(change(sign(key, text), text)) }),
  );
const pair = (r, s) => Buffer.concat([toBytes(r, 32), toBytes(s, 32)]);
const half = (signature, at) => toNumber(signature.subarray(32 * at, 32 * at + 32));

function derInteger(number) {
  let bytes = toBytes(number, 32);
  while (bytes.length > 1 && bytes[0] === 0 && bytes[1] < 0x80) bytes = bytes.subarray(1);
  if (bytes[0] >= 0x80) bytes = Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(2, bytes.length), bytes]);
}
const der = (signature) => {
  const body = Buffer.concat([derInteger(half(signature, 0)), derInteger(half(signature, 1))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
};
const withS = (wanted) => (signature) => {
  const s = half(signature, 1);
  const other = orderP256 - s;
  return pair(
    half(signature, 0),
    wanted === "high" ? (s > other ? s : other) : s < other ? s : other,
  );
};
/** The first claims that this key signs as wanted; the claim `try` makes them differ. */
function search(key, isWanted) {
  for (let attempt = 0; ; attempt++) {
    const claimsPart = encode(claimsOf({ try: attempt }));
    const text = `${encode(headerOf(key))}.${claimsPart}`;
    if (isWanted(sign(key, text))) return claimsPart;
  }
}
const modulus = toNumber(Buffer.from(publicKey("rs256-current").n, "base64url"));
const shortPart = search("rs256-current", (signature) => signature[0] === 0);
const smallPart = search(
  "rs256-current",
  (signature) => toNumber(signature) + modulus < 2n ** 2048n,
);
const changed = (key, claimsPart, change) =>
  token({ key, claimsPart, signature: (text) => Buffer.from(change(sign(key, text))) });
const rs256 = (claimsPart, change) => changed("rs256-current", claimsPart, change);

/** Signatures of which one number begins with a zero, which a lenient reader would let go. */
const zeroInFront = ["r", "s"].flatMap((number, at) => {
  const claimsPart = search("es256-current", (signature) => signature[32 * at] === 0);
  const without = (bytes) => bytes.filter((_, index) => index !== 32 * at);
  return [
    good(
      `signature: ES256 with a zero in front of ${number}`,
      "32 bytes, zeros included",
      changed("es256-current", claimsPart, (bytes) => bytes),
    ),
    bad(
      "signature_invalid",
      `signature: ES256 without the zero in front of ${number}`,
      "RFC 7518, section 3.4: 32 bytes, zeros included",
      changed("es256-current", claimsPart, without),
    ),
    bad(
      "signature_invalid",
      `signature: ES256 with the zero of ${number} at the end`,
      "64 bytes, and other numbers",
      changed("es256-current", claimsPart, (bytes) => [...without(bytes), 0]),
    ),
  ];
});

export const signatureCases = [
  ...current.flatMap((key) => [
    refused(`${key}, empty`, "three parts, and nothing in the last", key, () => []),
    refused(`${key}, one bit changed in front`, "", key, (bytes) => flip(bytes, 0)),
    refused(`${key}, one bit changed at the end`, "", key, (bytes) =>
      flip(bytes, bytes.length - 1),
    ),
    refused(`${key}, the last byte cut off`, "", key, (bytes) => bytes.subarray(0, -1)),
    refused(`${key}, the first byte cut off`, "", key, (bytes) => bytes.subarray(1)),
    refused(`${key}, a zero behind`, "", key, (bytes) => [...bytes, 0]),
    refused(`${key}, a zero in front`, "", key, (bytes) => [0, ...bytes]),
    refused(`${key}, three zeros behind`, "", key, (bytes) => [...bytes, 0, 0, 0]),
    refused(`${key}, twice`, "", key, (bytes) => [...bytes, ...bytes]),
    refused(`${key}, zeros`, "", key, (bytes) => Buffer.alloc(bytes.length)),
    refused(`${key}, ones`, "", key, (bytes) => Buffer.alloc(bytes.length, 255)),
    refused(`${key}, one byte`, "", key, () => [1]),
    refused(`${key}, over the claims alone`, "the header is signed, too", key, (_, text) =>
      sign(key, text.split(".")[1]),
    ),
    bad(
      "signature_invalid",
      `signature: ${key}'s id on a stranger's token`,
      "another key",
      token({
        key: key.replace("current", "stranger"),
        header: { kid: key },
      }),
    ),
    bad(
      "signature_invalid",
      `signature: ${key}, claims changed`,
      "bob for ada",
      (() => {
        const [header, , signature] = token({ key }).split(".");
        return `${header}.${encode(claimsOf({ sub: "bob" }))}.${signature}`;
      })(),
    ),
    bad(
      "signature_invalid",
      `signature: ${key}, header changed`,
      "typ left out",
      (() => {
        const [, claims, signature] = token({ key }).split(".");
        return `${encode(headerOf(key, { typ: undefined }))}.${claims}.${signature}`;
      })(),
    ),
  ]),
  refused(
    "ES256 in DER",
    "RFC 7518, section 3.4 wants two numbers of 32 bytes",
    "es256-current",
    der,
  ),
  refused("ES256 with r = 0", "", "es256-current", (bytes) => pair(0n, half(bytes, 1))),
  refused("ES256 with s = 0", "", "es256-current", (bytes) => pair(half(bytes, 0), 0n)),
  refused("ES256 with r = 0 and s = 0", "", "es256-current", () => pair(0n, 0n)),
  refused("ES256 with r = 1 and s = 1", "", "es256-current", () => pair(1n, 1n)),
  refused("ES256 with r = n", "", "es256-current", (bytes) => pair(orderP256, half(bytes, 1))),
  refused("ES256 with s = n", "", "es256-current", (bytes) => pair(half(bytes, 0), orderP256)),
  refused("ES256 with r and s exchanged", "", "es256-current", (bytes) =>
    pair(half(bytes, 1), half(bytes, 0)),
  ),
  refused(
    "ES256 with r written in 48 bytes",
    "the form of another curve",
    "es256-current",
    (bytes) => Buffer.concat([toBytes(half(bytes, 0), 48), toBytes(half(bytes, 1), 48)]),
  ),
  ...[
    ["r, a zero, s", 32],
    ["r, s, a zero", 64],
    ["a zero, r, s", 0],
  ].map(([name, at]) =>
    refused(`ES256 as ${name}`, "64 bytes, and not 65", "es256-current", (bytes) => [
      ...bytes.subarray(0, at),
      0,
      ...bytes.subarray(at),
    ]),
  ),
  refused("ES256 as a zero, r, a zero, s", "33 bytes each", "es256-current", (bytes) =>
    Buffer.concat([toBytes(half(bytes, 0), 33), toBytes(half(bytes, 1), 33)]),
  ),
  ...zeroInFront,
  good(
    "signature: ES256 with the larger s",
    "ECDSA has two, and the standard accepts both",
    token({
      key: "es256-current",
      signature: (text) => withS("high")(sign("es256-current", text)),
    }),
  ),
  good(
    "signature: ES256 with the smaller s",
    "ECDSA has two, and the standard accepts both",
    token({
      key: "es256-current",
      signature: (text) => withS("low")(sign("es256-current", text)),
    }),
  ),
  refused("ES256 over SHA-512", "ES256 means SHA-256", "es256-current", (_, text) =>
    signES256("es256-current", text, "sha512"),
  ),
  refused("EdDSA with s + L", "RFC 8032, section 5.1.7: s is below L", "eddsa-current", (bytes) => {
    const s = toNumber(Buffer.from(bytes.subarray(32)).reverse()) + orderEd25519;
    return Buffer.concat([bytes.subarray(0, 32), toBytes(s, 32).reverse()]);
  }),
  bad(
    "signature_invalid",
    "signature: EdDSA, and the key is no point",
    "no signature fits it",
    token({ header: { kid: "no-point" } }),
    { key_set: "mixed" },
  ),
  good(
    "signature: RS256 with a zero in front of its number",
    "as long as the modulus, zeros included",
    rs256(shortPart, (bytes) => bytes),
  ),
  bad(
    "signature_invalid",
    "signature: RS256 without the zero in front of its number",
    "RFC 8017, section 8.2.2: as long as the modulus",
    rs256(shortPart, (bytes) => bytes.subarray(1)),
  ),
  bad(
    "signature_invalid",
    "signature: RS256 with the modulus added",
    "RFC 8017, section 5.2.2: below the modulus",
    rs256(smallPart, (bytes) => toBytes(toNumber(bytes) + modulus, 256)),
  ),
  refused("RS256 by PSS", "RS256 means PKCS #1 v1.5", "rs256-current", (_, text) =>
    signRSA("rs256-current", text, "sha256", "PSS"),
  ),
  refused("RS256 over SHA-512", "RS256 means SHA-256", "rs256-current", (_, text) =>
    signRSA("rs256-current", text, "sha512"),
  ),
  refused("RS256 over SHA-1", "RS256 means SHA-256", "rs256-current", (_, text) =>
    signRSA("rs256-current", text, "sha1"),
  ),
  bad(
    "signature_invalid",
    "order: signature before claims",
    "nothing in the claims is believed",
    token({
      key: "eddsa-stranger",
      header: { kid: "eddsa-current" },
      claims: { iss: "x", sub: "", exp: now - 3600 },
    }),
  ),
  bad(
    "signature_invalid",
    "order: signature before the claims' form",
    "nothing in the claims is read",
    token({
      key: "eddsa-stranger",
      header: { kid: "eddsa-current" },
      claimsPart: "a+b/=",
    }),
  ),
  bad(
    "key_unknown",
    "order: key before signature",
    "",
    token({ header: { kid: "nobody" }, signature: () => Buffer.alloc(0) }),
  ),
];
