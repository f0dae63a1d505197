// Links and codes sent by mail. What makes a mailed link safe to open is kept here: a random key, known to this browser
// alone, whose hash goes with the request for the link and which itself goes with its use.
import { failure } from "./errors.ts";
import { encode } from "./passkeys.ts";
import { keep, recallObject } from "./tokens.ts";
import type { Answer, RequestOptions } from "./transport.ts";
import type { PendingLink } from "./types.ts";

/** Seconds after which a key is forgotten, unless the app says how long its links live. */
const USUAL = 3600;

export interface LinkOptions {
  /** Language of the mail, such as `de` or `pt-BR`. */
  language?: string | undefined;
  /** Path of the page that the link opens; this page's by default. The server takes only the app's login paths. */
  path?: string;
  /** Seconds that a link of this app lives: `authMethods.magic_link.ttl`. */
  lifetime?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** The link that this browser waits for: one for each app. */
export function pendingLinks(appId: string) {
  const slot = "ginnel_link:" + appId;

  function find(): PendingLink | undefined {
    const link = recallObject<PendingLink>(slot);
    if ((link.expiresAt ?? 0) > Date.now()) return link as PendingLink;
    forget();
    return undefined;
  }

  /** Ends the waiting: the link was used, is dead, or is not wanted any more. */
  function forget(): void {
    keep(slot);
  }

  /** Asks for a mail with `send` and remembers what is needed to use it. */
  async function request(
    purpose: PendingLink["purpose"],
    identifier: string,
    { language, path = location.pathname, lifetime = USUAL, signal }: LinkOptions,
    send: (options: RequestOptions) => Promise<Answer>,
  ): Promise<PendingLink> {
    // Browsers hide their hashing on insecure pages, where no sign-in is safe.
    if (!crypto.subtle) throw failure("insecure_context");
    // A mail asked for again comes to the same browser: whichever of the two is opened first should work.
    const key = find()?.key ?? encode(crypto.getRandomValues(new Uint8Array(32)));
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    const { magic_link } = await send({
      body: {
        [purpose === "change" ? "new_email" : "identifier"]: identifier,
        language,
        magic_link_path: path,
        browser_key_hash: encode(hash),
      },
      signal,
    });
    const link: PendingLink = {
      id: magic_link.id,
      digits: magic_link.digits,
      identifier,
      purpose,
      key,
      expiresAt: Date.now() + lifetime * 1000,
    };
    keep(slot, JSON.stringify(link));
    return link;
  }

  return { find, forget, request };
}

/** The secret of a mailed link. */
export interface MailedSecret {
  secret: string;
  /** Whether it proves an address rather than signs in. */
  verifies: boolean;
}

/** The secret in the page's address if a mailed link led here, taken out of it so that it goes nowhere else. */
export function takeSecret(): MailedSecret | undefined {
  const address = new URL(location.href);
  const { searchParams } = address;
  const verify = searchParams.get("psg_verify_link");
  const secret = verify ?? searchParams.get("psg_magic_link");
  if (secret === null) return undefined;
  searchParams.delete("psg_verify_link");
  searchParams.delete("psg_magic_link");
  history.replaceState(history.state, "", address);
  return { secret, verifies: verify !== null };
}
