/** The two scripts of the pages, run with a stand-in for the browser and for Ginnel's client. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A page with its storage, where `client` is what Ginnel's script offers; none if that did not load. */
function browser(client, dataset = {}) {
  const elements = {};
  const element = (selector) =>
    (elements[selector] ??= {
      dataset: {
        appId: "app",
        url: "http://ginnel",
        return: "/dashboard",
        reason: "token_expired",
        ...dataset,
      },
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
    document: { querySelector: element },
    location: { replace: (path) => visits.push(path), assign: (path) => visits.push(path) },
    sessionStorage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => stored.set(key, value),
      removeItem: (key) => stored.delete(key),
    },
    ...(client && { Ginnel: { createClient: (...args) => Object.assign(client, { args }) } }),
  });
  const load = async (script) => {
    vm.runInContext(
      await readFile(new URL(`../public/${script}`, import.meta.url), "utf8"),
      context,
    );
    await settle();
  };
  return { load, element, visits, stored, client };
}

test("a token that can be refreshed leads back", async () => {
  const { load, visits, client } = browser({ session: { authToken: async () => "token" } });
  await load("unauthorized.js");
  assert.deepEqual(visits, ["/dashboard"]);
  assert.equal(JSON.stringify(client.args), '["app",{"url":"http://ginnel"}]');
});

test("a server that refuses the fresh token too is not asked for ever", async () => {
  const { load, visits, element, stored } = browser({
    session: { authToken: async () => "token" },
    currentUser: { get: async () => ({ email: "ada@example.com" }) },
  });
  await load("unauthorized.js");
  await load("unauthorized.js");
  assert.deepEqual(visits, ["/dashboard"]);
  assert.match(element("#status").textContent, /did not accept your sign-in \(token_expired\)/);
  // Asked again by hand, it tries again; and a dashboard that was reached forgets the try.
  await load("unauthorized.js");
  assert.equal(visits.length, 2);
  await load("dashboard.js");
  assert.equal(stored.size, 0);
  await load("unauthorized.js");
  assert.equal(visits.length, 3);
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
