/** What a server may answer when its key set is asked for, and what becomes of it. */
import { publicKey } from "./signing.mjs";

const keySet = JSON.stringify({ keys: [publicKey("eddsa-current")] });
const json = { "content-type": "application/json" };
const largest = 64 * 1024;

const accepted = (name, why, more = {}) => ({
  name,
  why,
  status: 200,
  headers: json,
  body: keySet,
  error: null,
  ...more,
});
const refused = (name, why, more) => ({
  name,
  why,
  status: 200,
  headers: json,
  body: keySet,
  error: "keys_unavailable",
  ...more,
});
const withStatus = (status, headers = {}) =>
  refused(`status ${status}`, "only 200 counts, whatever the body says", {
    status,
    headers: { ...json, ...headers },
  });
const wait = (value, seconds, why, status = 429) =>
  refused(`status ${status}, Retry-After: ${value}`, why, {
    status,
    headers: { ...json, "retry-after": value },
    retry_after: seconds,
  });
const body = (name, text, why = "not a key set") => refused(`body: ${name}`, why, { body: text });
const behaviour = (name, why) => ({
  name: `the server ${name}`,
  why,
  behaviour: name.split(" ")[0],
  error: "keys_unavailable",
});

export const answers = {
  about:
    "Answers to the request for a key set. error null: the key `eddsa-current` is found; else the request that needed the keys is refused with this code.",
  cases: [
    accepted("a key set", ""),
    accepted("a key set with a charset", "", {
      headers: { "content-type": "application/json; charset=utf-8" },
    }),
    accepted("a key set of another content type", "what it is decides, not what it is called", {
      headers: { "content-type": "text/plain" },
    }),
    accepted("a key set without a content type", "", { headers: {} }),
    accepted("a key set of 65,536 bytes", "the largest", {
      body_repeat: { text: " ", times: largest - keySet.length },
    }),
    refused("a key set of 65,537 bytes", "one too large", {
      body_repeat: { text: " ", times: largest + 1 - keySet.length },
    }),
    refused("a key set and 20 megabytes of spaces", "given up long before its end", {
      body_repeat: { text: " ".repeat(1000), times: 20_000 },
    }),
    ...[201, 202, 203, 204, 206, 304, 400, 401, 403, 404, 410, 421, 429, 500, 502, 503, 504].map(
      (status) => withStatus(status),
    ),
    ...[301, 302, 303, 307, 308].map((status) => withStatus(status, { location: "/elsewhere" })),
    wait("7", 7, "as the server says"),
    wait("7", 7, "as the server says", 503),
    wait("60", 60, "the most"),
    wait("61", 60, "a minute is the most"),
    wait("86400", 60, "a minute is the most"),
    wait(
      "99999999999999999999",
      60,
      "a minute is the most, for a number that fits no integer, too",
    ),
    wait("1.5", 1, "digits only; else one second"),
    wait("-5", 1, "digits only; else one second"),
    wait("soon", 1, "digits only; else one second"),
    wait("Fri, 15 Jan 2027 08:01:00 GMT", 1, "the form with a date is not read"),
    refused("status 500 without Retry-After", "one second", { status: 500, retry_after: 1 }),
    refused("body: HTML, to be asked again after a second", "one second", {
      body: "<!doctype html>",
      retry_after: 1,
    }),
    body("nothing", ""),
    body("half of it", keySet.slice(0, -5)),
    body("rubbish behind", `${keySet}x`),
    body("twice", keySet + keySet),
    body("a byte order mark", `\uFEFF${keySet}`, "JSON has none"),
    body("NaN", keySet.replace("{", '{"x":NaN,'), "no JSON"),
    body("a comment", keySet.replace("{", "{/* x */"), "no JSON"),
    body("a list", JSON.stringify(JSON.parse(keySet).keys)),
    body("null", "null"),
    body("no keys", '{"keys":[]}'),
    body("an error of the server", '{"error":"no such application","code":"app_not_found"}'),
    body(
      "one id twice",
      JSON.stringify({ keys: [publicKey("eddsa-current"), publicKey("eddsa-current")] }),
    ),
    body("5,000 levels", `{"keys":${"[".repeat(5000)}${"]".repeat(5000)}}`),
    behaviour("hang", "ended by the timeout"),
    behaviour("drip", "ended by the timeout, which is for the whole answer"),
    behaviour("close", "no answer"),
    behaviour("refuse", "no connection"),
  ],
};
