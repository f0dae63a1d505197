/** Tokens that are signed well: what their claims decide. */
import { appID, bad, claimsOf, encode, good, halfPairs, issuer, now, token } from "./signing.mjs";

const withClaims = (claims, key) => token({ claims, key });
/** Signed claims whose JSON is written by hand, with the usual claims in front; `text` begins with a comma. */
const written = (text, without = []) => {
  const claims = claimsOf(Object.fromEntries(without.map((name) => [name, undefined])));
  return token({ claimsPart: encode(`${JSON.stringify(claims).slice(0, -1)}${text}}`) });
};
const show = (value) => (value === undefined ? "left out" : JSON.stringify(value));

const accepted = [
  ...["rs256-current", "es256-current", "eddsa-current"].map((key) =>
    good(`good: ${key}`, "a token as the server makes it", withClaims({}, key)),
  ),
  good("good: aud as a string", "RFC 7519, section 4.1.3 allows it", withClaims({ aud: appID })),
  good(
    "good: aud with the application first",
    "the order says nothing",
    withClaims({ aud: [appID, "x"] }),
  ),
  good("good: aud with the application alone in a list", "", withClaims({ aud: [appID] })),
  good("good: aud names the application twice", "", withClaims({ aud: [appID, appID] })),
  good("good: no nbf", "RFC 7519 makes it optional", withClaims({ nbf: undefined })),
  good(
    "good: only the claims that are required",
    "",
    withClaims({ nbf: undefined, sid: undefined, amr: undefined, auth_time: undefined }),
  ),
  good(
    "good: extra claims of every type",
    "metadata that the application put into its tokens",
    withClaims({
      text: "x",
      number: -1.5,
      yes: true,
      none: null,
      list: [1, [2]],
      object: { a: {} },
    }),
  ),
  good(
    "good: characters of any script",
    "JSON is UTF-8",
    withClaims({ sub: "Žofie 🦊", name: "李小龍" }),
    { valid: { sub: "Žofie 🦊" } },
  ),
  good("good: characters as escapes", "\\u0061 is a", written(',"sub":"\\u0061da"', ["sub"])),
  good(
    "good: a surrogate pair as escapes",
    "RFC 8259, section 7",
    written(',"sub":"\\ud83e\\uDD8A"', ["sub"]),
    { valid: { sub: "🦊" } },
  ),
  good(
    "good: a backslash in front of a surrogate's digits",
    "no escape",
    withClaims({ sub: "\\ud800", "\\udfff": ["\\\\udc00"] }),
    { valid: { sub: "\\ud800" } },
  ),
  good(
    "good: white space in the claims",
    "RFC 8259, section 2",
    token({
      claimsPart: encode(` \t\r\n${JSON.stringify(claimsOf(), null, 4)}\n `),
    }),
  ),
  good(
    "good: claims nested 50 levels",
    "a parser must read that deep",
    written(`,"x":${"[".repeat(50)}${"]".repeat(50)}`),
  ),
  good("good: a claim twice, the last one counts", "", written(',"sub":"ada"'), {}),
  good(
    "good: sub twice, the last one counts",
    "as all parsers into a map do",
    written(',"sub":"bob"'),
    {
      valid: { sub: "bob" },
    },
  ),
  good(
    "good: exp twice, the last one counts",
    "the first one is past",
    token({
      claimsPart: encode(`{"exp":1,${JSON.stringify(claimsOf()).slice(1)}`),
    }),
  ),
  ...["SUB", "Sub", "\u017fub"].map((name) =>
    good(
      `good: ${JSON.stringify(name)} beside sub`,
      "names are compared exactly; U+017F is an s to those who ignore case",
      withClaims({ [name]: "mallory" }),
    ),
  ),
  good("good: Exp beside exp", "names are compared exactly", withClaims({ Exp: 1, EXP: 1 })),
];

const times = [
  ["exp", 4, "valid", "one second inside the leeway"],
  ["exp", 5, "token_expired", "at the edge of the leeway it is over"],
  ["exp", 6, "token_expired", "one second behind the edge"],
  ["exp", 4.5, "valid", "half a second inside"],
  ["exp", 5.5, "token_expired", "half a second behind"],
  ["exp", 86_400, "token_expired", "a day old"],
  ["nbf", -4, "valid", "one second inside the leeway"],
  ["nbf", -5, "valid", "at the edge of the leeway it is good"],
  ["nbf", -6, "token_not_yet_valid", "one second beyond the edge"],
  ["nbf", -4.5, "valid", "half a second inside"],
  ["nbf", -5.5, "token_not_yet_valid", "half a second beyond"],
  ["iat", -4, "valid", "one second inside the leeway"],
  ["iat", -5, "valid", "at the edge of the leeway it is good"],
  ["iat", -6, "token_not_yet_valid", "one second beyond the edge"],
  ["iat", -5.5, "token_not_yet_valid", "half a second beyond"],
].map(([claim, ago, verdict, why]) => {
  const text = withClaims({ [claim]: now - ago });
  const name = `${claim}: now ${ago > 0 ? "-" : "+"} ${Math.abs(ago)}`;
  return verdict === "valid" ? good(name, why, text) : bad(verdict, name, why, text);
});

