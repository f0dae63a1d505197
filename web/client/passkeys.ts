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

function withBytes({
  user,
  challenge,
  excludeCredentials,
  allowCredentials,
  ...rest
}: WireOptions) {
  const descriptors = (list: WireDescriptor[]) =>
    list.map((entry) => ({ ...entry, id: decode(entry.id) }));
  return {
    ...rest,
    challenge: decode(challenge),
    ...(user && { user: { ...user, id: decode(user.id) } }),
    ...(excludeCredentials && { excludeCredentials: descriptors(excludeCredentials) }),
    ...(allowCredentials && { allowCredentials: descriptors(allowCredentials) }),
  } as unknown;
}

/** Whether this browser knows passkeys at all (it hides them on insecure pages). */
export const passkeysSupported = () => typeof PublicKeyCredential === "function";

/** Whether passkeys can be offered among the suggestions of an input. */
export async function autofillSupported(): Promise<boolean> {
  try {
    return !!(await PublicKeyCredential.isConditionalMediationAvailable?.());
  } catch {
    return false;
  }
}

/** Runs `navigator.credentials.create` (WebAuthn L3 §7.1 steps 1 to 3) and encodes what it gives. */
export async function createCredential(options: WireOptions, signal: AbortSignal) {
  const credential = await ask(signal, () =>
    navigator.credentials.create({
      publicKey: withBytes(options) as PublicKeyCredentialCreationOptions,
      signal,
    }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    transports: response.getTransports?.() ?? [],
    response: {
      attestationObject: encode(response.attestationObject),
      clientDataJSON: encode(response.clientDataJSON),
    },
  };
}

/** Runs `navigator.credentials.get` (WebAuthn L3 §7.2 steps 1 to 3) and encodes what it gives. */
export async function getCredential(
  options: WireOptions,
  signal: AbortSignal,
  conditional?: boolean,
) {
  const credential = await ask(signal, () =>
    navigator.credentials.get({
      publicKey: withBytes(options) as PublicKeyCredentialRequestOptions,
      signal,
      ...(conditional && { mediation: "conditional" }),
    }),
  );
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: {
      authenticatorData: encode(response.authenticatorData),
      clientDataJSON: encode(response.clientDataJSON),
      signature: encode(response.signature),
      ...(response.userHandle && { userHandle: encode(response.userHandle) }),
    },
  };
}

async function ask(signal: AbortSignal, call: () => Promise<Credential | null>) {
  if (!passkeysSupported()) {
    throw failure(isSecureContext ? "passkey_not_supported" : "insecure_context");
  }
  try {
    const credential = (await call()) as PublicKeyCredential | null;
    if (credential) return credential;
  } catch (cause) {
    throw passkeyFailure(cause, signal);
  }
  throw failure("passkey_cancelled");
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
