/** Reads the settings, builds the front end and serves all of it. `node server.js dev` builds as you edit. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ginnel, GinnelError } from "@ginnel/node";
import express from "express";
import { build, createServer } from "vite";
import { createApp } from "./app.js";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
if (existsSync(".env")) process.loadEnvFile(".env");
const port = Number(process.env.PORT || 8080);
if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
  console.error(`PORT is "${process.env.PORT}"; set it to a number such as 8080 in .env.`);
  process.exit(1);
}

let ginnel;
try {
  ginnel = new Ginnel({ appID: process.env.GINNEL_APP_ID });
} catch (error) {
  if (!(error instanceof GinnelError)) throw error;
  console.error(`${error.message}
Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:
  ginnel app create --name "React example" --auth-origin http://localhost:${port} --redirect-url /dashboard`);
  process.exit(1);
}

/** The front end as files, or from Vite itself, whose own scripts no policy of ours would let run. */
async function frontEnd() {
  const configFile = path("vite.config.js");
  if (process.argv[2] === "dev") {
    const vite = await createServer({
      configFile,
      appType: "custom",
      server: { middlewareMode: true },
    });
    const readPage = async (url) =>
      vite.transformIndexHtml(url, await readFile(path("index.html"), "utf8"));
    return { files: vite.middlewares, readPage, policy: null };
  }
  await build({ configFile, logLevel: "warn" });
  const html = await readFile(path("dist/index.html"), "utf8");
  // Their names change with their content, so browsers may keep them.
  const assets = express.static(path("dist/assets"), { immutable: true, maxAge: "365d" });
  return { files: express.Router().use("/assets", assets), readPage: () => html };
}

const app = createApp(ginnel, await frontEnd());
const server = app.listen(port, "127.0.0.1", (error) => {
  if (!error) return console.log(`Open http://localhost:${server.address().port}`);
  console.error(`Port ${port} cannot be used (${error.code}); set another PORT in .env.`);
  process.exit(1);
});
