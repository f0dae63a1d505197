/** Tokens whose form decides, before any key is looked for. */
import { bad, claimsOf, encode, good, halfPairs, headerOf, sign, token } from "./signing.mjs";
import { unusedBits } from "./token-claims.mjs";

const whole = token();
const [header, claims, signature] = whole.split(".");
const malformed = (name, why, text) => bad("token_malformed", `form: ${name}`, why, text);
/** A token that would pass but for the encoded header given. */
const withHeader = (headerPart) => token({ headerPart });

/** A good token of just this length, by way of a member in the header and one in the claims. */
function ofLength(length, key = "rs256-current") {
  for (let front = 0; front < 4; front++) {
    const headerPart = encode(headerOf(key, { x: "x".repeat(front) }));
    const left = length - headerPart.length - 2 - encode(sign(key, "")).length;
    const usual = encode(claimsOf({ x: "" })).length;
    for (let fill = Math.floor(((left - usual) * 3) / 4) - 4; fill < left; fill++) {
      const claimsPart = encode(claimsOf({ x: "x".repeat(fill) }));
      if (claimsPart.length === left) return token({ key, headerPart, claimsPart });
      if (claimsPart.length > left) break;
    }
  }
  throw new Error(`no token has ${length} characters`);
}

const sizes = [
  good("form: 16,384 characters", "the largest that is looked at", ofLength(16_384)),
  bad("token_oversize", "form: 16,385 characters", "good but for its size", ofLength(16_385)),
  bad(
    "token_oversize",
    "form: 16,385 characters of rubbish",
    "size comes first",
    "a".repeat(16_385),
  ),
  malformed("16,384 characters of rubbish", "not too large, and no token", "a".repeat(16_384)),
  bad(
    "token_oversize",
    "form: 100,000 characters in many parts",
    "size comes first",
    "a.".repeat(50_000),
  ),
  bad("token_missing", "form: nothing", "an empty text is no token", ""),
];

const shapes = [
  malformed("words", "", "not a token"),
  malformed("a space", "", " "),
  malformed("one part", "", header),
  malformed("two parts", "", `${header}.${claims}`),
  malformed("four parts", "", `${whole}.`),
  malformed("five parts", "the form of JWE", `${whole}.AAAA.AAAA`),
  malformed("five parts at the wrong place", "", `${header}..${claims}..${signature}`),
  malformed("dots alone", "", ".."),
  malformed("no header", "", `.${claims}.${signature}`),
  malformed("no claims", "", token({ claimsPart: "" })),
  malformed("header alone", "", `${header}..`),
  malformed("a dot in front", "", `.${whole}`),
  malformed("a full stop of another script", "", whole.replaceAll(".", "\u3002")),
  malformed(
    "JSON serialization",
    "RFC 7515, section 7.2 is not for tokens",
    JSON.stringify({ payload: claims, protected: header, signature }),
  ),
  malformed("Bearer in front", "", `Bearer ${whole}`),
  malformed("quotes around", "", `"${whole}"`),
  malformed("a NUL behind", "", `${whole}\u0000`),
];

const odd = encode(headerOf("eddsa-current", { x: "" }));
const pairs = [
  [
    "header",
    (part) => withHeader(part),
    odd.length % 4 ? odd : encode(headerOf("eddsa-current", { x: "12" })),
  ],
  ["signature", (part) => `${header}.${claims}.${part}`, signature],
].flatMap(([place, build, part]) => [
  malformed(
    `${place} with padding`,
    "RFC 7515, section 2 has none",
    build(`${part}${"=".repeat((4 - (part.length % 4)) % 4)}`),
  ),
  malformed(`${place} with one = behind`, "", build(`${part}=`)),
  malformed(`${place} with a space behind`, "", build(`${part} `)),
  malformed(`${place} with a space in front`, "", build(` ${part}`)),
  malformed(`${place} with a space inside`, "", build(`${part.slice(0, 8)} ${part.slice(8)}`)),
  malformed(
    `${place} with a line break behind`,
    "some patterns end before a line break",
    build(`${part}\n`),
  ),
  malformed(
    `${place} with a line break inside`,
    "as MIME does",
    build(`${part.slice(0, 8)}\r\n${part.slice(8)}`),
  ),
  malformed(`${place} with a tab behind`, "", build(`${part}\t`)),
  malformed(
    `${place} with a + inside`,
    "the other base64",
    build(`${part.slice(0, 8)}+${part.slice(9)}`),
  ),
  malformed(
    `${place} with a / inside`,
    "the other base64",
    build(`${part.slice(0, 8)}/${part.slice(9)}`),
  ),
  malformed(`${place} with a % inside`, "", build(`${part.slice(0, 8)}%41${part.slice(9)}`)),
  malformed(
    `${place} with a letter of another script`,
    "",
    build(`${part.slice(0, 8)}\u0430${part.slice(9)}`),
  ),
  malformed(
    `${place} with a fullwidth letter`,
    "",
    build(`${part.slice(0, 8)}\uff21${part.slice(9)}`),
  ),
  malformed(`${place} with a NUL inside`, "", build(`${part.slice(0, 8)}\u0000${part.slice(8)}`)),
  malformed(
    `${place} of an impossible length`,
    "4n + 1 characters are no bytes",
    build(`${part.slice(0, Math.floor(part.length / 4) * 4)}A`),
  ),
  malformed(
    `${place} with unused bits that are not zero`,
    "one text for one sequence of bytes",
    build(unusedBits(part)),
  ),
]);

