// Refreshing under every race that tabs and pages make, against a server that rotates refresh tokens.
import { strict as assert } from "node:assert";
import { beforeEach, describe, test } from "node:test";
import { fakeBrowser } from "../testing/fake-browser.ts";
import { GinnelError } from "./errors.ts";
import { browserStore, claims, createSession } from "./tokens.ts";

const APP = "app4567890123456789abcde";
const URL = "http://localhost:8400";

/** A server that takes each refresh token once, with a grace for its own successor when `grace` is set. */
class FakeServer {
  valid = "refresh-0";
  count = 0;
  revoked: string[] = [];
  successors = new Map<string, object>();
  grace = false;
  /** Seconds by which its clock is ahead. */
  ahead = 0;
  offline = false;
  /** Runs before an answer is given. */
  meanwhile: () => void | Promise<void> = () => {};

  token(lifetime = 3600, issuer = APP): string {
    const iat = Math.floor(Date.now() / 1000) + this.ahead;
    const part = {
      iss: `${URL}/auth/v1/apps/${issuer}`,
      sub: "user",
      iat,
      exp: iat + lifetime,
      n: this.count,
    };
    return `e30.${Buffer.from(JSON.stringify(part)).toString("base64url")}.c2ln`;
  }

  send = async (method: string, path: string, { body }: { body?: any } = {}) => {
    if (this.offline) throw new GinnelError("network");
    if (method === "DELETE") {
      this.revoked.push(decodeURIComponent(path.split("=")[1]!));
      return {};
    }
    const sent = body.refresh_token as string;
    let answer = this.grace ? this.successors.get(sent) : undefined;
    if (!answer && sent === this.valid) {
      this.valid = `refresh-${++this.count}`;
      answer = {
        auth_result: { auth_token: this.token(), redirect_url: "/", refresh_token: this.valid },
      };
      this.successors.set(sent, answer);
    }
    await this.meanwhile();
    if (!answer) throw new GinnelError("invalid_refresh_token", "Sign in again.", { status: 401 });
    return answer;
  };
}

let server: FakeServer;
let storage: Map<string, string>;
const tab = () => createSession(APP, server.send, browserStore(APP, URL));
const signIn = (lifetime: number) => {
  storage.set("psg_auth_token", server.token(lifetime));
  storage.set("psg_refresh_token", "refresh-0");
  storage.set("ginnel_app_id", APP);
};

beforeEach(() => {
  ({ storage } = fakeBrowser());
  server = new FakeServer();
});

test("a good token is given as it is, and put into a lost cookie", async () => {
  signIn(3600);
  const token = storage.get("psg_auth_token");
  assert.equal(await tab().authToken(), token);
  assert.equal(server.count, 0);
  assert.match(document.cookie, new RegExp(`^psg_auth_token=${token}; path=/; SameSite=Lax$`));
});

test("the cookie is secure on https", async () => {
  Object.defineProperty(globalThis, "location", {
    value: new globalThis.URL("https://acme.example/"),
  });
  signIn(3600);
  await tab().authToken();
  assert.match(document.cookie, /; secure$/);
});

test("an expired one is refreshed once, however many ask", async () => {
  signIn(-1);
  const session = tab();
  const tokens = await Promise.all([session.authToken(), session.authToken(), session.refresh()]);
  assert.equal(new Set(tokens).size, 1);
  assert.equal(server.count, 1);
  assert.equal(storage.get("psg_refresh_token"), "refresh-1");
});

describe("tabs", () => {
  test("take turns by the lock, and the second finds the work done", async () => {
    signIn(-1);
    const tokens = await Promise.all([tab().authToken(), tab().authToken(), tab().authToken()]);
    assert.equal(new Set(tokens).size, 1);
    assert.equal(server.count, 1);
  });

  test("one that judged its token before another replaced it does not trade again", async () => {
    signIn(-1);
    const old = storage.get("psg_auth_token")!;
    await tab().authToken();
    assert.equal(await tab().refresh(old), storage.get("psg_auth_token"));
    assert.equal(server.count, 1);
  });

  test("without locks rely on the server's grace", async () => {
    ({ storage } = fakeBrowser({ locks: false }));
    server.grace = true;
    signIn(-1);
    const tokens = await Promise.all([tab().authToken(), tab().authToken()]);
    assert.equal(new Set(tokens).size, 1);
    assert.equal(storage.get("psg_refresh_token"), "refresh-1");
    assert.deepEqual(server.revoked, []);
  });

  test("a refusal is no sign-out when another tab has refreshed meanwhile", async () => {
    ({ storage } = fakeBrowser({ locks: false }));
    signIn(-1);
    server.valid = "refresh-9";
    const fresh = server.token(3600);
    server.meanwhile = () => {
      storage.set("psg_auth_token", fresh);
      storage.set("psg_refresh_token", "refresh-9");
    };
    assert.equal(await tab().authToken(), fresh);
    assert.equal(storage.get("psg_refresh_token"), "refresh-9");
  });
});

test("a refused refresh clears the tokens but not what this browser knows of passkeys", async () => {
  signIn(-1);
  storage.set("psg_cred_obj", "{}");
  server.valid = "another";
  assert.equal(await tab().authToken(), undefined);
  assert.deepEqual([...storage.keys()], ["psg_cred_obj"]);
  assert.match(document.cookie, /^psg_auth_token=; .*max-age=0$/);
});

test("tokens of an app that the server does not have are cleared, not asked about for ever", async () => {
  signIn(-1);
  server.meanwhile = () => {
    throw new GinnelError("app_not_found", "There is no such app.", { status: 404 });
  };
  assert.equal(await tab().authToken(), undefined);
  assert.equal(storage.get("psg_refresh_token"), undefined);
});

test("a server out of reach keeps the tokens", async () => {
  signIn(-1);
  server.offline = true;
  await assert.rejects(tab().authToken(), { code: "network" });
  assert.equal(storage.get("psg_refresh_token"), "refresh-0");
});

test("signing out during a refresh stays signed out, and the late pair is revoked", async () => {
  signIn(-1);
  const session = tab();
  server.meanwhile = () => session.signOut();
  assert.equal(await session.authToken(), undefined);
  assert.equal(storage.get("psg_auth_token"), undefined);
  assert.deepEqual(server.revoked, ["refresh-0", "refresh-1"]);
});

test("a clock that is an hour off does not refresh for ever", async () => {
  server.ahead = -7200;
  signIn(3600);
  const session = tab();
  const token = await session.authToken();
  assert.equal(await session.authToken(), token);
  assert.equal(server.count, 1);
});

test("tokens of another app are left alone", async () => {
  signIn(3600);
  storage.set("psg_auth_token", server.token(3600, "another"));
  assert.equal(await tab().authToken(), undefined);
  await tab().signOut();
  assert.ok(storage.has("psg_refresh_token"));
  assert.deepEqual(server.revoked, []);
});

test("the refresh token alone is enough", async () => {
  signIn(-1);
  storage.delete("psg_auth_token");
  assert.ok(await tab().authToken());
});

test("a store of the page is asked instead, read-only ones are never written", async () => {
  const store = { getAuthToken: () => server.token(-1), getRefreshToken: () => "refresh-0" };
  const session = createSession(APP, server.send, store);
  assert.ok(claims(await session.authToken()).exp! > Date.now() / 1000);
  assert.equal(storage.size, 0);
});