const farTimes = [
  good("exp: 1e300", "a finite number, however large", written(',"exp":1e300', ["exp"])),
  good(
    "exp: 100000000000000000000",
    "does not fit an integer of 64 bits",
    written(',"exp":100000000000000000000', ["exp"]),
  ),
  good(
    "exp: written as 18000.0036e5",
    "a number is a number",
    written(',"exp":18000.0036e5', ["exp"]),
  ),
  good("iat and nbf: negative", "long ago", withClaims({ iat: -1, nbf: -1e15 })),
  bad("token_expired", "exp: 0", "1970", withClaims({ exp: 0 })),
  bad("token_expired", "exp: negative", "before 1970", withClaims({ exp: -1 })),
  bad("token_expired", "exp: -1e300", "finite, and long ago", written(',"exp":-1e300', ["exp"])),
  bad(
    "token_not_yet_valid",
    "iat: 1e300",
    "finite, and far away",
    written(',"iat":1e300', ["iat"]),
  ),
  bad(
    "token_not_yet_valid",
    "nbf: 1e20",
    "does not fit an integer of 64 bits",
    written(',"nbf":1e20', ["nbf"]),
  ),
];

/** For each claim, the values that are none. */
const wrong = {
  sub: [undefined, "", null, 7, true, ["ada"], { id: "ada" }],
  iss: [undefined, null, 7, [issuer], {}],
  aud: [undefined, null, 7, true, { 0: appID }, [[appID]], [7, appID], [appID, null]],
  iat: [undefined, null, String(now), true, false, [now], {}],
  exp: [undefined, null, String(now + 60), true, [now + 60], {}],
  nbf: [null, "0", true, false, [0], {}],
};
const missing = Object.entries(wrong).flatMap(([claim, values]) =>
  values.map((value) =>
    bad(
      "claim_missing",
      `claim: ${claim} ${show(value)}`,
      claim === "nbf" ? "nbf is a number or not there" : `${claim} is required`,
      withClaims({ [claim]: value }),
    ),
  ),
);
const notFinite = ["iat", "exp", "nbf"].flatMap((claim) => [
  bad(
    "claim_missing",
    `claim: ${claim} 1e400`,
    "not a finite number",
    written(`,"${claim}":1e400`, [claim]),
  ),
  bad(
    "claim_missing",
    `claim: ${claim} -1e400`,
    "not a finite number",
    written(`,"${claim}":-1e400`, [claim]),
  ),
]);
const otherCase = ["SUB", "Sub", "\u017fub"].map((name) =>
  bad(
    "claim_missing",
    `claim: ${JSON.stringify(name)} in place of sub`,
    "names are compared exactly",
    withClaims({ sub: undefined, [name]: "ada" }),
  ),
);

const foreign = "ForeignApplication000000";
const audiences = {
  "another application": foreign,
  "a list without the application": ["http://localhost:8080", foreign],
  "an empty list": [],
  "an empty string": "",
  "the id with something behind": `${appID}x`,
  "the id with something in front": `x${appID}`,
  "the id cut at the end": appID.slice(0, -1),
  "the id cut in front": appID.slice(1),
  "the id in lower case": appID.toLowerCase(),
  "the id with a space": ` ${appID}`,
  "the id and another in one string": `${appID} ${foreign}`,
  "the id inside an address": [`http://localhost:8080/${appID}`],
};
const issuers = {
  "a slash at the end": `${issuer}/`,
  "other case": issuer.replace("localhost", "LOCALHOST"),
  https: issuer.replace("http:", "https:"),
  "another application": issuer.replace(appID, foreign),
  "another port": issuer.replace("8400", "8401"),
  "no port": issuer.replace(":8400", ""),
  "the address alone": "http://localhost:8400",
  "another spelling of the host": issuer.replace("localhost", "127.0.0.1"),
  "an equal address by way of dots": issuer.replace("/apps/", "/./apps/"),
  "something behind": `${issuer}?x`,
  "a space in front": ` ${issuer}`,
  "an empty string": "",
  "the id alone": appID,
};
const strangers = [
  ...Object.entries(audiences).map(([name, aud]) =>
    bad(
      "audience_mismatch",
      `aud: ${name}`,
      "one entry has to equal the application's id",
      withClaims({ aud }),
    ),
  ),
  ...Object.entries(issuers).map(([name, iss]) =>
    bad(
      "issuer_mismatch",
      `iss: ${name}`,
      "compared as text, character by character",
      withClaims({ iss }),
    ),
  ),
];

