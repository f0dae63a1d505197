/** The quick start's middleware for Express, as a program. */
// [quickstart]
import { Ginnel } from "@ginnel/node";
// [/quickstart]
import express from "express";

const app = express();

// [quickstart]
const ginnelConfig = {
  appID: process.env.GINNEL_APP_ID,
};

const ginnel = new Ginnel(ginnelConfig);
const ginnelAuthMiddleware = (() => {
  return async (req, res, next) => {
    try {
      const userID = await ginnel.authenticateRequest(req);
      // The request is this user's.
      res.userID = userID;
    } catch {
      // Nobody is signed in.
      return res.status(401).send("Please sign in.");
    }
    next();
  };
})();

app.get("/authenticatedRoute", ginnelAuthMiddleware, async (req, res) => {
  const userID = res.userID;
  res.send(userID);
});
// [/quickstart]

app.listen(Number(process.env.PORT || 8080), "127.0.0.1", (error) => {
  if (error) throw error;
});
