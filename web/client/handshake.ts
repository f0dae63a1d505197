// A ceremony between server and browser: start, browser, finish.
import { failure } from "./errors.ts";
import { ceremony, createCredential, type WireOptions } from "./passkeys.ts";
import type { Answer, Transport } from "./transport.ts";
import type { User } from "./types.ts";

export interface CeremonyOptions {
  /** Stops the ceremony. */
  signal?: AbortSignal;
  /** Called when the browser's dialogue is about to open. */
  onPrompt?: () => void;
}

/** Sends what the browser gave to `path`/finish. */
export const finish = (
  send: Transport,
  path: string,
  handshake: { id: string },
  credential: { id: string },
  user?: User | null,
): Promise<Answer> =>
  send("POST", path + "/finish", {
    body: { handshake_id: handshake.id, handshake_response: credential, user_id: user?.id },
  });

/** The way of every new passkey, below `path`. */
export const enrol = (
  send: Transport,
  path: string,
  body: object,
  { signal, onPrompt }: CeremonyOptions,
) =>
  ceremony(false, signal, async (signal) => {
    const { handshake, user } = await send("POST", path + "/start", { body, signal });
    onPrompt?.();
    const credential = await createCredential(handshake.challenge.publicKey as WireOptions, signal);
    if (signal.aborted) throw failure("aborted");
    return { credential, answer: await finish(send, path, handshake, credential, user) };
  });
