/** The options of the client: what they default to and how wrong ones are refused. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Ginnel, type GinnelOptions } from "@ginnel/node";
import { refuses } from "./support.js";

const appID = "Abcdefghijkl012345678901";
let saved: string | undefined;
beforeEach(() => {
  saved = process.env["GINNEL_URL"];
  delete process.env["GINNEL_URL"];
});
afterEach(() => {
  if (saved === undefined) delete process.env["GINNEL_URL"];
  else process.env["GINNEL_URL"] = saved;
});

test("the server's address is the option, else GINNEL_URL, else localhost", () => {
  assert.equal(new Ginnel({ appID }).url, "http://localhost:8400");
  process.env["GINNEL_URL"] = "";
  assert.equal(new Ginnel({ appID }).url, "http://localhost:8400");
  process.env["GINNEL_URL"] = "https://login.example.com/";
  assert.equal(new Ginnel({ appID }).url, "https://login.example.com");
  assert.equal(new Ginnel({ appID }).issuer, `https://login.example.com/auth/v1/apps/${appID}`);
  assert.equal(
    new Ginnel({ appID, url: "HTTPS://Example.com:443/sub//" }).url,
    "https://example.com/sub",
  );
});

test("a wrong address is refused, also from the environment", async () => {
  for (const url of [
    "",
    "example.com",
    "ftp://example.com",
    "http://a:b@example.com",
    "https://x.com/?a",
    "https://x.com/#a",
  ]) {
    await refuses(() => new Ginnel({ appID, url }), "configuration");
  }
  process.env["GINNEL_URL"] = "localhost:8400";
  assert.match((await refuses(() => new Ginnel({ appID }), "configuration")).message, /GINNEL_URL/);
});

test("an id that is no application's is refused before any request", async () => {
  const fetch = () => assert.fail("no request may be made");
  for (const id of [
    undefined,
    "",
    "short",
    `${appID}x`,
    "../../../../../../etc/pass",
    "a".repeat(23) + "/",
    `${appID}\n`,
    7,
  ]) {
    await refuses(() => new Ginnel({ appID: id as string, fetch }), "configuration");
  }
  await refuses(() => new Ginnel(undefined as never), "configuration");
});

test("an unknown option is named", async () => {
  const error = await refuses(() => new Ginnel({ appId: appID } as never), "configuration");
  assert.match(error.message, /"appId".*appID/);
});

test("wrong values of the other options are refused", async () => {
  const wrong = [
    { leeway: -1 },
    { leeway: 301 },
    { leeway: NaN },
    { leeway: "5" },
    { algorithms: [] },
    { algorithms: ["none"] },
    { algorithms: ["HS256"] },
    { algorithms: "RS256" },
    { issuer: "" },
    { issuer: 7 },
    { keySet: {} },
    { keySet: null },
  ];
  for (const options of wrong) {
    await refuses(
      () => new Ginnel({ appID, ...options } as unknown as GinnelOptions),
      "configuration",
    );
  }
});
