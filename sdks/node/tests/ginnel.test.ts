/** The options of the client that JavaScript alone can get wrong; the vectors hold the others. */
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

test("the server's address is written as browsers write it", () => {
  assert.equal(
    new Ginnel({ appID, url: "HTTPS://Example.com:443/sub//" }).url,
    "https://example.com/sub",
  );
});

test("a wrong address in the environment is named", async () => {
  process.env["GINNEL_URL"] = "localhost:8400";
  assert.match((await refuses(() => new Ginnel({ appID }), "configuration")).message, /GINNEL_URL/);
});

test("an id that is no text is refused", async () => {
  for (const id of [undefined, null, 7, [appID]]) {
    await refuses(() => new Ginnel({ appID: id as never }), "configuration");
  }
  await refuses(() => new Ginnel(undefined as never), "configuration");
});

test("an unknown option is named", async () => {
  const error = await refuses(() => new Ginnel({ appId: appID } as never), "configuration");
  assert.match(error.message, /"appId".*appID/);
});

test("wrong values of the other options are refused", async () => {
  const wrong = [
    { leeway: NaN },
    { leeway: "5" },
    { algorithms: "RS256" },
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
