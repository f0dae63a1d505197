/**
 * What stands behind every name but `localhost` for the browser: Passage's names lead to the server under test, which
 * sees the name that was asked for; third parties are answered by a stand-in. So nothing leaves the machine.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { thirdParty } from "./third-parties.ts";

const run = promisify(execFile);

/** One request for one of Passage's names. */
export interface Call {
  /** Such as `POST /v1/apps/{app_id}/users`. */
  line: string;
  host: string;
  headers: IncomingMessage["headers"];
  body: string;
  status: number;
  answer: string;
}

export class Mapping {
  /** Requests for Passage's names, in the order of their answers. */
  readonly calls: Call[] = [];
  /** Addresses of third parties that were asked for. */
  readonly others: string[] = [];
  /** Whether third parties cannot be reached, as behind a strict firewall. */
  thirdPartiesAreDown = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    /** PEM, for programs that look at it. */
    readonly certificate: string,
  ) {
    server.on("request", (asked, response) => void this.#answer(asked, response));
  }

  /** Listens on a port of its own, in front of a server of ours. */
  static async open(serverUrl: string): Promise<Mapping> {
    const made = await certificate();
    const server = createServer(made);
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new Mapping(server, new URL(serverUrl), made.cert.toString());
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What the browser must be started with. */
  get browserArguments(): string[] {
    return [
      `--host-resolver-rules=MAP * 127.0.0.1:${this.port}, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
      "--ignore-certificate-errors",
    ];
  }

  /** Forgets what was asked so far. */
  clear(): void {
    this.calls.length = this.others.length = 0;
    this.thirdPartiesAreDown = false;
  }

  /** Calls by method and path below the app, such as `POST login/webauthn/start 200`; preflights are left out. */
  lines(): string[] {
    return this.calls
      .filter(({ line }) => !line.startsWith("OPTIONS "))
      .map(({ line, status }) => `${line.replace(/ \/v1\/apps\/\w{24}\/?/, " ")} ${status}`);
  }

  async #answer(asked: IncomingMessage, response: ServerResponse) {
    const host = asked.headers.host ?? "";
    let body = "";
    for await (const part of asked.setEncoding("utf8")) body += part;
    if (host === "passage.id" || host.endsWith(".passage.id")) {
      this.#forward(host, asked, body, response);
      return;
    }
    this.others.push(`https://${host}${asked.url}`);
    const found = this.thirdPartiesAreDown ? undefined : await thirdParty(host, asked.url ?? "/");
    response.writeHead(found ? 200 : 404, {
      "content-type": found?.type ?? "text/plain",
      "access-control-allow-origin": "*",
    });
    response.end(found?.body ?? "The stand-in for third parties has no such file.");
  }

  #forward(host: string, asked: IncomingMessage, body: string, response: ServerResponse) {
    const { hostname, port } = this.target;
    const { url: path = "/", method = "GET", headers } = asked;
    const call = request({ hostname, port, family: 4, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      let text = "";
      answer.on("data", (part: Buffer) => {
        text += part.toString();
        response.write(part);
      });
      answer.on("end", () => {
        const status = answer.statusCode!;
        this.calls.push({ line: `${method} ${path}`, host, headers, body, status, answer: text });
        response.end();
      });
    });
    call.on("error", (error) => response.writeHead(502).end(String(error)));
    call.end(body);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A key and a certificate that only these tests see. */
async function certificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), "ginnel-mapping-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-subj", "/CN=passage.id", "-addext", "subjectAltName=DNS:passage.id,DNS:*.passage.id"],
      ...["-days", "2", "-keyout", key, "-out", cert],
    ]);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
