/** The vectors of `sdks/vectors`, which every SDK judges alike; what they mean is told in the README there. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSocketServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, describe, mock, test } from "node:test";
import {
  Ginnel,
  remoteKeySet,
  staticKeySet,
  type Algorithm,
  type GinnelErrorCode,
  type JSONWebKeySet,
} from "@ginnel/node";
import { refuses } from "./support.js";

const folder = new URL("../../../vectors/", import.meta.url);
const read = <Document>(file: string): Document =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Document;

interface Case {
  name: string;
  why: string;
}
interface Tokens {
  app_id: string;
  issuer: string;
  now: number;
  leeway: number;
  key_sets: Record<string, JSONWebKeySet>;
  cases: (Case & {
    key_set: string;
    token: string;
    algorithms?: Algorithm[];
    valid?: Record<string, unknown>;
    error?: GinnelErrorCode;
  })[];
}

/** Stops the clock for a group of tests. */
function at(now: number) {
  before(() => mock.timers.enable({ apis: ["Date"], now: now * 1000 }));
  after(() => mock.timers.reset());
}

for (const file of ["tokens.json", "wycheproof-jws.json"]) {
  describe(file, () => {
    const { app_id: appID, issuer, now, leeway, key_sets, cases } = read<Tokens>(file);
    at(now);
    const keySets = new Map(
      Object.entries(key_sets).map(([name, document]) => [name, staticKeySet(document)]),
    );
    for (const { name, key_set, token, algorithms, valid, error } of cases) {
      test(name, async () => {
        const ginnel = new Ginnel({
          appID,
          issuer,
          leeway,
          keySet: keySets.get(key_set)!,
          ...(algorithms && { algorithms }),
        });
        if (error) {
          await refuses(ginnel.validateToken(token), error);
        } else {
          const claims = await ginnel.validateToken(token);
          for (const [claim, value] of Object.entries(valid!)) {
            assert.deepEqual(claims[claim], value);
          }
        }
      });
    }
  });
}

describe("key-sets.json", () => {
  const { cases } = read<{ cases: (Case & { body: string; kids?: string[]; error?: true })[] }>(
    "key-sets.json",
  );
  const parse = (body: string): JSONWebKeySet => {
    try {
      return JSON.parse(body) as JSONWebKeySet;
    } catch {
      // No JSON: the text itself is what somebody might pass.
      return body as never;
    }
  };
  /** Ids that some key of the document has, so that one which is left out is asked for, too. */
  const kidsOf = (document: JSONWebKeySet): string[] =>
    document.keys.map((key) => key?.["kid"]).filter((kid) => typeof kid === "string");

  for (const { name, body, kids, error } of cases) {
    test(name, async () => {
      const fetch = async () => new Response(body);
      if (error) {
        await refuses(() => staticKeySet(parse(body)), "configuration");
        await refuses(
          remoteKeySet("http://ginnel.test/", { fetch }).find("good"),
          "keys_unavailable",
        );
        return;
      }
      for (const keySet of [
        staticKeySet(parse(body)),
        remoteKeySet("http://ginnel.test/", { fetch }),
      ]) {
        for (const kid of [...kids!, ...kidsOf(parse(body)), "", "nobody"]) {
          assert.equal((await keySet.find(kid))?.kid, kids!.includes(kid) ? kid : undefined);
        }
      }
    });
  }
});

