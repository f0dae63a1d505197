/** The client: which application's tokens to accept, and from which server. */
import { readAddress } from "./address.js";
import { GinnelError } from "./errors.js";
import type { Fetch } from "./fetch-key-set.js";
import { remoteKeySet, type KeySet } from "./key-sets.js";
import { knownAlgorithms, type Algorithm } from "./keys.js";
import { readToken, type RequestLike } from "./requests.js";
import { checkToken, type Claims, type Expectations } from "./tokens.js";

export interface GinnelOptions {
  /** The application's id, 24 letters and digits, as `ginnel app create` prints it. */
  appID: string;
  /** Where Ginnel runs. Default: the variable `GINNEL_URL`, else `http://localhost:8400`. */
  url?: string;
  /**
   * The issuer that tokens must name. Default: `{url}/auth/v1/apps/{appID}`. Needed when this server reaches Ginnel by
   * another address than browsers do.
   */
  issuer?: string;
  /** Where keys come from. Default: the application's key set on the server, see `remoteKeySet`. */
  keySet?: KeySet;
  /** Called in place of the global `fetch`. Has no effect beside `keySet`. */
  fetch?: Fetch;
  /** Seconds by which this server's clock may differ from Ginnel's, 0 to 300. Default 5. */
  leeway?: number;
  /** The signature algorithms to accept. Default: all three. */
  algorithms?: readonly Algorithm[];
}

const optionNames = ["appID", "url", "issuer", "keySet", "fetch", "leeway", "algorithms"];

/**
 * Checks the sign-ins of one application. Make one and keep it: it holds the keys.
 *
 * ```js
 * const ginnel = new Ginnel({ appID: process.env.GINNEL_APP_ID });
 * const userID = await ginnel.authenticateRequest(req);
 * ```
 */
export class Ginnel {
  readonly appID: string;
  /** Where Ginnel runs, without a slash at the end. */
  readonly url: string;
  /** The issuer that tokens must name. */
  readonly issuer: string;
  readonly #expected: Expectations;

  /** Throws `configuration` when an option is missing, unknown or wrong. Makes no request. */
  constructor(options: GinnelOptions) {
    const wrong = Object.keys(options ?? {}).find((name) => !optionNames.includes(name));
    if (wrong)
      throw configuration(
        `There is no option "${wrong}"; the options are ${optionNames.join(", ")}.`,
      );
    const {
      appID,
      url,
      issuer,
      keySet,
      fetch,
      leeway = 5,
      algorithms = knownAlgorithms,
    } = options ?? {};
    if (typeof appID !== "string" || !/^[A-Za-z0-9]{24}$/.test(appID)) {
      throw configuration(
        "appID must be the application's id: 24 letters and digits, as `ginnel app create` prints it.",
      );
    }
    if (typeof leeway !== "number" || !(leeway >= 0 && leeway <= 300)) {
      throw configuration("leeway must be a number of seconds from 0 to 300.");
    }
    if (
      !Array.isArray(algorithms) ||
      !algorithms.length ||
      algorithms.some((name) => !knownAlgorithms.includes(name))
    ) {
      throw configuration(
        `algorithms must be a list of one or more of ${knownAlgorithms.join(", ")}.`,
      );
    }
    if (issuer !== undefined && (typeof issuer !== "string" || issuer === "")) {
      throw configuration(
        "issuer must be the `iss` of the tokens: {public url}/auth/v1/apps/{appID}.",
      );
    }
    if (keySet !== undefined && typeof keySet?.find !== "function") {
      throw configuration(
        "keySet must come from staticKeySet or remoteKeySet, or have their method `find`.",
      );
    }
    this.appID = appID;
    this.url = readURL(url ?? environment("GINNEL_URL") ?? "http://localhost:8400");
    const api = `${this.url}/auth/v1/apps/${appID}`;
    this.issuer = issuer ?? api;
    this.#expected = {
      appID,
      issuer: this.issuer,
      keySet: keySet ?? remoteKeySet(`${api}/.well-known/jwks.json`, fetch ? { fetch } : {}),
      algorithms: [...algorithms],
      leeway,
    };
  }

  /**
   * The id of the user who sent this request. The token is taken from `Authorization: Bearer …` when the request has
   * it, else from the cookie `psg_auth_token`. Throws `GinnelError` when the request is not a signed-in user's.
   */
  async authenticateRequest(request: RequestLike): Promise<string> {
    return (await this.validateToken(readToken(request))).sub;
  }

  /** The claims of a valid auth token; throws `GinnelError` for every other. */
  validateToken(token: string): Promise<Claims> {
    return checkToken(token, this.#expected);
  }
}

/** The address of the server, without a slash at the end. */
function readURL(text: string): string {
  const address = typeof text === "string" ? readAddress(text) : undefined;
  if (address !== undefined) return address;
  throw configuration(
    `url (or GINNEL_URL) must be an address such as https://login.example.com, and is ${JSON.stringify(text)}.`,
  );
}

/** A variable of the environment, where the runtime has one; an empty one counts as unset. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}

function configuration(sentence: string): GinnelError {
  return new GinnelError("configuration", sentence);
}
