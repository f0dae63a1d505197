// Keeps the tokens of one app and keeps them fresh. Tabs share one storage, so every decision to refresh is made on
// what the storage says at that moment, inside a lock where the browser has locks; where it has none, the server
// gives the same successor to requests that come within its grace period.
import type { GinnelError } from "./errors.ts";
import { atobUrl } from "./passkeys.ts";
import { camel, type Transport } from "./transport.ts";
import type { AuthResult, TokenStore } from "./types.ts";

const AUTH = "psg_auth_token";
const REFRESH = "psg_refresh_token";
/** Whose tokens these are, and which server gave them: known even when the auth token is gone. */
const APP = "ginnel_app_id";
const SERVER = "ginnel_server";
/** `{user id: credential id}` of passkeys used in this browser; survives sign-out. */
const CREDENTIALS = "psg_cred_obj";
/** The identifier that signed in last. */
const LAST_LOGIN = "psg_last_login";

/** Fired on the window when this page stored or cleared tokens; `detail` is `{appId, signedIn}`. */
export const SESSION_EVENT = "ginnel:session";

interface Claims {
  sub: string;
  iss: string;
  iat: number;
  exp: number;
}

/** The claims of a token, unchecked: only a back end can judge a token. Ours are ASCII; other text may look odd. */
export function claims(token: string | undefined | null): Partial<Claims> {
  try {
    return JSON.parse(atobUrl(token!.split(".")[1]!)) as Claims;
  } catch {
    return {};
  }
}

/** Reads one key of local storage; nothing when the browser forbids storage. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Writes one key of local storage, or removes it when there is no value. */
export function keep(key: string, value?: string | null) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // Storage is forbidden: the cookie still carries this visit.
  }
}

function cookie(token?: string) {
  // The only http pages that browsers trust are those of this machine.
  const secure = isSecureContext && location.protocol === "http:" ? "" : "; secure";
  const past = token ? "" : "; max-age=0";
  document.cookie = `${AUTH}=${token ?? ""}; path=/; SameSite=Lax${secure}${past}`;
}

/** The app that the tokens in this browser's storage belong to. */
export function storedAppId(): string | null {
  if (!recall(AUTH) && !recall(REFRESH)) return null;
  const issuer = /\/apps\/([^/]+)$/.exec(claims(recall(AUTH)).iss ?? "");
  return issuer?.[1] ?? recall(APP);
}

/** The server that gave the stored tokens. */
export const storedServer = () => recall(SERVER);

export const lastIdentifier = () => recall(LAST_LOGIN) ?? "";

/** An object kept as JSON; an empty one when there is none or it is damaged. */
export function recallObject<T extends object>(key: string): Partial<T> {
  try {
    return (JSON.parse(recall(key)!) ?? {}) as Partial<T>;
  } catch {
    // Not ours to repair: start over.
    return {};
  }
}

/** Credential id of the passkey that this user made or used in this browser. */
export const localPasskey = (userId = "") =>
  recallObject<Record<string, string>>(CREDENTIALS)[userId];

/** Notes who signed in here, and with which passkey if it was one. */
export function rememberLogin(
  userId: string | undefined,
  credentialId?: string,
  identifier?: string,
) {
  if (identifier) keep(LAST_LOGIN, identifier);
  if (!userId || !credentialId) return;
  keep(CREDENTIALS, JSON.stringify({ ...recallObject(CREDENTIALS), [userId]: credentialId }));
}

/** The default store: local storage, and a cookie that the page's own back end reads. */
export function browserStore(appId: string, server: string): Required<TokenStore> {
  const mine = () => storedAppId() === appId;
  return {
    getAuthToken() {
      const token = (mine() && recall(AUTH)) || undefined;
      // Browsers drop a session cookie when they close, and keep local storage.
      if (token && !document.cookie.includes(`${AUTH}=${token}`)) cookie(token);
      return token;
    },
    getRefreshToken: () => (mine() && recall(REFRESH)) || undefined,
    setTokens({ authToken, refreshToken }) {
      keep(APP, appId);
      keep(SERVER, server);
      keep(AUTH, authToken);
      keep(REFRESH, refreshToken);
      cookie(authToken);
    },
    clearTokens() {
      if (!mine()) return;
      for (const key of [AUTH, REFRESH, APP, SERVER, LAST_LOGIN]) keep(key);
      cookie();
    },
  };
}

/**
 * Whether a refusal says that the session has ended. An app that is not there has none: Passage's own, on a site that has
 * moved here, or a removed one.
 */
const isOver = (error: unknown) => {
  const { status, code } = error as GinnelError;
  return status === 401 || /^(user_not_active|app_not_found)$/.test(code);
};

export type Session = ReturnType<typeof createSession>;

