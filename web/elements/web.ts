// web.js: the sign-in elements, the client as `window.Ginnel`, and on every page of an app that loads it the care
// for the tokens, so that pages need no further code for a session that outlives its first token.
// First, so that in the bundle the texts stand beside the sentences of errors.ts: alike things compress better.
import "./strings/en.ts";
import {
  SESSION_EVENT,
  createClient,
  storedAppId,
  storedServer,
  type ClientOptions,
} from "@ginnel/client";
import { defineAuthElement } from "./auth/auth.define.ts";
import { defineLoginElement } from "./login/login.define.ts";
import { serverOf } from "./parts/script-url.ts";
import { defineRegisterElement } from "./register/register.define.ts";

const server = serverOf();

const Ginnel = {
  /** A headless client; `url` is the server that sent this script unless it says otherwise. */
  createClient: (appId: string, options: Partial<ClientOptions> = {}) =>
    createClient(appId, { ...options, url: options.url ?? server }),
};

declare global {
  interface Window {
    Ginnel: typeof Ginnel;
  }
}

// A second copy of the script on the page changes nothing.
if (!window.Ginnel) {
  window.Ginnel = Ginnel;
  defineAuthElement(server);
  defineLoginElement(server);
  defineRegisterElement(server);

  let kept: string | null = null;
  let stop: (() => void) | undefined;
  const keep = (): void => {
    const appId = storedAppId();
    if (appId === kept) return;
    stop?.();
    kept = appId;
    stop = undefined;
    if (!appId) return;
    const url = storedServer() ?? server;
    stop = createClient(appId, { url }).session.keepFresh();
  };
  addEventListener(SESSION_EVENT, keep);
  keep();
}