const usual = JSON.stringify(headerOf("eddsa-current"));
const bytes = (...list) => Buffer.from(list);
const insert = (value) =>
  Buffer.concat([Buffer.from(usual.slice(0, -1)), Buffer.from(',"x":"'), value, Buffer.from('"}')]);
const noHeaders = {
  "no JSON": "{",
  "an empty object cut off": "{}".slice(1),
  "a list": "[]",
  "a list with a header": `[${usual}]`,
  "a string": '"EdDSA"',
  "a number": "7",
  null: "null",
  true: "true",
  "rubbish behind": `${usual}x`,
  "a second object behind": `${usual}${usual}`,
  "a NUL behind": `${usual}\u0000`,
  "a comment": usual.replace("{", "{/* x */"),
  "a comment of one line": usual.replace("{", "{// x\n"),
  "a comma at the end": usual.replace("}", ",}"),
  "single quotes": usual.replaceAll('"', "'"),
  "names without quotes": usual.replace('"typ"', "typ"),
  NaN: usual.replace("}", ',"x":NaN}'),
  Infinity: usual.replace("}", ',"x":Infinity}'),
  "-Infinity": usual.replace("}", ',"x":-Infinity}'),
  "a number with a zero in front": usual.replace("}", ',"x":01}'),
  "a number that ends in a point": usual.replace("}", ',"x":1.}'),
  "a hexadecimal number": usual.replace("}", ',"x":0x1}'),
  "True for true": usual.replace("}", ',"x":True}'),
  "a line break inside a string": usual.replace("}", ',"x":"\n"}'),
  "an escape that is none": usual.replace("}", ',"x":"\\a"}'),
  "a space that is no white space in JSON": `\u00a0${usual}`,
  "a form feed": `\f${usual}`,
  "a byte order mark": `\uFEFF${usual}`,
  "UTF-16, little-endian": Buffer.from(usual, "utf16le"),
  "UTF-16 with its mark": Buffer.from(`\uFEFF${usual}`, "utf16le"),
  "UTF-16, big-endian": Buffer.from(usual, "utf16le").swap16(),
  "UTF-32": Buffer.from([...usual].flatMap((character) => [character.charCodeAt(0), 0, 0, 0])),
  "Latin-1": insert(bytes(0xe9)),
  "half a character": insert(bytes(0xc3)),
  "a byte that is never UTF-8": insert(bytes(0xff)),
  "a / in two bytes": insert(bytes(0xc0, 0xaf)),
  "a NUL in two bytes": insert(bytes(0xc0, 0x80)),
  "half a surrogate pair in UTF-8": insert(bytes(0xed, 0xa0, 0x80)),
  "a character beyond the last": insert(bytes(0xf4, 0x90, 0x80, 0x80)),
  "200 levels, and a typ that is none": usual
    .replace("JWT", "x")
    .replace("}", `,"x":${"[".repeat(200)}${"]".repeat(200)}}`),
  "5,000 levels, and a typ that is none": usual
    .replace("JWT", "x")
    .replace("}", `,"x":${"[".repeat(5000)}${"]".repeat(5000)}}`),
  "5,000 levels that never end": "[".repeat(5000),
  ...Object.fromEntries(
    Object.entries(halfPairs).map(([name, text]) => [name, usual.replace("}", `,"x":"${text}"}`)]),
  ),
};