/** The session of one app in this browser. */
export function createSession(appId: string, send: Transport, store: TokenStore) {
  /** Milliseconds by which the server's clock is ahead of this one's. */
  let ahead = 0;
  let refreshing: Promise<string | undefined> | undefined;

  const storedToken = async () => store.getAuthToken();
  const storedRefreshToken = async () => store.getRefreshToken?.();

  /** Seconds that a token has left by the server's clock. */
  const left = (token: string | undefined) =>
    (claims(token).exp ?? 0) - (Date.now() + ahead) / 1000;

  const announce = (signedIn: boolean) =>
    dispatchEvent(new CustomEvent(SESSION_EVENT, { detail: { appId, signedIn } }));

  async function clear() {
    await store.clearTokens?.();
    announce(false);
  }

  async function revoke(token: string) {
    try {
      await send("DELETE", "/tokens?refresh_token=" + encodeURIComponent(token), {
        keepalive: true,
      });
    } catch (error) {
      // A token that the server refuses is as good as revoked.
      if (!isOver(error)) throw error;
    }
  }

  async function trade(before: string | undefined): Promise<string | undefined> {
    // Another tab may have been here while we waited.
    const stored = await storedToken();
    if (stored !== before && left(stored) > 5) return stored;
    const sent = await storedRefreshToken();
    if (!sent) return undefined;
    try {
      const { auth_result } = await send("POST", "/tokens", { body: { refresh_token: sent } });
      const now = await storedRefreshToken();
      if (now === sent) return (await save(camel<AuthResult>(auth_result))).authToken;
      // Signed out, or in as somebody else, while the answer was on its way: the new pair must not come back.
      const { refresh_token } = auth_result as { refresh_token?: string };
      if (refresh_token && refresh_token !== now) await revoke(refresh_token);
    } catch (error) {
      if (!isOver(error)) throw error;
      if ((await storedRefreshToken()) === sent) await clear();
    }
    const after = await storedToken();
    return left(after) > 5 ? after : undefined;
  }

  async function refreshOnce(old?: string): Promise<string | undefined> {
    const before = old ?? (await storedToken());
    const { locks } = navigator;
    return locks ? locks.request("ginnel:" + appId, () => trade(before)) : trade(before);
  }

  /**
   * Trades the refresh token for a new pair. Calls at the same time share one request. `old` is the token that was
   * found wanting, the stored one by default: when another tab has replaced it meanwhile, that one is given instead.
   */
  const refresh = (old?: string): Promise<string | undefined> =>
    (refreshing ??= refreshOnce(old).finally(() => {
      refreshing = undefined;
    }));

  /** A token that is good for some seconds at least, refreshed if need be; nothing when nobody is signed in. */
  async function authToken(): Promise<string | undefined> {
    const token = await storedToken();
    return left(token) > 5 ? token : refresh(token ?? "");
  }

  /** Stores a pair of tokens and says so on the page. */
  async function save(result: AuthResult): Promise<AuthResult> {
    const { iat } = claims(result.authToken);
    const difference = iat ? iat * 1000 - Date.now() : 0;
    // Small differences are the way the answer took.
    ahead = Math.abs(difference) > 30_000 ? difference : 0;
    await store.setTokens?.(result);
    announce(true);
    return result;
  }

  /** Forgets the tokens here at once and revokes the session on the server. */
  async function signOut(): Promise<void> {
    const token = await storedRefreshToken();
    await clear();
    if (token) await revoke(token);
  }

  /**
   * Refreshes now if the token is old, and from then on shortly before it expires, until the returned function is
   * called. Wakes up when the page is shown again, when the network is back and when somebody signs in.
   */
  function keepFresh(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lookAfter = (seconds: number) => {
      clearTimeout(timer);
      // Timers count at most 2^31 ms; half a day is soon enough to look again.
      if (!signal.aborted) timer = setTimeout(look, Math.min(seconds, 43_200) * 1000);
    };
    const look = async () => {
      try {
        let token = await storedToken();
        const { exp = 0, iat = 0 } = claims(token);
        const early = Math.min(120, (exp - iat) / 5);
        if (left(token) <= early + 1 && (await storedRefreshToken())) {
          token = await refresh(token ?? "");
        }
        // Nothing to keep: the next sign-in wakes us.
        if (token && (await storedRefreshToken())) lookAfter(Math.max(1, left(token) - early));
      } catch {
        lookAfter(60);
      }
    };
    addEventListener("online", look, { signal });
    addEventListener(
      SESSION_EVENT,
      (event) => {
        // Our own refresh says so too; only schedule then.
        if ((event as CustomEvent<{ signedIn: boolean }>).detail.signedIn) void look();
      },
      { signal },
    );
    document.addEventListener("visibilitychange", () => document.hidden || void look(), { signal });
    signal.addEventListener("abort", () => clearTimeout(timer));
    void look();
    return () => stop.abort();
  }

  return { authToken, refresh, save, signOut, keepFresh };
}
