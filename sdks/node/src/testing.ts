/**
 * `@ginnel/node/testing`: stands in for a Ginnel server in the tests of a back end. It makes a key pair, the key set to
 * check with, and tokens as the server would issue them. Nothing is sent over a network.
 */
import { encodeBase64url } from "./base64url.js";
import { Ginnel } from "./ginnel.js";
import { staticKeySet, type KeySet } from "./key-sets.js";
import type { Algorithm, JSONWebKeySet } from "./keys.js";

export interface TestIssuerOptions {
  /** Default: an id made up for tests. */
  appID?: string;
  /** Where the server would run. Default: as for `Ginnel`. */
  url?: string;
  /** Default: `RS256`, as on the server. */
  algorithm?: Algorithm;
  /** The second entry of `aud`. Default: `http://localhost:8080`. */
  authOrigin?: string;
}

export interface TestTokenOptions {
  /** Default: an id made up for tests. */
  userID?: string;
  /** Seconds from now until the token expires; negative for one that has. Default 3600. */
  expiresIn?: number;
  /** Claims to add or to replace; `undefined` removes one. */
  claims?: Record<string, unknown>;
  /** Members of the header to add or to replace; `undefined` removes one. */
  header?: Record<string, unknown>;
}

/** A stand-in for one application on a server. */
export interface TestIssuer {
  readonly appID: string;
  readonly url: string;
  readonly issuer: string;
  /** The document that the server would publish at `jwksPath`. */
  readonly jwks: JSONWebKeySet;
  /** The path of the key set, for a test that serves it over HTTP. */
  readonly jwksPath: string;
  /** The same keys, to be passed as `keySet`. */
  readonly keySet: KeySet;
  /** A client that accepts this issuer's tokens. */
  readonly ginnel: Ginnel;
  /** An auth token signed with this issuer's key. */
  token(options?: TestTokenOptions): Promise<string>;
}

const parameters = {
  RS256: {
    generate: {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    sign: { name: "RSASSA-PKCS1-v1_5" },
  },
  ES256: {
    generate: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
  },
  EdDSA: { generate: { name: "Ed25519" }, sign: { name: "Ed25519" } },
} as const;

/** Makes a stand-in with a fresh key. An RSA key takes some 100 ms: make one and share it among tests. */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const {
    appID = "TestApplication000000000",
    algorithm = "RS256",
    authOrigin = "http://localhost:8080",
  } = options;
  const { generate, sign } = parameters[algorithm];
  const pair = (await crypto.subtle.generateKey(generate, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const { kty, crv, n, e, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const kid = encodeBase64url(crypto.getRandomValues(new Uint8Array(18)));
  const members = Object.entries({ alg: algorithm, kty, use: "sig", crv, n, e, x, y, kid });
  const jwks = { keys: [Object.fromEntries(members.filter(([, value]) => value !== undefined))] };
  const keySet = staticKeySet(jwks);
  const ginnel = new Ginnel({
    appID,
    keySet,
    ...(options.url !== undefined && { url: options.url }),
  });

  async function token(options: TestTokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { userID = "TestUser0000000000000000", expiresIn = 3600 } = options;
    // A token that has expired was issued before it did.
    const issuedAt = Math.min(now, now + expiresIn - 1);
    const claims = {
      iss: ginnel.issuer,
      aud: [authOrigin, appID],
      sub: userID,
      iat: issuedAt,
      nbf: issuedAt - 5,
      exp: now + expiresIn,
      sid: "TestSession0000000000000",
      amr: ["swk", "user"],
      auth_time: issuedAt,
      ...options.claims,
    };
    const header = { alg: algorithm, kid, typ: "JWT", ...options.header };
    const signed = `${encodeJSON(header)}.${encodeJSON(claims)}`;
    const signature = await crypto.subtle.sign(
      sign,
      pair.privateKey,
      new TextEncoder().encode(signed),
    );
    return `${signed}.${encodeBase64url(new Uint8Array(signature))}`;
  }

  const { url, issuer } = ginnel;
  return {
    appID,
    url,
    issuer,
    jwks,
    jwksPath: `/auth/v1/apps/${appID}/.well-known/jwks.json`,
    keySet,
    ginnel,
    token,
  };
}

function encodeJSON(value: unknown): string {
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(value)));
}
