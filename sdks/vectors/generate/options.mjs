/** Options of the client: what they come to, and which are refused. No case may make a request. */
import { appID } from "./signing.mjs";

const at = (url) => `${url}/auth/v1/apps/${appID}`;
const good = (name, why, options, issuer, env) => ({
  name,
  why,
  options: { app_id: appID, ...options },
  ...(env && { env }),
  issuer,
});
const bad = (name, why, options, env) => ({
  name,
  why,
  options: { app_id: appID, ...options },
  ...(env && { env }),
  error: "configuration",
});
const GINNEL_URL = (value) => ({ GINNEL_URL: value });

const ids = {
  nothing: "",
  "too short": appID.slice(1),
  "too long": `${appID}0`,
  "a line break behind": `${appID}\n`,
  "a line break in place of the last character": `${appID.slice(1)}\n`,
  "a good line and another": `${appID}\nx`,
  "a line and a good one": `x\n${appID}`,
  "a space in front": ` ${appID.slice(1)}`,
  "a NUL at the end": `${appID.slice(1)}\u0000`,
  "a way up": "../../../../../../etc/pa",
  "a way up, encoded": "%2e%2e%2f%2e%2e%2fpasswd",
  "a way up with backslashes": "..\\..\\..\\..\\..\\..\\..\\..\\",
  "a slash": `${appID.slice(0, 23)}/`,
  "a query": `${appID.slice(0, 22)}?x`,
  "a fragment": `${appID.slice(0, 22)}#x`,
  "an at sign": `${appID.slice(0, 11)}@${appID.slice(0, 12)}`,
  "a dash": `${appID.slice(0, 23)}-`,
  "an underscore": `${appID.slice(0, 23)}_`,
  "a letter beyond ASCII": `${appID.slice(0, 23)}é`,
  "a digit of another script": `${appID.slice(0, 23)}\u0663`,
  "a Kelvin sign": `${appID.slice(0, 23)}\u212a`,
  "a long s": `${appID.slice(0, 23)}\u017f`,
  "twelve letters of two bytes": "é".repeat(12),
  "fullwidth letters": "\uff21".repeat(24),
};
const addresses = {
  nothing: "",
  "no scheme": "login.example.com",
  "no scheme, with a port": "localhost:8400",
  "no scheme, with slashes": "//login.example.com",
  "no host": "http://",
  ftp: "ftp://login.example.com",
  file: "file:///etc/passwd",
  javascript: "javascript:alert(1)",
  "a user": "http://ada@login.example.com",
  "a user and a password": "http://ada:secret@login.example.com",
  "a query": "https://login.example.com/?a=1",
  "a fragment": "https://login.example.com/#a",
  "a space in the host": "https://login example.com",
  "a port that is none": "https://login.example.com:x",
  "a port too large": "https://login.example.com:99999",
};

export const options = {
  about:
    "Options of the client, with the issuer that tokens must then name, or the code of the refusal.",
  cases: [
    good("the id alone", "the server's usual address", {}, at("http://localhost:8400")),
    good("url", "", { url: "https://login.example.com" }, at("https://login.example.com")),
    good(
      "url with a slash",
      "cut off",
      { url: "https://login.example.com/" },
      at("https://login.example.com"),
    ),
    good(
      "url with slashes",
      "cut off",
      { url: "https://login.example.com///" },
      at("https://login.example.com"),
    ),
    good("url with a port", "", { url: "http://127.0.0.1:8401" }, at("http://127.0.0.1:8401")),
    good("url of IPv6", "", { url: "http://[::1]:8400" }, at("http://[::1]:8400")),
    good(
      "url with a path",
      "",
      { url: "https://example.com/login" },
      at("https://example.com/login"),
    ),
    good(
      "url with a path and slashes",
      "",
      { url: "https://example.com/login//" },
      at("https://example.com/login"),
    ),
    good(
      "GINNEL_URL",
      "",
      {},
      at("https://login.example.com"),
      GINNEL_URL("https://login.example.com/"),
    ),
    good(
      "GINNEL_URL empty",
      "as if it were not set",
      {},
      at("http://localhost:8400"),
      GINNEL_URL(""),
    ),
    good(
      "url before GINNEL_URL",
      "",
      { url: "https://a.example" },
      at("https://a.example"),
      GINNEL_URL("https://b.example"),
    ),
    good(
      "url before a GINNEL_URL that is none",
      "not looked at",
      { url: "https://a.example" },
      at("https://a.example"),
      GINNEL_URL("x"),
    ),
    good(
      "issuer",
      "taken as it stands",
      { issuer: "https://login.example.com/x/" },
      "https://login.example.com/x/",
    ),
    good("leeway 0", "", { leeway: 0 }, at("http://localhost:8400")),
    good("leeway 300", "the most", { leeway: 300 }, at("http://localhost:8400")),
    good("algorithms", "", { algorithms: ["ES256"] }, at("http://localhost:8400")),
    ...Object.entries(ids).map(([name, id]) =>
      bad(`app_id: ${name}`, "24 letters and digits of ASCII, and nothing else", { app_id: id }),
    ),
    ...Object.entries(addresses).map(([name, url]) =>
      bad(`url: ${name}`, "an address of http or https, with no more than a path", { url }),
    ),
    bad("GINNEL_URL that is none", "", {}, GINNEL_URL("localhost:8400")),
    bad("GINNEL_URL with a password", "", {}, GINNEL_URL("http://ada:secret@login.example.com")),
    bad("issuer: nothing", "", { issuer: "" }),
    bad("leeway -1", "", { leeway: -1 }),
    bad("leeway 301", "", { leeway: 301 }),
    bad("algorithms: none at all", "", { algorithms: [] }),
    ...[["none"], ["HS256"], ["RS256", "none"], ["rs256"], ["PS256"], [""]].map((algorithms) =>
      bad(`algorithms: ${JSON.stringify(algorithms)}`, "RS256, ES256, EdDSA", { algorithms }),
    ),
  ],
};
