/** Reads the settings, builds the app and serves it on this machine alone. `node server.js dev` builds as you edit. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Ginnel, GinnelError } from "@ginnel/node";
import next from "next";

const dir = fileURLToPath(new URL(".", import.meta.url));
const dev = process.argv[2] === "dev";
if (existsSync(".env")) process.loadEnvFile(".env");
process.env.NEXT_TELEMETRY_DISABLED = "1";

const port = Number(process.env.PORT || 8080);
if (!(Number.isInteger(port) && port > 0 && port <= 65535)) {
  console.error(`PORT is "${process.env.PORT}"; set it to a number such as 8080 in .env.`);
  process.exit(1);
}
try {
  new Ginnel({ appID: process.env.GINNEL_APP_ID });
} catch (error) {
  if (!(error instanceof GinnelError)) throw error;
  console.error(`${error.message}
Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:
  ginnel app create --name "Next.js example" --auth-origin http://localhost:${port} --redirect-url /dashboard`);
  process.exit(1);
}

if (!dev) {
  const command = createRequire(import.meta.url).resolve("next/dist/bin/next");
  execFileSync(process.execPath, [command, "build", dir], { stdio: "inherit" });
}
const app = next({ dir, dev, hostname: "localhost", port });
const server = createServer(app.getRequestHandler());
await app.prepare();
server.on("error", (error) => {
  console.error(`Port ${port} cannot be used (${error.code}); set another PORT in .env.`);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => console.log(`Open http://localhost:${port}`));
