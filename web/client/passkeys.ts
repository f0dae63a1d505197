// The browser's part of a ceremony: options from the wire to the browser, credentials from the browser to the wire.
// Encoding is done by hand because `parseCreationOptionsFromJSON` is missing in browsers that have passkeys.
import { failure, passkeyFailure } from "./errors.ts";

/** Base64url without padding. */
export function encode(bytes: ArrayBuffer | Uint8Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
}

/** `atob` that also reads base64url; padding is optional. */
export const atobUrl = (text: string) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));

/** Bytes of base64 or base64url, padded or not. Throws on anything else. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atobUrl(text), (letter) => letter.charCodeAt(0));
}

interface WireDescriptor {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}
/** `publicKey` of a start answer, with text where the browser wants bytes. */
export type WireOptions = Record<string, unknown> & {
  challenge: string;
  user?: { id: string; name: string; displayName: string };
  excludeCredentials?: WireDescriptor[];
  allowCredentials?: WireDescriptor[];
};

const withBytes = (options: WireOptions) => {
  const withId = <T extends { id: string }>(entry: T) => ({ ...entry, id: decode(entry.id) });
  return {
    ...options,
    challenge: decode(options.challenge),
    user: options.user && withId(options.user),
    excludeCredentials: options.excludeCredentials?.map(withId),
    allowCredentials: options.allowCredentials?.map(withId),
  } as unknown;
};

/** Whether this browser knows passkeys at all (it hides them on insecure pages). */
export const passkeysSupported = () => !!globalThis.PublicKeyCredential;

/** Whether passkeys can be offered among the suggestions of an input. */
export const autofillSupported = async (): Promise<boolean> =>
  !!(await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.());

/** Runs `navigator.credentials.create` (WebAuthn L3 §7.1 steps 1 to 3) and encodes what it gives. */
export const createCredential = (options: WireOptions, signal: AbortSignal) =>
  ask(
    signal,
    () =>
      navigator.credentials.create({
        publicKey: withBytes(options) as PublicKeyCredentialCreationOptions,
        signal,
      }),
    ["attestationObject", "clientDataJSON"],
  );

/** Runs `navigator.credentials.get` (WebAuthn L3 §7.2 steps 1 to 3) and encodes what it gives. */
export const getCredential = (options: WireOptions, signal: AbortSignal, conditional?: boolean) =>
  ask(
    signal,
    () =>
      navigator.credentials.get({
        publicKey: withBytes(options) as PublicKeyCredentialRequestOptions,
        signal,
        mediation: conditional ? "conditional" : "optional",
      }),
    ["authenticatorData", "clientDataJSON", "signature", "userHandle"],
  );

/** Opens the browser's dialogue; the result has the named fields of the response that are there. */
async function ask(signal: AbortSignal, call: () => Promise<Credential | null>, fields: string[]) {
  if (!passkeysSupported()) {
    throw failure(isSecureContext ? "passkey_not_supported" : "insecure_context");
  }
  let credential: PublicKeyCredential | null;
  try {
    credential = (await call()) as PublicKeyCredential | null;
  } catch (cause) {
    throw passkeyFailure(cause, signal);
  }
  if (!credential) throw failure("passkey_cancelled");
  const { id, rawId, type, response } = credential;
  const found = response as unknown as Record<string, ArrayBuffer | null | undefined>;
  return {
    id,
    rawId: encode(rawId),
    type,
    transports: (response as AuthenticatorAttestationResponse).getTransports?.(),
    response: Object.fromEntries(
      // What is undefined does not get into JSON.
      fields.map((field) => [field, found[field] ? encode(found[field]) : undefined]),
    ),
  };
}

/** Tells the passkey manager that the server does not know this credential, so that it stops offering it. */
export function forgetCredential(rpId: unknown, credentialId: string) {
  const signals = PublicKeyCredential as unknown as {
    signalUnknownCredential?(of: object): Promise<void>;
  };
  signals.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});
}

const CEREMONY = "ginnel:ceremony";

/**
 * Runs one ceremony, after stopping the one that is running: a page can have only one. They find each other by an
 * event on the window, so that two clients, even of two bundles, need nothing in common. An autofill ceremony
 * waits in the background and never stops one that the user sees.
 */
export async function ceremony<T>(
  conditional: boolean,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  dispatchEvent(new CustomEvent(CEREMONY, { detail: conditional }));
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort();
  addEventListener(
    CEREMONY,
    (event) => {
      if (conditional || !(event as CustomEvent<boolean>).detail) stop();
    },
    { signal },
  );
  if (outer?.aborted) stop();
  outer?.addEventListener("abort", stop, { signal });
  try {
    return await run(signal);
  } finally {
    stop();
  }
}
