/** Tokens of a real server, good ones and spoilt ones, each with what a back end would know of the app. */
import { constants, createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { origin } from "./server.mjs";

export const algorithms = ["RS256", "ES256", "EdDSA"];

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url"));
const encoded = (bytes) => Buffer.from(bytes).toString("base64url");

/** A key of the forger's own, for an algorithm. */
const forgersKey = (algorithm) =>
  algorithm === "RS256"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");

const signWith = (algorithm, key, text) =>
  algorithm === "EdDSA"
    ? sign(null, Buffer.from(text), key)
    : sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });

/** Changes the signing keys of all apps. A running server follows within two seconds. */
async function rotate(server, apps) {
  for (const { id } of apps) await server.command("keys", "rotate", "--app", id, "--at-once");
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

/** Everything that is asked of the server comes first; then the short-lived tokens are waited for. */
export async function record(server) {
  const apps = [];
  for (const algorithm of algorithms) {
    const id = await server.createApp(algorithm, 3600);
    apps.push({ algorithm, id, shortLived: await server.createApp(algorithm, 10) });
  }
  // The next key is made by the server's hourly job, or by a rotation.
  await rotate(server, apps);
  for (const app of apps) {
    app.before = await server.keySet(app.id);
    const { signedUp, signedIn } = await server.people(app.id);
    const refreshed = await server.refresh(app.id, signedIn.refresh_token);
    app.tokens = {
      signedUp: signedUp.auth_token,
      signedIn: signedIn.auth_token,
      refreshed: refreshed.auth_token,
    };
    app.expired = (await server.people(app.shortLived)).signedIn.auth_token;
    app.shortLivedKeys = await server.keySet(app.shortLived);
  }
  await rotate(server, apps);
  for (const app of apps) {
    app.after = await server.keySet(app.id);
    app.tokens.rotated = (await server.people(app.id)).signedIn.auth_token;
  }
  const last = Math.max(...apps.map((app) => decode(app.expired.split(".")[1]).exp));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (last + 1) * 1000 - Date.now())));
  return apps.flatMap((app) =>
    casesOf(
      app,
      apps.find((other) => other !== app),
      server.url,
    ),
  );
}

