/** The app: a login page, a dashboard for signed-in users, and the page for everybody who is not. */
import { fileURLToPath } from "node:url";
import express from "express";
// [quickstart]
import { requireUser } from "@ginnel/node/express";
// [/quickstart]
import { dashboardPage, errorPage, loginPage, unauthorizedPage } from "./views.js";

/** Builds the app around a client of `@ginnel/node`. */
export function createApp(ginnel) {
  const app = express();
  app.disable("x-powered-by");
  app.use((req, res, next) => {
    // Scripts come from here and from Ginnel, and may talk to these two only.
    res.set({
      "content-security-policy":
        `default-src 'self'; script-src 'self' ${ginnel.url}; connect-src 'self' ${ginnel.url}; ` +
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
    next();
  });
  const shared = fileURLToPath(new URL("../shared/public", import.meta.url));
  app.use("/public", express.static(shared));

  app.get("/", (req, res) => res.send(loginPage(ginnel)));

  // [quickstart]
  // A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
  const requirePageUser = requireUser(ginnel, {
    onRefused: (error, req, res) => {
      const query = new URLSearchParams({ return: req.originalUrl, reason: error.code });
      res.set("cache-control", "no-store").redirect(`/unauthorized?${query}`);
    },
  });
  app.get("/dashboard", requirePageUser, (req, res) => {
    res.set("cache-control", "no-store").send(dashboardPage(ginnel, req.userID));
  });

  // A call by a script: 401 says it all.
  app.get("/api/me", requireUser(ginnel), (req, res) => {
    res.set("cache-control", "no-store").json({ userID: req.userID });
  });
  // [/quickstart]

  app.get("/unauthorized", (req, res) => {
    res.status(401).set("cache-control", "no-store").send(unauthorizedPage(ginnel));
  });

  app.use((req, res) => res.status(404).send(errorPage("There is no such page.")));
  // Four parameters make it Express's error handler.
  app.use((error, req, res, _next) => {
    console.error(error);
    const sentence =
      error.code === "keys_unavailable"
        ? "Sign-ins cannot be checked at the moment. Please try again in a minute."
        : "Something went wrong on this server.";
    res.status(error.status ?? 500).set("cache-control", "no-store");
    if (req.path.startsWith("/api/")) res.json({ error: sentence });
    else res.send(errorPage(sentence));
  });
  return app;
}
