/**
 * Makes the files of this folder anew: `node generate.mjs`, and with Wycheproof's two files as arguments also
 * wycheproof-jws.json. Everything comes from the fixed keys of keys.json, so a run that changes nothing writes the same
 * bytes. With `--check` nothing is written, and a file that differs is an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { answers } from "./generate/answers.mjs";
import { keySets } from "./generate/key-sets.mjs";
import { options } from "./generate/options.mjs";
import { requests } from "./generate/requests.mjs";
import { appID, issuer, leeway, now } from "./generate/signing.mjs";
import { claimCases } from "./generate/token-claims.mjs";
import { formCases } from "./generate/token-forms.mjs";
import { keyCases, tokenKeySets } from "./generate/token-keys.mjs";
import { signatureCases } from "./generate/token-signatures.mjs";
import { convert } from "./generate/wycheproof.mjs";

const tokens = {
  about: "Auth tokens, each with the verdict that every SDK must give at the time `now`.",
  app_id: appID,
  issuer,
  now,
  leeway,
  key_sets: tokenKeySets,
  cases: [...claimCases, ...keyCases, ...signatureCases, ...formCases],
};
const files = {
  "tokens.json": tokens,
  "key-sets.json": keySets,
  "answers.json": answers,
  "requests.json": requests,
  "options.json": options,
};

const check = process.argv.includes("--check");
const sources = process.argv.slice(2).filter((argument) => argument !== "--check");
if (sources.length === 2) {
  const [signatures, sets] = sources.map((source) => JSON.parse(readFileSync(source, "utf8")));
  files["wycheproof-jws.json"] = convert(signatures, sets);
} else if (sources.length > 0) {
  throw new Error("Name Wycheproof's two files: the signatures, then the key sets.");
}

for (const [name, document] of Object.entries(files)) {
  const names = document.cases.map((entry) => entry.name);
  const twice = names.find((entry, index) => names.indexOf(entry) !== index);
  if (twice) throw new Error(`${name} has two cases named "${twice}"`);
  const address = new URL(name, import.meta.url);
  const text = `${JSON.stringify(document, null, 1)}\n`;
  if (check && readFileSync(address, "utf8") !== text) {
    console.error(`${name} is not what generate.mjs makes; run it and look at the difference.`);
    process.exitCode = 1;
  }
  if (!check) writeFileSync(address, text);
  console.log(`${name}: ${names.length} cases`);
}