function casesOf(app, other, url) {
  const { algorithm, id } = app;
  const issuer = (app) => `${url}/auth/v1/apps/${app}`;
  const known = { algorithm, key_set: app.after, issuer: issuer(id), audience: id };
  const token = app.tokens.signedIn;
  const [head, body, signature] = token.split(".");
  const [header, claims] = [decode(head), decode(body)];
  const somebody = { ...claims, sub: "somebodyelse123456789012" };
  const published = app.after.keys.find((key) => key.kid === header.kid);
  const publicKey = createPublicKey({ key: published, format: "jwk" });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const der = publicKey.export({ type: "spki", format: "der" });
  const own = forgersKey(algorithm);
  const ownJwk = { ...own.publicKey.export({ format: "jwk" }), alg: algorithm, use: "sig" };

  const made = (header, claims, make) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${encoded(make(text))}`;
  };
  const byForger = (text) => signWith(algorithm, own.privateKey, text);
  const bySecret =
    (secret, hash = "sha256") =>
    (text) =>
      createHmac(hash, secret).update(text).digest();
  const none = () => Buffer.alloc(0);
  const bytes = Buffer.from(signature, "base64url");
  const changed = (change) => {
    const copy = Buffer.from(bytes);
    return `${head}.${body}.${encoded(change(copy) ?? copy)}`;
  };
  const flipped = (at) => changed((copy) => void (copy[at < 0 ? copy.length + at : at] ^= 1));
  const confused = (alg, secret, hash) =>
    made({ ...header, alg }, somebody, bySecret(secret, hash));
  const withKeys = (keys) => ({ ...known, key_set: { keys } });

  const good = {
    "of a sign-up": [app.tokens.signedUp, known],
    "of a sign-in": [token, known],
    "of a refresh": [app.tokens.refreshed, known],
    "with the keys from before a rotation": [token, { ...known, key_set: app.before }],
    "after a rotation": [app.tokens.rotated, known],
    // The next key is published before it signs, since back ends keep key sets.
    "after a rotation, with the keys from before": [
      app.tokens.rotated,
      { ...known, key_set: app.before },
    ],
    "for the site's origin as audience": [token, { ...known, audience: origin }],
    "with an unknown key beside ours": [
      token,
      withKeys([{ kty: "AKP", alg: "ML-DSA-44", pub: "AAAA", kid: "future" }, ...app.after.keys]),
    ],
  };
  const spoilt = {
    "alg none, no signature": [made({ ...header, alg: "none" }, claims, none), known],
    "alg none, the old signature": [
      `${encode({ ...header, alg: "none" })}.${body}.${signature}`,
      known,
    ],
    "alg None": [made({ ...header, alg: "None" }, somebody, none), known],
    "alg NONE without kid": [made({ alg: "NONE" }, somebody, none), known],
    "alg empty": [made({ ...header, alg: "" }, somebody, none), known],
    "alg missing": [made({ typ: "JWT", kid: header.kid }, somebody, none), known],
    "alg a list": [made({ ...header, alg: [algorithm, "none"] }, somebody, none), known],
    "HS256 with the public key's PEM": [confused("HS256", pem), known],
    "HS256 with the PEM, trimmed": [confused("HS256", pem.trim()), known],
    "HS256 with the public key's DER": [confused("HS256", der), known],
    "HS256 with the public key's JWK": [confused("HS256", JSON.stringify(published)), known],
    "HS256 with the public key's numbers": [
      confused("HS256", Buffer.from(published.n ?? published.x, "base64url")),
      known,
    ],
    "HS256 with nothing": [confused("HS256", ""), known],
    "HS512 with the public key's PEM": [confused("HS512", pem, "sha512"), known],
    "another algorithm of the same key": [
      `${encode({ ...header, alg: { RS256: "RS512", ES256: "ES384", EdDSA: "Ed448" }[algorithm] })}.${body}.${signature}`,
      known,
    ],
    "the forger's key": [made(header, somebody, byForger), known],
    "the forger's key under another kid": [
      made({ ...header, kid: "forged" }, somebody, byForger),
      known,
    ],
    "the forger's key without kid": [
      made({ alg: algorithm, typ: "JWT" }, somebody, byForger),
      known,
    ],
    "the forger's key in the header": [made({ ...header, jwk: ownJwk }, somebody, byForger), known],
    "the forger's key in the header, without kid": [
      made({ alg: algorithm, jwk: ownJwk }, somebody, byForger),
      known,
    ],
    "an address of the forger's keys": [
      made(
        { ...header, jku: "http://localhost:1/keys", x5u: "http://localhost:1/chain" },
        somebody,
        byForger,
      ),
      known,
    ],
    "the forger's key, kid a path": [
      made({ ...header, kid: "../../dev/null" }, somebody, byForger),
      known,
    ],
    "another kid": [`${encode({ ...header, kid: "another" })}.${body}.${signature}`, known],
    "the kid of another key": [
      `${encode({ ...header, kid: app.after.keys.find((key) => key.kid !== header.kid).kid })}.${body}.${signature}`,
      known,
    ],
    "no kid": [`${encode({ alg: algorithm, typ: "JWT" })}.${body}.${signature}`, known],
    "another user": [`${head}.${encode(somebody)}.${signature}`, known],
    "a later expiry": [`${head}.${encode({ ...claims, exp: 4102444800 })}.${signature}`, known],
    "another app in the claims": [
      `${head}.${encode({ ...claims, aud: [origin, other.id], iss: issuer(other.id) })}.${signature}`,
      { ...known, audience: other.id, issuer: issuer(other.id) },
    ],
    "one claim more": [`${head}.${encode({ ...claims, admin: true })}.${signature}`, known],
    "claims in another order": [
      `${head}.${encode(Object.fromEntries(Object.entries(claims).reverse()))}.${signature}`,
      known,
    ],
    "the claims of another token": [
      `${head}.${app.tokens.signedUp.split(".")[1]}.${signature}`,
      known,
    ],
    "no claims": [`${head}..${signature}`, known],
    "the first bit of the signature": [flipped(0), known],
    "a bit in the middle of the signature": [flipped(31), known],
    "the last bit of the signature": [flipped(-1), known],
    "signature empty": [`${head}.${body}.`, known],
    "signature cut short": [changed((copy) => copy.subarray(0, -1)), known],
    "signature with a byte behind": [
      changed((copy) => Buffer.concat([copy, Buffer.alloc(1)])),
      known,
    ],
    "signature of zeros": [changed((copy) => void copy.fill(0)), known],
    "two parts": [`${head}.${body}`, known],
    "four parts": [`${token}.${signature}`, known],
    nothing: ["", known],
    "no token at all": ["not-a-token", known],
    "no JSON": [`${encoded("{")}.${body}.${signature}`, known],
    "header an array": [`${encode([header])}.${body}.${signature}`, known],
    "an extension that must be understood": [
      `${encode({ ...header, crit: ["exp"], exp: 1 })}.${body}.${signature}`,
      known,
    ],
    expired: [
      app.expired,
      {
        algorithm,
        key_set: app.shortLivedKeys,
        issuer: issuer(app.shortLived),
        audience: app.shortLived,
      },
    ],
    "for another audience": [token, { ...known, audience: other.id }],
    "for the site's origin with a slash": [token, { ...known, audience: `${origin}/` }],
    "for a part of the audience": [token, { ...known, audience: id.slice(0, -1) }],
    "of another issuer": [token, { ...known, issuer: issuer(other.id) }],
    "of the issuer with a slash": [token, { ...known, issuer: `${issuer(id)}/` }],
    "of the server as issuer": [token, { ...known, issuer: url }],
    "with the keys of another app": [token, { ...known, key_set: app.shortLivedKeys }],
    "with the keys of another app under our kid": [
      token,
      withKeys([{ ...app.shortLivedKeys.keys[0], kid: header.kid }]),
    ],
    "with the forger's key under our kid": [token, withKeys([{ ...ownJwk, kid: header.kid }])],
    "with its own key left out": [
      token,
      withKeys(app.after.keys.filter((key) => key.kid !== header.kid)),
    ],
    "with no keys": [token, withKeys([])],
    "where another algorithm is demanded": [
      token,
      { ...known, algorithm: algorithm === "RS256" ? "ES256" : "RS256" },
    ],
  };
  if (algorithm === "RS256") {
    const pss = (key) => (text) =>
      sign("sha256", Buffer.from(text), { key, padding: constants.RSA_PKCS1_PSS_PADDING });
    spoilt["RSASSA-PSS by the forger's key"] = [
      made({ ...header, alg: "PS256" }, somebody, pss(own.privateKey)),
      known,
    ];
    spoilt["PS256 in the header"] = [
      `${encode({ ...header, alg: "PS256" })}.${body}.${signature}`,
      known,
    ];
  }
  if (algorithm === "ES256") {
    spoilt["a signature in DER"] = [
      made(header, somebody, (text) => sign("sha256", Buffer.from(text), own.privateKey)),
      known,
    ];
    // CVE-2022-21449: r and s of zero fitted every message.
    spoilt["r and s of zero"] = [`${head}.${encode(somebody)}.${encoded(Buffer.alloc(64))}`, known];
  }
  const named = (list, accepted) =>
    Object.entries(list).map(([what, [token, known]]) => ({
      name: `${algorithm}: ${what}`,
      accepted,
      token,
      ...known,
    }));
  return [...named(good, true), ...named(spoilt, false)];
}
