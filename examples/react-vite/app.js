/** The back end: one page for the whole front end, and the API that looks at each request's sign-in. */
import express from "express";
import { requireUser } from "@ginnel/node/express";

/**
 * Builds the app around a client of `@ginnel/node`. `files` is the middleware for the built front end, and `readPage`
 * gives its HTML.
 */
export function createApp(ginnel, { files, readPage, policy = contentSecurityPolicy(ginnel) }) {
  const app = express();
  app.disable("x-powered-by");
  app.use((req, res, next) => {
    if (policy) res.set("content-security-policy", policy);
    res.set({ "referrer-policy": "same-origin", "x-content-type-options": "nosniff" });
    next();
  });

  // [quickstart]
  // What the front end shows is for its user's eyes; what counts is looked at here, at each request.
  app.get("/api/me", requireUser(ginnel), (req, res) => {
    res.set("cache-control", "no-store").json({ userID: req.userID });
  });
  // [/quickstart]
  app.use("/api", (req, res) => res.status(404).json({ error: "There is no such call." }));

  const page = (status) => async (req, res) => {
    const html = await readPage(req.originalUrl);
    res.status(status).set("cache-control", "no-store").type("html").send(html);
  };
  app.get(["/", "/dashboard"], page(200));
  app.get("/unauthorized", page(401));
  app.use(files);
  app.use(page(404));

  // Four parameters make it Express's error handler.
  app.use((error, req, res, _next) => {
    console.error(error);
    const sentence =
      error.code === "keys_unavailable"
        ? "Sign-ins cannot be checked at the moment. Please try again in a minute."
        : "Something went wrong on this server.";
    res
      .status(error.status ?? 500)
      .set("cache-control", "no-store")
      .json({ error: sentence });
  });
  return app;
}

/** Scripts come from here and from Ginnel, and may talk to these two only. */
const contentSecurityPolicy = ({ url }) =>
  `default-src 'self'; script-src 'self' ${url}; connect-src 'self' ${url}; ` +
  "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
