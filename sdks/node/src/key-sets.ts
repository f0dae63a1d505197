/**
 * Where verification keys come from: a list in memory, or the server's key set over HTTP, kept and refreshed.
 * There are no timers; a refresh is started by use, which is all that an edge runtime allows.
 */
import { GinnelError } from "./errors.js";
import { fetchKeySet, type Fetch } from "./fetch-key-set.js";
import { readKeySet, type JSONWebKeySet, type VerificationKey } from "./keys.js";

/** A source of verification keys. */
export interface KeySet {
  /** The key with this id; `undefined` if there is none. Throws `keys_unavailable` when that cannot be known. */
  find(kid: string): Promise<VerificationKey | undefined>;
}

/** A fixed list of keys, for work without a network. Throws `configuration` when the document is not a key set. */
export function staticKeySet(document: JSONWebKeySet): KeySet {
  let keys: Map<string, VerificationKey>;
  try {
    keys = readKeySet(document);
  } catch (cause) {
    const sentence = `The key set ${(cause as Error).message}; pass the JSON found at {url}/auth/v1/apps/{appID}/.well-known/jwks.json.`;
    throw new GinnelError("configuration", sentence, { cause });
  }
  return { find: async (kid) => keys.get(kid) };
}

/** How long keys are kept and how they are fetched. All times are in seconds. */
export interface RemoteKeySetOptions {
  /** Age at which the keys are fetched again in the background, while the old ones stay in use. Default 600. */
  refreshAfter?: number;
  /** Age at which keys are no longer used, even if the server cannot be reached. Default 86 400, one day. */
  maxAge?: number;
  /** Shortest time between two fetches while there are keys to work with. Default 30. */
  cooldown?: number;
  /** Longest time that one fetch may take. Default 5. */
  timeout?: number;
  /** Called in place of the global `fetch`. */
  fetch?: Fetch;
  /** Told about each fetch that failed, those in the background included: the place to log it. */
  onError?: (error: GinnelError) => void;
}

/** The key set at this address, fetched at the first use. Throws `configuration` when the address or an option is wrong. */
export function remoteKeySet(url: string, options: RemoteKeySetOptions = {}): KeySet {
  return new RemoteKeySet(url, options);
}

/** Seconds for which a failed fetch is remembered, so that a server that is down is not asked by every request. */
const waitAfterFailure = 1;

/** Seconds; timers of browsers and Node count no further than some 24 days. */
const longestTimeout = 300;
const longestAge = 10 * 365 * 86_400;

class RemoteKeySet implements KeySet {
  readonly #url: string;
  readonly #options: Required<Omit<RemoteKeySetOptions, "onError">>;
  readonly #onError: RemoteKeySetOptions["onError"];
  #keys: Map<string, VerificationKey> | undefined;
  #loadedAt = 0;
  #attemptedAt = 0;
  #failure: { error: GinnelError; at: number; wait: number } | undefined;
  #pending: { promise: Promise<Map<string, VerificationKey>>; startedAt: number } | undefined;

  constructor(url: string, options: RemoteKeySetOptions) {
    const { refreshAfter = 600, maxAge = 86_400, cooldown = 30, timeout = 5, onError } = options;
    // Called through an arrow: some runtimes refuse a `fetch` that has lost its `this`.
    const { fetch = (address, init) => globalThis.fetch(address, init) } = options;
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw configuration(
        `The address of a key set begins with http:// or https://, and is "${url}".`,
      );
    }
    for (const [name, seconds] of Object.entries({ refreshAfter, maxAge, cooldown, timeout })) {
      const most = name === "timeout" ? longestTimeout : longestAge;
      if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= most)) {
        throw configuration(`${name} must be a number of seconds from 0 to ${most}.`);
      }
    }
    this.#url = url;
    this.#options = { refreshAfter, maxAge, cooldown, timeout, fetch };
    this.#onError = onError;
  }

  async find(kid: string): Promise<VerificationKey | undefined> {
    const { maxAge, refreshAfter, cooldown } = this.#options;
    const now = Date.now() / 1000;
    const failure = this.#failure;
    const waits = failure !== undefined && !isDue(failure.at, failure.wait, now);
    if (!this.#keys || now - this.#loadedAt >= maxAge) {
      if (waits) throw failure.error;
      return (await this.#load(now)).get(kid);
    }
    const mayFetch = !waits && isDue(this.#attemptedAt, cooldown, now);
    const key = this.#keys.get(kid);
    if (key) {
      // A failure is kept in #failure and told to onError; this request has its key.
      if (mayFetch && isDue(this.#loadedAt, refreshAfter, now)) this.#load(now).catch(() => {});
      return key;
    }
    if (mayFetch || this.#pending) return (await this.#load(now)).get(kid);
    // The key may be a new one that could not be fetched: that is not the caller's fault.
    if (failure) throw failure.error;
    return undefined;
  }

  /** Fetches the keys, or joins the fetch that is under way. */
  #load(now: number): Promise<Map<string, VerificationKey>> {
    // An edge runtime may drop a fetch together with the request that began it: past its time limit it is given up.
    if (
      this.#pending &&
      !isDue(this.#pending.startedAt, this.#options.timeout, now) &&
      !isolatesRequests()
    ) {
      return this.#pending.promise;
    }
    this.#attemptedAt = now;
    const promise = this.#fetch().finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    const pending = { promise, startedAt: now };
    this.#pending = pending;
    return promise;
  }

  async #fetch(): Promise<Map<string, VerificationKey>> {
    const result = await fetchKeySet(this.#url, this.#options.fetch, this.#options.timeout);
    const now = Date.now() / 1000;
    if (result.error) {
      this.#failure = { error: result.error, at: now, wait: result.retryAfter ?? waitAfterFailure };
      try {
        this.#onError?.(result.error);
      } catch {
        // A logger that fails has no say in what a request is told.
      }
      throw result.error;
    }
    this.#failure = undefined;
    this.#loadedAt = now;
    this.#keys = result.keys;
    return result.keys;
  }
}

/** Whether `seconds` have passed since `then`; a clock that was set back counts as passed. */
function isDue(then: number, seconds: number, now: number): boolean {
  return now - then >= seconds || now < then;
}

/** Cloudflare's workers do not let one request wait for another's network call. */
function isolatesRequests(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}

function configuration(sentence: string): GinnelError {
  return new GinnelError("configuration", sentence);
}
