/** The two scripts that the examples share, run with a stand-in for the browser and for Ginnel's client. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import vm from "node:vm";

const read = (path) => readFile(new URL(`../../shared${path}`, import.meta.url), "utf8");

const site = "http://localhost:8080";
const cameFrom = (path, reason = "token_expired") =>
  `${site}/unauthorized?${new URLSearchParams({ return: path, reason })}`;

/** A page with its storage, where `client` is what Ginnel's script offers; none if that did not load. */
function browser(client, href = cameFrom("/dashboard?tab=1")) {
  const elements = {};
  const element = (selector) =>
    (elements[selector] ??= {
      dataset: { appId: "app", url: "http://ginnel" },
      listeners: {},
      textContent: "",
      addEventListener(name, listener) {
        this.listeners[name] = listener;
      },
    });
  const stored = new Map();
  const visits = [];
  const context = vm.createContext({
    console: { error: () => {} },
    URL,
    document: { querySelector: element },
    location: { href, replace: (path) => visits.push(path), assign: (path) => visits.push(path) },
    sessionStorage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => stored.set(key, value),
      removeItem: (key) => stored.delete(key),
    },
    ...(client && { Ginnel: { createClient: (...args) => Object.assign(client, { args }) } }),
  });
  const importModuleDynamically = async (path) => {
    const module = new vm.SourceTextModule(await read(path), { context });
    await module.link(() => assert.fail("the module stands alone"));
    await module.evaluate();
    return module;
  };
  const load = async (script) => {
    // The script is one call of an async function, so its value is the promise of its end.
    await vm.runInContext(await read(`/public/${script}`), context, { importModuleDynamically });
  };
  return { load, element, visits, stored, client };
}

test("a token that can be refreshed leads back", async () => {
  const { load, visits, client } = browser({ session: { authToken: async () => "token" } });
  await load("unauthorized.js");
  assert.deepEqual(visits, [`${site}/dashboard?tab=1`]);
  assert.equal(JSON.stringify(client.args), '["app",{"url":"http://ginnel"}]');
});

/** Where the script leads from this address of the unauthorized page. */
async function leadsTo(href) {
  const { load, visits } = browser({ session: { authToken: async () => "token" } }, href);
  await load("unauthorized.js");
  assert.equal(visits.length, 1);
  return visits[0];
}

test("every page of the site can be gone back to", async () => {
  for (const path of ["/", "/dashboard", "/a?b=1&c=//x#d", "/a%2Fb", "/@user", "/unauthorized2"]) {
    assert.equal(await leadsTo(cameFrom(path)), site + path);
  }
  assert.equal(await leadsTo(cameFrom("//user:password@localhost:8080/a")), `${site}/a`);
  // What the server wrote into the address is what was asked for, with its own parameters.
  assert.equal(
    await leadsTo(`${site}/unauthorized?return=%2Fa%3Fb%3D1%26c&reason=x`),
    `${site}/a?b=1&c`,
  );
});

describe("nobody is led to another site, or round in a circle", () => {
  const tricks = [
    "",
    "dashboard",
    "//other.example",
    "///other.example",
    "/\\other.example",
    "\\\\other.example",
    "/\t/other.example",
    "/\n/other.example",
    "\t//other.example",
    " //other.example",
    "/.//other.example",
    "/a/..//other.example",
    "/%2e//other.example",
    "//localhost:8081/",
    "//[",
    "https://other.example/",
    "https:other.example",
    "http:/other.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/unauthorized",
    "/unauthorized/?return=/unauthorized",
    "/Unauthorized",
    "/a/../unauthorized",
  ];
  for (const trick of tricks) {
    test(JSON.stringify(trick), async () => {
      assert.equal(await leadsTo(cameFrom(trick)), `${site}/dashboard`);
    });
  }

  test("no return at all, or a list", async () => {
    assert.equal(await leadsTo(`${site}/unauthorized`), `${site}/dashboard`);
    const list = `${site}/unauthorized?return=//other.example&return=/a`;
    assert.equal(await leadsTo(list), `${site}/dashboard`);
  });
});

test("a server that refuses the fresh token too is not asked for ever", async () => {
  const { load, visits, element, stored } = browser({
    session: { authToken: async () => "token" },
    currentUser: { get: async () => ({ email: "ada@example.com" }) },
  });
  await load("unauthorized.js");
  await load("unauthorized.js");
  assert.deepEqual(visits, [`${site}/dashboard?tab=1`]);
  assert.match(element("#status").textContent, /did not accept your sign-in \(token_expired\)/);
  // Asked again by hand, it tries again; and a dashboard that was reached forgets the try.
  await load("unauthorized.js");
  assert.equal(visits.length, 2);
  await load("dashboard.js");
  assert.equal(stored.size, 0);
  await load("unauthorized.js");
  assert.equal(visits.length, 3);
});

test("a reason that is no code is not shown", async () => {
  const { load, element } = browser(
    { session: { authToken: async () => "token" } },
    cameFrom("/", "Call 555-0100 to sign in"),
  );
  await load("unauthorized.js");
  await load("unauthorized.js");
  assert.match(element("#status").textContent, /\(no reason given\)/);
});

test("without a session the visitor is asked to sign in", async () => {
  const { load, visits, element } = browser({ session: { authToken: async () => undefined } });
  await load("unauthorized.js");
  assert.deepEqual(visits, []);
  assert.match(element("#status").textContent, /for signed-in users/);
});

test("without Ginnel's script, or when it fails, the visitor is told", async () => {
  for (const client of [
    undefined,
    { session: { authToken: () => Promise.reject(new Error("offline")) } },
  ]) {
    const { load, visits, element } = browser(client);
    await load("unauthorized.js");
    assert.deepEqual(visits, []);
    assert.match(element("#status").textContent, /could not be refreshed.*http:\/\/ginnel/);
  }
});

test("the dashboard names the user and signs out, also when the server does not answer", async () => {
  for (const signOut of [async () => {}, () => Promise.reject(new Error("offline"))]) {
    const { load, visits, element } = browser({
      session: { signOut },
      currentUser: { get: async () => ({ email: "ada@example.com" }) },
    });
    await load("dashboard.js");
    assert.equal(element("#name").textContent, "ada@example.com");
    await element("#sign-out")
      .listeners.click()
      .catch(() => {});
    assert.deepEqual(visits, ["/"]);
  }
});

test("the dashboard without Ginnel's script says so", async () => {
  const { load, element } = browser(undefined);
  await load("dashboard.js");
  assert.equal(element("#sign-out").disabled, true);
  assert.match(element("#sign-out").textContent, /cannot be reached/);
});
