// The test app of a page without an app id: made once for this browser and origin, kept in local storage, made anew when
// it has ended. The id and the name stand where Passage's elements put them.
import { failure, type App, type Client } from "@ginnel/client";
import { keep, recall } from "../../client/tokens.ts";
import { transport } from "../../client/transport.ts";
import { claimedBox, trialBox } from "./box.ts";
import { testAppEn as strings } from "../strings/test-app-en.ts";

const ID = "psg_ephemeral_app_id";
const NAME = "psg_ephemeral_app_name";
const SECRET = "ginnel_claim_secret";
/** Which server made it: another server does not know it. */
const SERVER = "ginnel_test_app_server";

/** A test app as this browser knows it. */
interface TestApp {
  id: string;
  name: string;
  secret: string;
}

/** Stored by an old element, or by one of another server, it is not ours. */
function find(server: string): TestApp | undefined {
  const [id, name, secret] = [recall(ID), recall(NAME), recall(SECRET)];
  return id && secret && recall(SERVER) === server ? { id, name: name ?? "", secret } : undefined;
}

async function make(server: string): Promise<TestApp> {
  const { origin, host, pathname } = location;
  const body = { auth_origin: origin, name: "Test app at " + host, login_url: pathname };
  const { app, claim_secret: secret } = await transport(server + "/api/v1")("POST", "/apps", {
    body,
  });
  const { id, name } = app;
  keep(ID, id);
  keep(NAME, name);
  keep(SECRET, secret);
  keep(SERVER, server);
  return { id, name, secret };
}

/** One at a time in this browser, so that two elements or tabs share one app. */
const inTurn = <T>(call: () => Promise<T>): Promise<T> =>
  // Browsers have locks where passkeys can work.
  navigator.locks ? (navigator.locks.request(ID, call) as Promise<T>) : call();

/** Turns a client of no app into that of another: whoever holds a part of it goes on with the other's. */
function become(client: Client, other: Client): void {
  for (const [name, part] of Object.entries(other)) {
    if (name === "app") continue;
    const own = client[name as keyof Client];
    if (typeof own === "object") Object.assign(own, part);
    else Object.assign(client, { [name]: part });
  }
}

/**
 * Public facts about this page's test app, which is made if there is none; `client` is the app's from then on.
 * `connect` gives a client for an app id.
 */
export async function testApp(
  client: Client,
  url: string,
  connect: (id: string) => Client,
): Promise<App> {
  const server = url.replace(/\/+$/, "");
  const [found, app] = await inTurn(async (): Promise<[TestApp, App]> => {
    const stored = find(server);
    if (stored) {
      try {
        return [stored, await connect(stored.id).app()];
      } catch (error) {
        // It has ended: the page gets a new one.
        if ((error as { code?: string }).code !== "app_not_found") throw error;
      }
    }
    const made = await make(server).catch(explain);
    return [made, await connect(made.id).app()];
  });
  become(client, connect(found.id));
  const { id, name, secret } = found;
  const page = `${server}/claim/${id}`;
  const proof = "secret=" + encodeURIComponent(secret);
  const claim = `${page}?name=${encodeURIComponent(name)}&${proof}`;
  console.info(strings.consoleId + id);
  if (app.ephemeral) console.info(strings.consoleClaim + claim);
  app.box = app.ephemeral ? trialBox(claim, `${page}/inbox?${proof}`) : claimedBox(id);
  return app;
}

/** The server's own sentence fits; what the element says of origins is about an app that exists. */
function explain(error: unknown): never {
  const { origin, pathname, search } = location;
  const named = origin.replace(/\/\/(127\.[\d.]+|\[::1\])(?=:|$)/, "//localhost");
  const open = named === origin ? undefined : named + pathname + search;
  throw Object.assign(error instanceof Error ? error : failure("network", error), {
    reason: "",
    open,
  });
}