const past = { exp: now - 3600 };
const order = [
  bad("claim_missing", "order: sub before iss", "", withClaims({ sub: "", iss: "x" })),
  bad("claim_missing", "order: nbf's type before iss", "", withClaims({ nbf: "0", iss: "x" })),
  bad("issuer_mismatch", "order: iss before aud", "", withClaims({ iss: "x", aud: "x" })),
  bad("issuer_mismatch", "order: iss before exp", "", withClaims({ iss: "x", ...past })),
  bad("audience_mismatch", "order: aud before exp", "", withClaims({ aud: "x", ...past })),
  bad("token_expired", "order: exp before nbf", "", withClaims({ nbf: now + 60, ...past })),
];

/** Signed parts that are no claims; they are looked at behind the signature only. */
/** The usual claims as JSON. */
const plain = JSON.stringify(claimsOf());
const none = {
  "no JSON": "{",
  "no text at all but a space": " ",
  "a list": [],
  "a string": '"ada"',
  null: "null",
  "a number": "7",
  "an empty object": {},
  "rubbish behind": `${JSON.stringify(claimsOf())}x`,
  "two objects": JSON.stringify(claimsOf()).repeat(2),
  "a comment": JSON.stringify(claimsOf()).replace("{", "{/* x */"),
  "a comma at the end": JSON.stringify(claimsOf()).replace(/}$/, ",}"),
  "single quotes": JSON.stringify(claimsOf()).replaceAll('"', "'"),
  NaN: JSON.stringify(claimsOf()).replace("{", '{"x":NaN,'),
  Infinity: JSON.stringify(claimsOf()).replace(/"exp":\d+/, '"exp":Infinity'),
  "-Infinity": JSON.stringify(claimsOf()).replace(/"nbf":\d+/, '"nbf":-Infinity'),
  "a number with a zero in front": JSON.stringify(claimsOf()).replace('"exp":', '"exp":0'),
  "a number with a plus": JSON.stringify(claimsOf()).replace('"exp":', '"exp":+'),
  "a byte order mark": `\uFEFF${JSON.stringify(claimsOf())}`,
  "UTF-16": Buffer.from(JSON.stringify(claimsOf()), "utf16le"),
  "a byte that is no UTF-8": Buffer.from(JSON.stringify(claimsOf({ name: "\xff" })), "latin1"),
  "half a character": Buffer.from(JSON.stringify(claimsOf({ sub: "\xc3" })), "latin1"),
  "a line break inside a string": JSON.stringify(claimsOf()).replace("ada", "a\nda"),
  ...Object.fromEntries(
    Object.entries(halfPairs).flatMap(([name, text]) => [
      [`${name} in sub`, plain.replace('"ada"', `"ada${text}"`)],
      [`${name} in a claim that nobody reads`, plain.replace("{", `{"x":["${text}"],`)],
      [`${name} in a claim's name`, plain.replace("{", `{"${text}":1,`)],
    ]),
  ),
  "200 levels, and no sub": `{"x":${"[".repeat(200)}${"]".repeat(200)}}`,
  "5,000 levels, and no sub": `{"x":${"[".repeat(5000)}${"]".repeat(5000)}}`,
};
const claimsPart = encode(plain);
/** Claims of 3n + 2 bytes: their last group of characters is not full. */
const ragged = plain + " ".repeat((5 - (plain.length % 3)) % 3);
const parts = {
  padding: `${encode(ragged)}=`,
  "a space behind": `${claimsPart} `,
  "a space inside": `${claimsPart.slice(0, 8)} ${claimsPart.slice(8)}`,
  "a line break behind": `${claimsPart}\n`,
  "the other base64": Buffer.from(JSON.stringify(claimsOf({ x: "???>>>" })))
    .toString("base64")
    .replace(/=+$/, ""),
  "an impossible length": "AAAAA",
  "unused bits that are not zero": unusedBits(encode(ragged)),
};
const unreadable = [
  ...Object.entries(none).map(([name, value]) =>
    bad(
      "claim_missing",
      `claims part: ${name}`,
      "signed, and no claims",
      token({ claimsPart: encode(value) }),
    ),
  ),
  ...Object.entries(parts).map(([name, claimsPart]) =>
    bad(
      "claim_missing",
      `claims part: ${name}`,
      "signed as it stands, and no base64url",
      token({ claimsPart }),
    ),
  ),
];

/** The same bytes written with another last character, which a lenient decoder takes. */
export function unusedBits(part) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (part.length % 4 === 0) throw new Error("this part has no unused bits");
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)) + 1];
}

export const claimCases = [
  ...accepted,
  ...times,
  ...farTimes,
  ...missing,
  ...notFinite,
  ...otherCase,
  ...strangers,
  ...order,
  ...unreadable,
];
