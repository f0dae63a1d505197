/** Where a judge of tokens does not say what the others say, and why. */
const each = (algorithms, what) => algorithms.map((algorithm) => `${algorithm}: ${what}`);
const all = ["RS256", "ES256", "EdDSA"];

export const differences = [
  {
    judge: "jsonwebtoken",
    says: "refuses every token that is signed with EdDSA",
    why: "It has no EdDSA. Whoever uses it keeps an app at RS256 or ES256.",
    cases: [
      "of a sign-up",
      "of a sign-in",
      "of a refresh",
      "with the keys from before a rotation",
      "after a rotation",
      "after a rotation, with the keys from before",
      "for the site's origin as audience",
      "with an unknown key beside ours",
    ].flatMap((what) => each(["EdDSA"], what)),
  },
  {
    judge: "golang-jwt",
    says: "refuses a key set with a key of a type that it does not know",
    why: "RFC 7517, section 5, wants such a key left out; jwkset, which reads the key sets here, refuses the whole set. Ginnel's key sets have no other types than RSA, EC and OKP.",
    cases: each(all, "with an unknown key beside ours"),
  },
  {
    judge: "sdks/node",
    says: "refuses the site's origin as audience",
    why: "Tokens name both, the site's origin and the app's id; our SDKs ask for the id and take nothing else.",
    cases: each(all, "for the site's origin as audience"),
  },
];
