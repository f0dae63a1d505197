/**
 * Public keys as a key set publishes them (RFC 7517), turned into something that verifies. The key's own `alg` decides
 * which algorithm is used; a token never does.
 */
import { decodeBase64url } from "./base64url.js";
import { GinnelError } from "./errors.js";
import { isEd25519, isP256, isRSA } from "./key-material.js";

/** The signature algorithms that Ginnel issues tokens with. */
export type Algorithm = "RS256" | "ES256" | "EdDSA";

export const knownAlgorithms: readonly Algorithm[] = ["RS256", "ES256", "EdDSA"];

/** One public key, ready to verify. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** Whether this key made the signature over these bytes. */
  verify(signature: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

/** A key set document: `{"keys": [...]}`. */
export interface JSONWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** For each algorithm: the key type it takes, the members that are the key, their check, and WebCrypto's names for it. */
const shapes = {
  RS256: {
    kty: "RSA",
    crv: undefined,
    members: ["n", "e"],
    isKey: isRSA,
    import: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    verify: { name: "RSASSA-PKCS1-v1_5" },
  },
  ES256: {
    kty: "EC",
    crv: "P-256",
    members: ["x", "y"],
    isKey: isP256,
    import: { name: "ECDSA", namedCurve: "P-256" },
    verify: { name: "ECDSA", hash: "SHA-256" },
  },
  EdDSA: {
    kty: "OKP",
    crv: "Ed25519",
    members: ["x"],
    isKey: isEd25519,
    import: { name: "Ed25519" },
    verify: { name: "Ed25519" },
  },
} as const;

/**
 * The signing keys of a key set by their `kid`. Keys for other purposes or of types we do not know are left out, as
 * RFC 7517, section 5 asks. Throws an `Error` whose message completes the sentence "The key set …".
 */
export function readKeySet(document: unknown): Map<string, VerificationKey> {
  const entries = isObject(document) ? document["keys"] : undefined;
  if (!Array.isArray(entries)) throw new Error('is not an object with a list of "keys"');
  const keys = new Map<string, VerificationKey>();
  for (const entry of entries) {
    const key = readKey(entry);
    if (!key) continue;
    if (keys.has(key.kid)) throw new Error(`has two keys with the id "${key.kid}"`);
    keys.set(key.kid, key);
  }
  if (keys.size === 0)
    throw new Error("has no signing key of type RS256, ES256 or EdDSA with an id");
  return keys;
}

function readKey(jwk: unknown): VerificationKey | undefined {
  if (!isObject(jwk)) return undefined;
  const { kid, alg, use, key_ops: operations } = jwk;
  const algorithm = knownAlgorithms.find((known) => known === alg);
  if (typeof kid !== "string" || kid === "" || !algorithm) return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify")))
    return undefined;

  const shape = shapes[algorithm];
  if (jwk["kty"] !== shape.kty || jwk["crv"] !== shape.crv) return undefined;
  // Only the public members are taken over, so nothing else in the document has a say in how the key is used.
  const material: JsonWebKey = { kty: shape.kty, ...(shape.crv && { crv: shape.crv }) };
  const parts = [];
  for (const member of shape.members) {
    const value = jwk[member];
    const bytes = typeof value === "string" ? decodeBase64url(value) : undefined;
    if (!bytes) return undefined;
    parts.push(bytes);
    material[member] = value as string;
  }
  if (!shape.isKey(parts)) return undefined;

  // Imported at the first use and kept; a key that is only published for later costs nothing.
  let imported: Promise<CryptoKey> | undefined;
  return {
    kid,
    algorithm,
    async verify(signature, data) {
      imported ??= crypto.subtle.importKey("jwk", material, shape.import, false, ["verify"]);
      let key;
      try {
        key = await imported;
      } catch (cause) {
        const sentence = `The key "${kid}" cannot be used for ${algorithm} on this runtime; create the app with another --algorithm, or check the key set.`;
        throw new GinnelError("keys_unavailable", sentence, { cause });
      }
      return crypto.subtle.verify(shape.verify, key, signature, data);
    },
  };
}

/** Whether a parsed JSON value is an object, and neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
