/** A tiny web server for pages written by hand: what a newcomer has before there is a back end. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class PageServer {
  /** HTML by path; scripts where a path ends in `.js`. */
  readonly pages = new Map<string, string>();
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static open(): Promise<PageServer> {
    return new Promise((resolve, reject) => {
      const server = createServer((request, response) => {
        const { pathname } = new URL(request.url ?? "/", "http://this.invalid");
        const page = pages.pages.get(pathname);
        response.writeHead(page === undefined ? 404 : 200, {
          "content-type": pathname.endsWith(".js") ? "text/javascript" : "text/html",
        });
        response.end(page ?? "There is no such page.");
      });
      let pages: PageServer;
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        pages = new PageServer(`http://localhost:${port}`, server);
        resolve(pages);
      });
    });
  }

  /** Serves a page with this body, and gives its address. */
  page(path: string, body: string): string {
    this.pages.set(
      path,
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acme</title>
</head>
<body>
<main>
<h1>Acme</h1>
${body}
</main>
</body>
</html>
`,
    );
    return this.url + path;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The two lines, as `ginnel app create` prints them. */
export const twoLines = (appId: string, server: string) =>
  `<passage-auth app-id="${appId}"></passage-auth>\n<script src="${server}/web.js"></script>`;
