/** `@ginnel/node`: checks Ginnel's sign-ins in a JavaScript back end, with `fetch` and WebCrypto only. */
export { GinnelError, type GinnelErrorCode } from "./errors.js";
export type { Fetch } from "./fetch-key-set.js";
export { Ginnel, type GinnelOptions } from "./ginnel.js";
export { remoteKeySet, staticKeySet, type KeySet, type RemoteKeySetOptions } from "./key-sets.js";
export type { Algorithm, JSONWebKeySet, VerificationKey } from "./keys.js";
export type { HeadersLike, RequestLike } from "./requests.js";
export type { Claims } from "./tokens.js";
