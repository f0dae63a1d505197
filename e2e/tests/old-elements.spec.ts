/**
 * Passage's own elements as they were published, without an app id: the calls that they make to passage.id come here, as
 * where those names are pointed at this server.
 */
import { request } from "node:http";
import { join } from "node:path";
import type { Page, Route } from "@playwright/test";
import type { Ginnel } from "../support/app.ts";
import { expect, test } from "../support/test.ts";

/** Hands a call for `auth.passage.id` or `api.passage.id` to the server under test, under that very name. */
function pointHere(ginnel: Ginnel) {
  return async (route: Route) => {
    const asked = route.request();
    const { host, pathname, search } = new URL(asked.url());
    const headers = { ...(await asked.allHeaders()), host };
    const { port } = new URL(ginnel.url);
    const answer = await new Promise<Parameters<Route["fulfill"]>[0]>((resolve, reject) => {
      const call = request(
        { host: "127.0.0.1", port, path: pathname + search, method: asked.method(), headers },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (part) => (body += part));
          response.on("end", () => {
            const { statusCode: status, headers } = response;
            const names = Object.entries(headers).map(([name, value]) => [name, String(value)]);
            resolve({ status: status!, headers: Object.fromEntries(names), body });
          });
        },
      );
      call.on("error", reject).end(asked.postData() ?? undefined);
    });
    await route.fulfill(answer);
  };
}

/** A page with the published package and nothing else; whatever it asks of others is refused. */
async function visit(page: Page, url: string, name: string, ginnel: Ginnel) {
  const folder = join(import.meta.dirname, "../node_modules", name, "dist/package");
  await page.route(
    (asked) => !["localhost", "old.invalid"].includes(asked.hostname),
    (route) => route.abort(),
  );
  await page.route("https://*.passage.id/**", pointHere(ginnel));
  await page.route("https://old.invalid/**", (route) =>
    route.fulfill({
      path: join(folder, new URL(route.request().url()).pathname),
      contentType: "text/javascript",
      headers: { "access-control-allow-origin": "*" },
    }),
  );
  await page.goto(url);
}

for (const version of ["0.1.0-beta.49", "1.0.2"]) {
  test(`passage-elements ${version} makes a test app`, async ({ page, pageServer, ginnel }) => {
    const told: string[] = [];
    page.on("console", (line) => line.type() === "info" && told.push(line.text()));
    const url = pageServer.page(
      "/",
      `<passage-auth></passage-auth>
       <script type="module" src="https://old.invalid/passage-auth/index.es.js"></script>`,
    );
    await visit(page, url, `passage-elements-${version.replaceAll(".", "-")}`, ginnel);
    await expect.poll(() => told.length).toBeGreaterThan(1);
    const id = await page.evaluate(() => localStorage.getItem("psg_ephemeral_app_id"));
    expect(id).toMatch(/^\w{24}$/);
    expect(told).toContain(`Passage Test App ID: ${id}`);
    expect(told.join("\n")).toContain(`Claim your app: https://console.passage.id/claim/${id}`);
    const info = await (await fetch(`${ginnel.url}/auth/v1/apps/${id}`)).json();
    const { app } = info as { app: { ephemeral: boolean; auth_origin: string } };
    expect(app).toMatchObject({ ephemeral: true, auth_origin: pageServer.url });
    // The element is up and shows where to claim.
    await expect(page.locator(`a[href*="/claim/${id}"]`)).toBeVisible();
    await page.reload();
    await expect(page.locator(`a[href*="/claim/${id}"]`)).toBeVisible();
  });
}
