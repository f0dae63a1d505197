// The headless client: every call that a page can make, grouped by what it is about. It draws nothing.
import { GinnelError, failure } from "./errors.ts";
import { enrol, finish, type CeremonyOptions } from "./handshake.ts";
import {
  autofillSupported,
  ceremony,
  forgetCredential,
  getCredential,
  passkeysSupported,
  type WireOptions,
} from "./passkeys.ts";
import { browserStore, claims, createSession, rememberLogin } from "./tokens.ts";
import { camel, transport, type Answer, type RequestOptions } from "./transport.ts";
import type { App, AttachmentOption, AuthResult, CurrentUser, TokenStore, User } from "./types.ts";

export interface ClientOptions {
  /** Address of the Ginnel server, such as `http://localhost:8400`. */
  url: string;
  /** Where tokens are kept; local storage and a cookie by default. */
  tokenStore?: TokenStore | undefined;
}

export interface LoginOptions extends CeremonyOptions {
  /** Wait in the background for a passkey picked among an input's suggestions (`autocomplete="… webauthn"`). */
  conditional?: boolean;
  /** Called with the passkey in hand, before the server judges it; `false` ends the ceremony as cancelled. */
  beforeFinish?: () => boolean | Promise<boolean>;
}

export type Client = ReturnType<typeof createClient>;

/** A client for one app. It keeps no state outside itself: two clients of two servers may share a page. */
export function createClient(appId: string, { url, tokenStore }: ClientOptions) {
  const send = transport(`${url.replace(/\/+$/, "")}/auth/v1/apps/${encodeURIComponent(appId)}`);
  const session = createSession(appId, send, tokenStore ?? browserStore(appId, url));

  /** A call in the user's name. A token that the server calls too old is refreshed once. */
  async function sendAsUser(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const call = (token: string) => send(method, "/currentuser" + path, { ...options, token });
    const token = await session.authToken();
    if (!token) throw failure("signed_out");
    try {
      return await call(token);
    } catch (error) {
      if ((error as GinnelError).status !== 401) throw error;
      const fresh = await session.refresh(token);
      if (!fresh) throw failure("signed_out", error);
      return call(fresh);
    }
  }

  async function currentUser(): Promise<CurrentUser> {
    return camel<CurrentUser>((await sendAsUser("GET", "")).user);
  }

  return {
    appId,
    session,

    /** Public facts about the app. */
    app: async () => camel<App>((await send("GET", "")).app),

    /** Who has this identifier; nothing for an unknown one. */
    async findUser(identifier: string, signal?: AbortSignal): Promise<User | null> {
      const path = "/users?identifier=" + encodeURIComponent(identifier);
      const { user } = await send("GET", path, { signal });
      return user && camel<User>(user);
    },

    passkey: {
      supported: passkeysSupported,
      autofillSupported,

      /** Makes an account with a first passkey and signs it in. */
      async register(
        identifier: string,
        { attachment = "any", ...options }: AttachmentOption & CeremonyOptions = {},
      ): Promise<AuthResult> {
        const body = { identifier, authenticator_attachment: attachment };
        const { answer, credential } = await enrol(send, "/register/webauthn", body, options);
        const result = await session.save(camel<AuthResult>(answer.auth_result));
        rememberLogin(claims(result.authToken).sub, credential.id, identifier);
        return result;
      },

      /** Signs in with a passkey; without an identifier the browser offers all that fit the app. */
      async login(
        identifier?: string,
        { conditional = false, signal: outer, onPrompt, beforeFinish }: LoginOptions = {},
      ): Promise<AuthResult> {
        const [result, credential] = await ceremony(conditional, outer, async (signal) => {
          const { handshake, user } = await send("POST", "/login/webauthn/start", {
            body: { identifier: identifier || undefined },
            signal,
          });
          const options = handshake.challenge.publicKey as WireOptions;
          onPrompt?.();
          const credential = await getCredential(options, signal, conditional);
          if (beforeFinish && !(await beforeFinish())) throw failure("passkey_cancelled");
          if (signal.aborted) throw failure("aborted");
          try {
            const answer = await finish(send, "/login/webauthn", handshake, credential, user);
            return [camel<AuthResult>(answer.auth_result), credential];
          } catch (error) {
            if ((error as GinnelError).reason === "unknown_credential") {
              forgetCredential(options["rpId"], credential.id);
            }
            throw error;
          }
        });
        await session.save(result);
        // A discoverable sign-in says who it was only now. Not knowing the name is no reason to fail.
        const name =
          identifier ||
          (await currentUser().then(
            ({ email, phone }) => email || phone,
            () => "",
          ));
        rememberLogin(claims(result.authToken).sub, credential.id, name);
        return result;
      },
    },

    currentUser: {
      get: currentUser,

      /** A call below `/currentuser`, for what has no method of its own; see `managePasskeys`. */
      send: sendAsUser,
    },
  };
}
