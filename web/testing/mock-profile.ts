// The part of the mock server that signed-in users change their own data with.
import { id, refuse, type MockServer, type MockUser } from "./mock-server.ts";

/** A session as on the wire. */
export interface MockSession {
  id: string;
  current: boolean;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  device: string;
  address: string;
  methods: string[];
}

export class MockProfile {
  sessions: MockSession[] = [this.session("Chromium on Linux", true)];
  connections: Record<string, object> = {};
  /** Bodies of changes of metadata. */
  changes: Record<string, unknown>[] = [];

  constructor(private readonly mock: MockServer) {}

  session(device: string, current = false): MockSession {
    return {
      id: id(),
      current,
      created_at: "2026-05-01T10:00:00Z",
      last_used_at: "2026-06-02T10:00:00Z",
      expires_at: "2026-07-02T10:00:00Z",
      device,
      address: "192.0.2.7",
      methods: ["passkey"],
    };
  }

  answer(key: string, body: any, user: MockUser, fresh: () => void): unknown {
    const [, kind] = /^PATCH \/currentuser\/(email|phone)$/.exec(key) ?? [];
    if (kind) return this.#identifier(kind as "email" | "phone", body, user, fresh);
    const [, session] = /^DELETE \/currentuser\/sessions\/(.+)$/.exec(key) ?? [];
    if (session) {
      this.sessions = this.sessions.filter((one) => one.id !== session);
      return {};
    }
    const [, provider] = /^DELETE \/currentuser\/social-connections\/(.+)$/.exec(key) ?? [];
    if (provider) {
      delete this.connections[provider];
      return {};
    }
    switch (key) {
      case "PATCH /currentuser/user-metadata": {
        if (this.mock.facts["profile_management"] === false)
          refuse(403, "operation_not_allowed", "Off.");
        this.changes.push(body.user_metadata);
        for (const [name, value] of Object.entries(body.user_metadata)) {
          if (value === "" || value === null) delete user.metadata[name];
          else user.metadata[name] = value;
        }
        return { user: { ...user, user_metadata: user.metadata } };
      }
      case "GET /currentuser/sessions":
        return { sessions: this.sessions };
      case "DELETE /currentuser/sessions":
        this.sessions = this.sessions.filter((one) => one.current);
        return {};
      case "GET /currentuser/social-connections":
        return { social_connections: this.connections };
    }
    return undefined;
  }

  #identifier(kind: "email" | "phone", body: any, user: MockUser, fresh: () => void) {
    fresh();
    const wanted = body["new_" + kind];
    if (wanted) {
      if (this.mock.byIdentifier(wanted)) {
        refuse(400, "invalid_request", "This belongs to another account. Use a different one.");
      }
      return this.mock.mail.send("change", wanted, body, user);
    }
    user[kind] = "";
    return { magic_link: { id: "" } };
  }
}