describe("answers.json", () => {
  interface Answer extends Case {
    status?: number;
    headers?: Record<string, string>;
    body?: string;
    body_repeat?: { text: string; times: number };
    behaviour?: "hang" | "close" | "refuse" | "drip";
    error: GinnelErrorCode | null;
    retry_after?: number;
  }
  const { cases } = read<{ cases: Answer[] }>("answers.json");
  const good = cases[0]!.body!;
  const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
  afterEach(() => {
    mock.timers.reset();
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections?.();
    }
  });

  /** Starts a server that gives this answer at `/jwks.json`, and the good one everywhere else. */
  async function serve(answer: Answer) {
    const { status, headers, body, body_repeat: repeat, behaviour } = answer;
    let requests = 0;
    const server: Server = createServer((req, res) => {
      if (req.url !== "/jwks.json") return res.end(good);
      requests++;
      if (behaviour === "hang") return;
      if (behaviour === "close") return req.socket.destroy();
      res.writeHead(status ?? 200, headers);
      if (behaviour === "drip") {
        const timer = setInterval(() => res.write(" "), 50);
        return res.on("close", () => clearInterval(timer));
      }
      res.end(body + (repeat ? repeat.text.repeat(repeat.times) : ""));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/jwks.json`, requests: () => requests };
  }

  /** The address of a port at which nobody listens. */
  async function nobody(): Promise<string> {
    const server = createSocketServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return `http://127.0.0.1:${port}/jwks.json`;
  }

  for (const answer of cases) {
    test(answer.name, async () => {
      const { error, behaviour, retry_after: wait } = answer;
      const server = await serve(answer);
      const url = behaviour === "refuse" ? await nobody() : server.url;
      if (wait !== undefined) mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
      const keySet = remoteKeySet(url, { timeout: behaviour && behaviour !== "refuse" ? 0.3 : 5 });
      if (error === null) {
        assert.ok(await keySet.find("eddsa-current"));
        return;
      }
      await refuses(keySet.find("eddsa-current"), error);
      if (wait === undefined) return;
      mock.timers.tick(wait * 1000 - 1);
      await refuses(keySet.find("eddsa-current"), error);
      assert.equal(server.requests(), 1);
      mock.timers.tick(1);
      await refuses(keySet.find("eddsa-current"), error);
      assert.equal(server.requests(), 2);
    });
  }
});

describe("requests.json", () => {
  interface Requests {
    app_id: string;
    issuer: string;
    now: number;
    leeway: number;
    key_set: JSONWebKeySet;
    cases: (Case & { headers: [string, string][]; sub?: string; error?: GinnelErrorCode })[];
  }
  const { app_id: appID, issuer, now, leeway, key_set, cases } = read<Requests>("requests.json");
  at(now);
  const ginnel = new Ginnel({ appID, issuer, leeway, keySet: staticKeySet(key_set) });

  /** As Node has it, but with names as they were sent and lists for what was sent twice. */
  const asFields = (headers: [string, string][]) => {
    const fields: Record<string, string | string[]> = Object.create(null);
    for (const [name, value] of headers) {
      const known = fields[name];
      fields[name] =
        known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
    }
    return { headers: fields };
  };
  /** As Fetch has it. Its headers hold bytes, so other characters go over the wire as UTF-8. */
  const asRequest = (headers: [string, string][]) => {
    const request = new Request("http://localhost/");
    for (const [name, value] of headers) {
      const bytes = Buffer.from(value, "utf8").toString("latin1");
      const before = name.toLowerCase() === "cookie" ? request.headers.get("cookie") : null;
      // Fetch's own list would be joined by a comma; servers join cookies by a semicolon.
      if (before === null) request.headers.append(name, bytes);
      else request.headers.set(name, `${before}; ${bytes}`);
    }
    return request;
  };

  for (const { name, headers, sub, error } of cases) {
    for (const [shape, make] of Object.entries({ fields: asFields, Fetch: asRequest })) {
      test(`${name} (${shape})`, async () => {
        const work = ginnel.authenticateRequest(make(headers));
        if (error) await refuses(work, error);
        else assert.equal(await work, sub);
      });
    }
  }
});

describe("options.json", () => {
  interface Options extends Case {
    options: {
      app_id: string;
      url?: string;
      issuer?: string;
      leeway?: number;
      algorithms?: Algorithm[];
    };
    env?: Record<string, string>;
    issuer?: string;
    error?: GinnelErrorCode;
  }
  const saved = process.env["GINNEL_URL"];
  afterEach(() => {
    if (saved === undefined) delete process.env["GINNEL_URL"];
    else process.env["GINNEL_URL"] = saved;
  });
  for (const { name, options, env, issuer, error } of read<{ cases: Options[] }>("options.json")
    .cases) {
    test(name, async () => {
      delete process.env["GINNEL_URL"];
      Object.assign(process.env, env);
      const { app_id: appID, ...rest } = options;
      const fetch = () => assert.fail("no request may be made");
      if (error) await refuses(() => new Ginnel({ appID, fetch, ...rest }), error);
      else assert.equal(new Ginnel({ appID, fetch, ...rest }).issuer, issuer);
    });
  }
});

test("the files are what generate.mjs makes", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("generate.mjs", folder)), "--check"]);
});
