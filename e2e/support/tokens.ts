/** Looks into auth tokens, and makes ones that a back end must refuse. */
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type JsonWebKey,
} from "node:crypto";

type Json = Record<string, unknown>;

const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Json;
const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString("base64url");

export const headerOf = (token: string): Json => decode(token.split(".")[0]);
export const claimsOf = (token: string): Json => decode(token.split(".")[1]);

/** What looks like a token to whoever has no keys to check it with. */
export const lookalike = (): string =>
  [
    encode({ alg: "RS256", typ: "JWT", kid: "nobody-s" }),
    encode({ sub: "somebodyelse123456789012", exp: 4102444800 }),
    Buffer.alloc(256, 1).toString("base64url"),
  ].join(".");

/** Forgeries of a good token, by what is wrong with them. */
export function forgeries(token: string, keys: JsonWebKey[]): Record<string, string> {
  const [head, body, signature] = token.split(".") as [string, string, string];
  const header = headerOf(token);
  const somebody = { ...claimsOf(token), sub: "somebodyelse123456789012" };
  const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const published = createPublicKey({ key: keys[0]!, format: "jwk" });
  const signed = (header: Json, claims: Json, make: (text: string) => string) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${make(text)}`;
  };
  const byOwnKey = (text: string) =>
    sign("sha256", Buffer.from(text), own.privateKey).toString("base64url");
  const bySecret = (secret: string) => (text: string) =>
    createHmac("sha256", secret).update(text).digest("base64url");
  const pem = published.export({ type: "spki", format: "pem" }).toString();
  const flipped = Buffer.from(signature, "base64url");
  flipped[10]! ^= 1;
  return {
    "another user under the old signature": `${head}.${encode(somebody)}.${signature}`,
    "a later expiry under the old signature": `${head}.${encode({ ...claimsOf(token), exp: 4102444800 })}.${signature}`,
    "a damaged signature": `${head}.${body}.${flipped.toString("base64url")}`,
    "no signature": `${head}.${body}.`,
    "alg none": signed({ ...header, alg: "none" }, somebody, () => ""),
    "alg None": signed({ ...header, alg: "None" }, somebody, () => ""),
    "alg HS256 with the public key as secret": signed(
      { ...header, alg: "HS256" },
      somebody,
      bySecret(pem),
    ),
    "alg HS256 with an empty secret": signed({ ...header, alg: "HS256" }, somebody, bySecret("")),
    "another algorithm named in the header": signed(
      { ...header, alg: "PS256" },
      claimsOf(token),
      () => signature,
    ),
    "a key of the forger's own": signed(header, somebody, byOwnKey),
    "a key of the forger's own under a new kid": signed(
      { ...header, kid: "forged" },
      somebody,
      byOwnKey,
    ),
    "a key brought along in the header": signed(
      { ...header, jwk: own.publicKey.export({ format: "jwk" }) },
      somebody,
      byOwnKey,
    ),
    nonsense: "not-a-token",
  };
}
