/** Reads the settings and starts the app. */
import { existsSync } from "node:fs";
// [quickstart client]
import { Ginnel, GinnelError } from "@ginnel/node";
// [/quickstart]
import { createApp } from "./app.js";

if (existsSync(".env")) process.loadEnvFile(".env");
const port = Number(process.env.PORT || 8080);
if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
  console.error(`PORT is "${process.env.PORT}"; set it to a number such as 8080 in .env.`);
  process.exit(1);
}

let ginnel;
try {
  // [quickstart client]
  ginnel = new Ginnel({ appID: process.env.GINNEL_APP_ID });
  // [/quickstart]
} catch (error) {
  if (!(error instanceof GinnelError)) throw error;
  console.error(`${error.message}
Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:
  ginnel app create --name "Express example" --auth-origin http://localhost:${port} --redirect-url /dashboard`);
  process.exit(1);
}

const server = createApp(ginnel).listen(port, "127.0.0.1", (error) => {
  if (!error) return console.log(`Open http://localhost:${server.address().port}`);
  console.error(`Port ${port} cannot be used (${error.code}); set another PORT in .env.`);
  process.exit(1);
});
