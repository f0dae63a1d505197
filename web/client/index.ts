// What other packages may import.
export { createClient } from "./client.ts";
export type { Client, ClientOptions, LoginOptions } from "./client.ts";
export type { CeremonyOptions } from "./handshake.ts";
export { GinnelError, failure } from "./errors.ts";
export type { BrowserErrorCode } from "./errors.ts";
export type { LinkOptions } from "./magic-links.ts";
export { managePasskeys } from "./passkey-management.ts";
export type { PasskeyManagement } from "./passkey-management.ts";
export { createSignInFlow } from "./flow.ts";
export type { FlowOptions, SignInFlow } from "./flow.ts";
export { SESSION_EVENT, lastIdentifier, storedAppId, storedServer } from "./tokens.ts";
export type * from "./types.ts";
export { PasskeyList } from "./passkey-list.ts";
export type { Change, PasskeyListState } from "./passkey-list.ts";
