// The headless client: every call that a page can make, grouped by what it is about. It draws nothing.
import { GinnelError, failure } from "./errors.ts";
import { enrol, finish, type CeremonyOptions } from "./handshake.ts";
import { pendingLinks, type CodeOptions, type LinkOptions } from "./magic-links.ts";
import {
  autofillSupported,
  ceremony,
  forgetCredential,
  getCredential,
  passkeysSupported,
  type WireOptions,
} from "./passkeys.ts";
import { browserStore, claims, createSession, localPasskey, rememberLogin } from "./tokens.ts";
import { camel, transport, type Answer, type RequestOptions } from "./transport.ts";
import type {
  App,
  AttachmentOption,
  AuthResult,
  CurrentUser,
  Metadata,
  Mode,
  Passkey,
  PendingLink,
  TokenStore,
  User,
} from "./types.ts";

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
  const links = pendingLinks(appId);

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

  /** Takes over the session that a passkey, a link or a code opened. */
  async function opened(
    { auth_result }: Answer,
    identifier?: string,
    credentialId?: string,
  ): Promise<AuthResult> {
    const result = await session.save(camel<AuthResult>(auth_result));
    links.forget();
    // Who signed in is known only now, unless they said it. Not knowing the name is no reason to fail.
    const name =
      identifier ||
      (await currentUser().then(
        ({ email, phone }) => email || phone,
        () => "",
      ));
    rememberLogin(claims(result.authToken).sub, credentialId, name);
    return result;
  }

  /** For an activation: the session that this browser has already, if it still lives. */
  const ownToken = () => session.authToken().catch(() => undefined);

  const message =
    (purpose: Mode) =>
    (identifier: string, options: LinkOptions = {}) =>
      links.request(purpose, identifier, options, (request) =>
        send("POST", `/${purpose}/magic-link`, request),
      );

  const code =
    (purpose: Mode) =>
    (identifier: string, options: CodeOptions = {}) =>
      links.requestCode(purpose, identifier, options, (request) =>
        send("POST", `/${purpose}/otp`, request),
      );

  const change =
    (kind: "email" | "phone") =>
    (identifier: string, options: LinkOptions = {}) =>
      links.request(
        "change",
        identifier,
        options,
        (request) => sendAsUser("PATCH", "/" + kind, request),
        "new_" + kind,
      );

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

    /** Makes an account that waits for its first sign-in, with what a registration says of its user. */
    createUser: async (identifier: string, userMetadata?: Metadata, signal?: AbortSignal) => {
      const body = { identifier, user_metadata: userMetadata };
      return camel<User>((await send("POST", "/users", { body, signal })).user);
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
        return opened(answer, identifier, credential.id);
      },

      /** Signs in with a passkey; without an identifier the browser offers all that fit the app. */
      async login(
        identifier?: string,
        { conditional = false, signal: outer, onPrompt, beforeFinish }: LoginOptions = {},
      ): Promise<AuthResult> {
        const [answer, credential] = await ceremony(conditional, outer, async (signal) => {
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
            return [await finish(send, "/login/webauthn", handshake, credential, user), credential];
          } catch (error) {
            if ((error as GinnelError).reason === "unknown_credential") {
              forgetCredential(options["rpId"], credential.id);
            }
            throw error;
          }
        });
        return opened(answer, identifier, credential.id);
      },
    },

    magicLink: {
      /** Sends a link, and a code where the app has them, to a new address or number. */
      register: message("register"),

      /** Sends a link, and a code where the app has them, to the owner of an account. */
      login: message("login"),

      /** The link or code that this browser waits for. */
      pending: links.find,
      forget: links.forget,

      /**
       * Uses a link. Gives nothing when the page that asked for it gets the session. `reason` is `digits_required`
       * where that page was in another browser: ask for the digits shown there.
       */
      async activate(
        secret: string,
        { digits, signal }: { digits?: string | undefined; signal?: AbortSignal } = {},
      ): Promise<AuthResult | undefined> {
        const answer = await send("PATCH", "/magic-link/activate", {
          body: { magic_link: secret, browser_key: links.find()?.key, digits },
          token: await ownToken(),
          signal,
        });
        return answer.auth_result && opened(answer);
      },

      /** Signs in if the link was used meanwhile. Throws otherwise; `reason` is `magic_link_pending` while it waits. */
      async status(
        { id, key, purpose, identifier }: PendingLink,
        signal?: AbortSignal,
      ): Promise<AuthResult> {
        const body = { id, browser_key: key };
        const answer = await send("POST", "/magic-link/status", { body, signal });
        return opened(answer, purpose === "change" ? undefined : identifier);
      },
    },

    oneTimePasscode: {
      /** Sends a code alone to a new address or number. */
      register: code("register"),

      /** Sends a code alone to the owner of an account. */
      login: code("login"),

      /** Uses the six digits of a message. */
      async activate(
        code: string,
        { id, identifier }: Pick<PendingLink, "id" | "identifier">,
        signal?: AbortSignal,
      ): Promise<AuthResult> {
        const body = { otp: code, otp_id: id };
        const token = await ownToken();
        return opened(await send("POST", "/otp/activate", { body, token, signal }), identifier);
      },
    },

    currentUser: {
      get: currentUser,

      /** Sends a link to a new address, which becomes the user's when it is opened. Needs a recent sign-in. */
      changeEmail: change("email"),

      /** The same for a phone number. */
      changePhone: change("phone"),

      /** Whether the passkey that was made or used in this browser is still one of the user's. */
      async hasPasskeyHere(): Promise<boolean> {
        const here = localPasskey(claims(await session.authToken()).sub);
        return !!here && !!(await currentUser()).webauthnDevices?.some((d) => d.cred_id === here);
      },

      /** Adds a passkey. Needs a recent sign-in, else `reason` is `reauthentication_required`. */
      async addPasskey({
        attachment = "any",
        ...options
      }: AttachmentOption & CeremonyOptions = {}): Promise<Passkey> {
        const body = { authenticator_attachment: attachment };
        const { answer, credential } = await enrol(sendAsUser, "/devices", body, options);
        rememberLogin(claims(await session.authToken()).sub, credential.id);
        return camel<Passkey>(answer.device);
      },

      /** A call below `/currentuser`, for what has no method of its own; see `managePasskeys`. */
      send: sendAsUser,
    },
  };
}
