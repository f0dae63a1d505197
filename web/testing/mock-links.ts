// The part of the mock server that sends links and codes: what the contract says about keys, digits, tries and ends.
import { createHash, randomBytes } from "node:crypto";
import { id, refuse, type MockServer, type MockUser, unknown } from "./mock-server.ts";

type Purpose = "login" | "register" | "change";

/** A mail, as its reader sees it. */
export interface Mail {
  to: string;
  /** Address of the link; empty for a code alone. */
  url: string;
  code: string;
  language?: string;
  link: MockLink;
}
export interface MockLink {
  id: string;
  secret: string;
  code: string;
  digits: string;
  hash?: string;
  identifier: string;
  metadata?: Record<string, unknown>;
  purpose: Purpose;
  user?: MockUser;
  /** Why it works no more. */
  end?: "used" | "expired" | "wrong";
  tries: number;
}

/** The sentences of the real server, which the elements show as they are. */
const SENTENCES: Record<string, string> = {
  "": "This link does not belong to any sign-in here. Open the newest mail, or ask for a new link.",
  magic_link_expired: "This link has expired. Ask for a new one.",
  magic_link_used: "This link was used before. Ask for a new one.",
};
const DEACTIVATED = "This account is deactivated. Ask the people who run this app.";
const WRONG =
  "Those were not the digits, so this link works no more. Ask for a new one where you want to sign in.";

const hash = (key: string) => createHash("sha256").update(key).digest("base64url");
const notFound = (reason?: string) =>
  refuse(404, "magic_link_not_found", SENTENCES[reason ?? ""] ?? "Not yet.", reason);

export class MockLinks {
  readonly mails: Mail[] = [];
  #links: MockLink[] = [];
  /** Bodies of activations and the tokens beside them. */
  readonly activations: { body: any; token: string }[] = [];

  constructor(private readonly mock: MockServer) {}

  get last(): Mail {
    return this.mails.at(-1)!;
  }

  answer(key: string, body: any, token: string): unknown {
    switch (key) {
      case "POST /register/magic-link":
        return this.send(
          "register",
          body.identifier,
          body,
          this.mock.byIdentifier(body.identifier),
        );
      case "POST /register/otp":
        return this.#sendCode("register", body, this.mock.byIdentifier(body.identifier));
      case "POST /login/otp":
      case "POST /login/magic-link": {
        const user = this.mock.byIdentifier(body.identifier);
        if (!user && !this.mock.hideUserExistence) {
          refuse(404, "user_not_found", unknown(body.identifier));
        }
        if (user?.status === "inactive") refuse(403, "user_not_active", DEACTIVATED);
        return key.endsWith("otp")
          ? this.#sendCode("login", body, user)
          : this.send("login", body.identifier, body, user);
      }
      case "PATCH /magic-link/activate":
        this.activations.push({ body, token });
        return this.#activate(body);
      case "POST /magic-link/status":
        return this.#status(body);
      case "POST /otp/activate":
        return this.#code(body);
    }
    return undefined;
  }

  send(purpose: Purpose, identifier: string, body: any, user?: MockUser) {
    if (!this.mock.links && purpose !== "change") {
      refuse(403, "operation_not_allowed", "This app sends no links.", "magic_links_disabled");
    }
    const { id, digits } = this.#add(purpose, identifier, body, user);
    return { magic_link: { id, ...(body.browser_key_hash && { digits }) } };
  }

  #sendCode(purpose: Purpose, body: any, user?: MockUser) {
    if (!(this.mock.codes ?? this.mock.links)) {
      refuse(403, "operation_not_allowed", "No codes here.", "one_time_codes_disabled");
    }
    return { otp_id: this.#add(purpose, body.identifier, body, user).id };
  }

  #add(purpose: Purpose, identifier: string, body: any, user?: MockUser): MockLink {
    const { browser_key_hash, language, magic_link_path, user_metadata } = body;
    const link: MockLink = {
      id: id(),
      secret: randomBytes(32).toString("base64url"),
      code: String(this.#links.length + 123_456),
      digits: "47",
      hash: browser_key_hash,
      identifier,
      purpose,
      metadata: user_metadata,
      ...(user && { user }),
      tries: 5,
    };
    this.#links.push(link);
    const parameter = purpose === "change" ? "psg_verify_link" : "psg_magic_link";
    this.mails.push({
      to: identifier,
      url: magic_link_path && `${this.mock.page}${magic_link_path}?${parameter}=${link.secret}`,
      code: link.code,
      language,
      link,
    });
    return link;
  }

  #use(link: MockLink) {
    link.end = "used";
    this.mock.stale = false;
    link.user ??= this.mock.addUser(link.identifier);
    Object.assign(link.user.metadata, link.metadata);
    if (link.user.status === "inactive") refuse(403, "user_not_active", DEACTIVATED);
    const { identifier } = link;
    if (link.purpose === "change")
      link.user[identifier.includes("@") ? "email" : "phone"] = identifier;
  }

  #result = (link: MockLink) => ({ auth_result: this.mock.authResult(link.user!) });

  #activate({ magic_link, browser_key, digits }: any) {
    const link = this.#links.find(({ secret }) => secret === magic_link);
    if (!link) return notFound();
    if (link.end) return notFound(`magic_link_${link.end}`);
    if (link.hash && (!browser_key || hash(browser_key) !== link.hash)) {
      if (!digits) {
        refuse(403, "operation_not_allowed", "Send the digits, too.", "digits_required");
      }
      if (digits !== link.digits) {
        link.end = "wrong";
        refuse(401, "invalid_magic_link", WRONG, "wrong_digits");
      }
      this.#use(link);
      return { magic_link: { id: link.id } };
    }
    this.#use(link);
    return this.#result(link);
  }

  #status(body: any) {
    const link = this.#links.find((one) => one.id === body.id);
    if (!link?.hash || hash(body.browser_key ?? "") !== link.hash) return notFound();
    if (link.end === "wrong") {
      return refuse(401, "invalid_magic_link", WRONG, "wrong_digits");
    }
    if (link.end === "used") return this.#result(link);
    return notFound(`magic_link_${link.end ?? "pending"}`);
  }

  #code({ otp, otp_id }: any) {
    const link = this.#links.find((one) => one.id === otp_id);
    if (!link || link.end) {
      return refuse(
        400,
        "invalid_request",
        "This code has expired. Ask for a new one.",
        "code_expired",
      );
    }
    if (otp === link.code) {
      this.#use(link);
      return this.#result(link);
    }
    if (!--link.tries) {
      link.code = "";
      return refuse(
        401,
        "exceeded_attempts",
        "Too many wrong codes. Ask for a new one later, or open the link if the message has one.",
      );
    }
    return refuse(
      400,
      "invalid_request",
      `This is not the code. Look at the newest message; ${link.tries} tries left.`,
      "wrong_code",
    );
  }
}
