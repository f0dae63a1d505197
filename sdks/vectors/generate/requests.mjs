/** Where the token of a request is found. */
import { appID, issuer, leeway, now, publicKey, token } from "./signing.mjs";

const ada = token();
const bob = token({ claims: { sub: "bob" } });
const old = token({ claims: { exp: now - 60 } });
const subjects = new Map([
  [ada, "ada"],
  [bob, "bob"],
]);

const found = (name, why, headers, text) => ({
  name,
  why,
  headers,
  token: text,
  sub: subjects.get(text),
});
const refused = (error, name, why, headers) => ({ name, why, headers, error });
const authorization = (value) => ["Authorization", value];
const cookie = (value) => ["Cookie", value];
const mine = cookie(`psg_auth_token=${bob}`);

const cookies = {
  "among others": `a=1; psg_auth_token=${ada}; b=2`,
  "without spaces": `a=1;psg_auth_token=${ada};b=2`,
  "in quotes": `psg_auth_token="${ada}"`,
  "with spaces around": `psg_auth_token = ${ada} `,
  "with tabs around": `\tpsg_auth_token\t=\t${ada}\t`,
  "behind one without a value": `psg_auth_token=; psg_auth_token=${ada}`,
  "behind one with empty quotes": `psg_auth_token=""; psg_auth_token=${ada}`,
  "of two, the first": `psg_auth_token=${ada}; psg_auth_token=${bob}`,
  "beside a longer name": `xpsg_auth_token=${bob}; psg_auth_token2=${bob}; psg_auth_token=${ada}`,
  "beside the name in capitals": `PSG_AUTH_TOKEN=${bob}; psg_auth_token=${ada}`,
  "behind a quote that is not closed": `a="x; psg_auth_token=${ada}`,
  "behind pairs that are none": `; ;; =x; novalue; psg_auth_token=${ada}`,
  "behind names that are no tokens": `a[b]=1; {"c"}=2; ä=3; psg_auth_token=${ada}`,
};
const noCookies = {
  "of another name": `session=${ada}`,
  "without a value": "psg_auth_token=",
  "without an equals sign": "psg_auth_token",
  "with empty quotes": 'psg_auth_token=""',
  "with a space": "psg_auth_token= ",
  "in capitals": `PSG_AUTH_TOKEN=${ada}`,
  "with a longer name": `psg_auth_token2=${ada}`,
  "behind a comma": `a=1, psg_auth_token=${ada}`,
  "inside another's value": `a=psg_auth_token=${ada}`,
};
/** What some languages count as white space, and HTTP does not (RFC 9110, section 5.6.3). */
const strangeSpaces = ["\u00a0", "\u0085", "\u2003", "\ufeff"];
const brokenCookies = {
  "a quote alone": 'psg_auth_token="',
  rubbish: "psg_auth_token=rubbish",
  "a quote in front": `psg_auth_token="${ada}`,
  "one percent-encoded": `psg_auth_token=%${ada.charCodeAt(0).toString(16)}${ada.slice(1)}`,
  "one with Bearer in front": `psg_auth_token=Bearer ${ada}`,
};