const duplicate = (text) => withHeader(encode(`{${text}}`));
const kid = '"kid":"eddsa-current"';
const headers = [
  ...Object.entries(noHeaders).map(([name, value]) =>
    malformed(
      `header: ${name}`,
      "UTF-8, one JSON object, RFC 8259 to the letter",
      withHeader(encode(value)),
    ),
  ),
  bad(
    "algorithm_not_allowed",
    "form: header: an empty object",
    "JSON, without an algorithm",
    withHeader(encode({})),
  ),
  good(
    "form: header: white space",
    "RFC 8259, section 2",
    withHeader(encode(` \t\r\n${usual.replaceAll(",", " ,\n\t")} \n`)),
  ),
  good(
    "form: header: characters as escapes",
    "\\u0061 is a",
    withHeader(encode(usual.replace('"alg"', '"\\u0061lg"'))),
  ),
  good("form: header: characters of any script", "UTF-8", token({ header: { x: "Žofie 🦊" } })),
  good(
    "form: header: 50 levels",
    "a parser must read that deep",
    withHeader(encode(usual.replace("}", `,"x":${"[".repeat(50)}${"]".repeat(50)}}`))),
  ),
  good(
    "form: header: alg twice, the last one is good",
    "the last one counts",
    duplicate(`"alg":"none",${kid},"alg":"EdDSA"`),
  ),
  bad(
    "algorithm_not_allowed",
    "form: header: alg twice, the last one is none",
    "the last one counts",
    duplicate(`"alg":"EdDSA",${kid},"alg":"none"`),
  ),
  bad(
    "algorithm_not_allowed",
    "form: header: alg twice, once as an escape",
    "the same name",
    duplicate(`"alg":"EdDSA",${kid},"\\u0061lg":"none"`),
  ),
  good(
    "form: header: kid twice, the last one is known",
    "the last one counts",
    duplicate(`"alg":"EdDSA","kid":"x",${kid}`),
  ),
  bad(
    "key_unknown",
    "form: header: kid twice, the last one is unknown",
    "the last one counts",
    duplicate(`"alg":"EdDSA",${kid},"kid":"x"`),
  ),
  good(
    "form: header: ALG none beside alg",
    "names are compared exactly",
    token({ header: { ALG: "none", Alg: "none" } }),
  ),
  bad(
    "algorithm_not_allowed",
    "form: header: ALG in place of alg",
    "names are compared exactly",
    token({ header: { alg: undefined, ALG: "EdDSA" } }),
  ),
  bad(
    "algorithm_not_allowed",
    "form: header: Alg behind alg none",
    "names are compared exactly",
    token({ header: { alg: "none", Alg: "EdDSA" } }),
  ),
  malformed(
    "header: KID in place of kid",
    "names are compared exactly",
    token({ header: { kid: undefined, KID: "eddsa-current" } }),
  ),
  malformed(
    "header: kid with a Kelvin sign",
    "U+212A is a k to those who ignore case",
    token({ header: { kid: undefined, "\u212aid": "eddsa-current" } }),
  ),
  good("form: header: CRIT", "names are compared exactly", token({ header: { CRIT: ["x"] } })),
  good("form: header: no typ", "it is optional", token({ header: { typ: undefined } })),
  ...["jwt", "Jwt", "at+jwt", "application/jwt", "JWS", "JWT ", "", null, 7, ["JWT"], {}].map(
    (typ) =>
      malformed(
        `header: typ ${JSON.stringify(typ)}`,
        "left out, or just JWT",
        token({ header: { typ } }),
      ),
  ),
  ...[[], ["exp"], ["alg"], ["x"], ["b64"], "exp", null, false, {}].map((crit) =>
    malformed(
      `header: crit ${JSON.stringify(crit)}`,
      "RFC 7515, section 4.1.11: we understand none",
      token({ header: { crit, b64: true, x: 1 } }),
    ),
  ),
  malformed(
    "order: crit before kid",
    "and both before the key",
    token({ header: { crit: ["x"], kid: "nobody" } }),
  ),
  malformed(
    "order: the signature's form before the key",
    "",
    `${encode(headerOf("eddsa-current", { kid: "nobody" }))}.${claims}.A`,
  ),
  bad(
    "algorithm_not_allowed",
    "form: order: alg before crit",
    "",
    token({ header: { alg: "HS256", crit: ["x"] } }),
  ),
  bad(
    "algorithm_not_allowed",
    "form: order: alg before the signature's form",
    "",
    `${encode(headerOf("eddsa-current", { alg: "none" }))}.${claims}.A`,
  ),
];

const claimsPlace = [
  bad(
    "signature_invalid",
    "form: claims with padding put behind",
    "not what was signed",
    `${header}.${claims}=.${signature}`,
  ),
  bad(
    "signature_invalid",
    "form: claims with a space put behind",
    "not what was signed",
    `${header}.${claims} .${signature}`,
  ),
  bad(
    "signature_invalid",
    "form: claims with a line break put inside",
    "not what was signed",
    `${header}.${claims.slice(0, 8)}\n${claims.slice(8)}.${signature}`,
  ),
  ...["é", "\u0430", "\uff21", "\u0000", "🦊"].map((character) =>
    bad(
      "signature_invalid",
      `form: claims with ${JSON.stringify(character)} put inside`,
      "no character is refused before the signature",
      `${header}.${claims.slice(0, 8)}${character}${claims.slice(8)}.${signature}`,
    ),
  ),
  bad(
    "claim_missing",
    "form: claims signed with a letter beyond ASCII inside",
    "the signature fits its UTF-8",
    token({ claimsPart: `${claims.slice(0, 8)}é${claims.slice(8)}` }),
  ),
  bad(
    "signature_invalid",
    "form: claims cut off",
    "not what was signed",
    `${header}.${claims.slice(0, -1)}.${signature}`,
  ),
  bad(
    "signature_invalid",
    "form: claims that are no base64url",
    "looked at behind the signature only",
    `${header}.%%%.${signature}`,
  ),
];

export const formCases = [...sizes, ...shapes, ...pairs, ...headers, ...claimsPlace];
