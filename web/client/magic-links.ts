// Links and codes sent by mail or text message. What makes a mailed link safe to open is kept here: a random key, known to this browser
// alone, whose hash goes with the request for the link and which itself goes with its use.
import { failure } from "./errors.ts";
import { encode } from "./passkeys.ts";
import { keep, recallObject } from "./tokens.ts";
import type { Answer, RequestOptions } from "./transport.ts";
import type { Metadata, Mode, PendingLink } from "./types.ts";

/** Seconds after which a key is forgotten, unless the app says how long its links live. */
const USUAL = 3600;

export interface CodeOptions {
  /** Language of the message, such as `de` or `pt-BR`. */
  language?: string | undefined;
  /** Seconds that a link or code of this app lives: `authMethods.magic_link.ttl` or `authMethods.otp.ttl`. */
  lifetime?: number | undefined;
  /** What a registration says of the user, by the names of the app's fields. */
  userMetadata?: Metadata | undefined;
  /** See `PendingLink`. */
  afresh?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface LinkOptions extends CodeOptions {
  /** Path of the page that the link opens; this page's by default. The server takes only the app's login paths. */
  path?: string;
}

/** The link or code that this browser waits for: one for each app. */
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

  /**
   * Asks for a message with `send` and remembers what is needed to use it. `field` is where the request names the
   * identifier.
   */
  async function request(
    purpose: PendingLink["purpose"],
    identifier: string,
    { path = location.pathname, ...options }: LinkOptions,
    send: (options: RequestOptions) => Promise<Answer>,
    field = "identifier",
  ): Promise<PendingLink> {
    // Browsers hide their hashing on insecure pages, where no sign-in is safe.
    if (!crypto.subtle) throw failure("insecure_context");
    // A mail asked for again comes to the same browser: whichever of the two is opened first should work.
    const key = find()?.key ?? encode(crypto.getRandomValues(new Uint8Array(32)));
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    const { magic_link } = await send({
      body: {
        [field]: identifier,
        language: options.language,
        user_metadata: options.userMetadata,
        magic_link_path: path,
        browser_key_hash: encode(hash),
      },
      signal: options.signal,
    });
    return wait(options, {
      id: magic_link.id,
      digits: magic_link.digits,
      identifier,
      purpose,
      key,
    });
  }

  /** Asks for a code without a link. */
  async function requestCode(
    purpose: Mode,
    identifier: string,
    options: CodeOptions,
    send: (options: RequestOptions) => Promise<Answer>,
  ): Promise<PendingLink> {
    const { language, userMetadata, signal } = options;
    const { otp_id } = await send({
      body: { identifier, language, user_metadata: userMetadata },
      signal,
    });
    return wait(options, { id: otp_id, identifier, purpose });
  }

  function wait(
    { lifetime = USUAL, afresh }: CodeOptions,
    sent: Omit<PendingLink, "expiresAt">,
  ): PendingLink {
    const link = { ...sent, afresh, expiresAt: Date.now() + lifetime * 1000 };
    keep(slot, JSON.stringify(link));
    return link;
  }

  return { find, forget, request, requestCode };
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