export const requests = {
  about:
    "Headers of requests, with the token that has to be found and its user, or the code of the refusal.",
  app_id: appID,
  issuer,
  now,
  leeway,
  key_set: { keys: [publicKey("eddsa-current")] },
  cases: [
    found("Authorization", "", [authorization(`Bearer ${ada}`)], ada),
    found("Authorization before the cookie", "", [mine, authorization(`Bearer ${ada}`)], ada),
    ...["bearer", "BEARER", "BeArEr"].map((scheme) =>
      found(
        `Authorization: ${scheme}`,
        "schemes have no case",
        [authorization(`${scheme} ${ada}`)],
        ada,
      ),
    ),
    found(
      "Authorization with more spaces",
      "RFC 6750 has one, and more do no harm",
      [authorization(`Bearer   ${ada}`)],
      ada,
    ),
    ...["authorization", "AUTHORIZATION"].map((name) =>
      found(`the header ${name}`, "header names have no case", [[name, `Bearer ${ada}`]], ada),
    ),
    ...["cookie", "COOKIE"].map((name) =>
      found(
        `the header ${name}`,
        "header names have no case",
        [[name, `psg_auth_token=${ada}`]],
        ada,
      ),
    ),
    found("the cookie", "", [cookie(`psg_auth_token=${ada}`)], ada),
    ...Object.entries(cookies).map(([name, value]) =>
      found(`the cookie ${name}`, "", [cookie(value)], ada),
    ),
    found(
      "the cookie in the second of two headers",
      "HTTP/2 splits them",
      [cookie("a=1"), cookie(`psg_auth_token=${ada}`)],
      ada,
    ),
    ...["Basic YTpi", "BearerX y", "Negotiate", "DPoP x", ""].map((value) =>
      found(
        `the cookie beside Authorization: ${value}`,
        "other schemes are none of ours",
        [authorization(value), mine],
        bob,
      ),
    ),
    refused("token_missing", "no headers", "", []),
    refused("token_missing", "Authorization: Basic, and no cookie", "", [
      authorization("Basic YTpi"),
    ]),
    ...Object.entries(noCookies).map(([name, value]) =>
      refused("token_missing", `a cookie ${name}`, "", [cookie(value)]),
    ),
    ...Object.entries(brokenCookies).map(([name, value]) =>
      refused("token_malformed", `the cookie is ${name}`, "a value, and no token", [cookie(value)]),
    ),
    ...strangeSpaces.flatMap((space) => {
      const shown = `U+${space.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`;
      return [
        refused("token_missing", `${shown} behind the cookie's name`, "another cookie", [
          cookie(`psg_auth_token${space}=${ada}`),
        ]),
        refused("token_missing", `${shown} in front of the cookie's name`, "another cookie", [
          cookie(`a=1; ${space}psg_auth_token=${ada}`),
        ]),
        refused("token_malformed", `${shown} in front of the cookie's value`, "part of the value", [
          cookie(`psg_auth_token=${space}${ada}`),
        ]),
        refused("token_malformed", `${shown} behind the cookie's value`, "part of the value", [
          cookie(`psg_auth_token=${ada}${space}`),
        ]),
        refused("token_malformed", `Authorization: Bearer ${shown}ADA`, "part of the token", [
          authorization(`Bearer ${space}${ada}`),
          mine,
        ]),
        found(
          `Authorization: Bearer${shown}ADA, beside a good cookie`,
          "another scheme",
          [authorization(`Bearer${space}${ada}`), mine],
          bob,
        ),
        found(
          `Authorization: Bearer${shown}, beside a good cookie`,
          "another scheme",
          [authorization(`Bearer${space}`), mine],
          bob,
        ),
      ];
    }),
    refused("token_oversize", "the cookie is too large", "", [
      cookie(`psg_auth_token=${"x".repeat(16_385)}`),
    ]),
    ...[
      "Bearer",
      `Bearer ${ada} ${ada}`,
      `Bearer ${ada}, Bearer ${bob}`,
      `Bearer ${ada},${bob}`,
      `Bearer ${ada},`,
      `Bearer\t${ada}`,
      `Bearer token=${ada}`,
      `Bearer "${ada}"`,
      "Bearer rubbish",
    ].map((value) => {
      const name = value.replaceAll(ada, "ADA").replaceAll(bob, "BOB").replace("\t", "<tab>");
      return refused(
        "token_malformed",
        `Authorization: ${name}, beside a good cookie`,
        "the cookie is not tried",
        [authorization(value), mine],
      );
    }),
    refused("token_malformed", "two Authorization headers", "RFC 6750, section 2: one", [
      authorization(`Bearer ${ada}`),
      authorization(`Bearer ${bob}`),
    ]),
    refused(
      "token_oversize",
      "Authorization too large, beside a good cookie",
      "the cookie is not tried",
      [authorization(`Bearer ${"x".repeat(16_385)}`), mine],
    ),
    refused(
      "token_expired",
      "Authorization expired, beside a good cookie",
      "the cookie is not tried",
      [authorization(`Bearer ${old}`), mine],
    ),
    refused(
      "token_expired",
      "the first cookie expired, the second good",
      "the first one that has a value counts",
      [cookie(`psg_auth_token=${old}; psg_auth_token=${ada}`)],
    ),
  ],
};
