/** The back end of an app with a login of its own: it has an API key, and calls the management API by Passage's name. */
import { request } from "node:http";
import type { Ginnel } from "../../support/app.ts";

export interface Answer {
  status: number;
  body: Record<string, unknown> & { code?: string; error?: string };
}

export class BackEnd {
  private constructor(
    private readonly server: URL,
    readonly appId: string,
    readonly key: string,
  ) {}

  /** With a key made on the command line. */
  static async open(ginnel: Ginnel, appId: string): Promise<BackEnd> {
    const made = ["api-key", "create", "--app", appId, "--name", "web server", "--json"];
    const { key } = JSON.parse(await ginnel.command(...made)) as { key: string };
    return new BackEnd(new URL(ginnel.url), appId, key);
  }

  /** The same back end with another key. */
  with(key: string): BackEnd {
    return new BackEnd(this.server, this.appId, key);
  }

  /** `fetch` does not let anybody say for which host a request is. */
  call(method: string, path: string, body?: object): Promise<Answer> {
    const { hostname, port } = this.server;
    const headers = {
      host: "api.passage.id",
      authorization: `Bearer ${this.key}`,
      "content-type": "application/json",
    };
    return new Promise((resolve, reject) => {
      const options = { hostname, port, family: 4, method, headers };
      const call = request({ ...options, path: `/v1/apps/${this.appId}${path}` }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () =>
          resolve({ status: answer.statusCode!, body: JSON.parse(text || "{}") as Answer["body"] }),
        );
      });
      call.on("error", reject);
      call.end(body && JSON.stringify(body));
    });
  }

  async #must(status: number, method: string, path: string, body?: object) {
    const answer = await this.call(method, path, body);
    if (answer.status !== status) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  /** Lets a browser make a passkey for a user; the transaction's id. */
  async register(externalId: string, name = externalId): Promise<string> {
    const body = { external_id: externalId, passkey_display_name: name };
    const answer = await this.#must(201, "POST", "/transactions/register", body);
    return answer["transaction_id"] as string;
  }

  /** Lets a browser prove to be a user; the transaction's id. */
  async authenticate(externalId: string): Promise<string> {
    const body = { external_id: externalId };
    const answer = await this.#must(201, "POST", "/transactions/authenticate", body);
    return answer["transaction_id"] as string;
  }

  verify(nonce: string): Promise<Answer> {
    return this.call("POST", "/authenticate/verify", { nonce });
  }

  /** The user whom the own login names so. */
  async user(externalId: string): Promise<Record<string, unknown>> {
    const query = `?limit=1&page=1&identifier=${encodeURIComponent(externalId)}`;
    const list = await this.#must(200, "GET", `/users${query}`);
    const [{ id }] = list["users"] as [{ id: string }];
    return (await this.#must(200, "GET", `/users/${id}`))["user"] as Record<string, unknown>;
  }
}
