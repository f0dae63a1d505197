/**
 * A developer's own site, as small as can be: `index.html` is the login page, /dashboard asks the pasted `ginnel.mjs`
 * who is signed in. Both files are read anew for each request, as a development server would.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const file = (name) => join(process.cwd(), name);

const document = (body) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>My site</title>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;

async function answer(request) {
  const { pathname } = new URL(request.url, "http://this.invalid");
  if (pathname === "/") return [200, await readFile(file("index.html"), "utf8")];
  if (pathname !== "/dashboard") return [404, "<h1>There is no such page</h1>"];
  const { userID } = await import(pathToFileURL(file("ginnel.mjs")));
  try {
    return [200, `<h1>Dashboard</h1><p>User <code>${await userID(request)}</code></p>`];
  } catch (error) {
    return [401, `<h1>Please sign in</h1><p>${error.message}</p>`];
  }
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => [500, `<pre>${error.stack}</pre>`]);
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(document(body));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
