import { Ginnel } from "@ginnel/node";

const ginnel = new Ginnel({
  appID: process.env.GINNEL_APP_ID || "YOUR_APP_ID",
  url: process.env.GINNEL_URL || "YOUR_SERVER",
  algorithms: ["YOUR_ALGORITHM"],
});

/**
 * The id of the user who sent the request (Node's, Express's or Fetch's), from its Authorization header or its cookie
 * psg_auth_token. Throws a GinnelError if nobody is signed in: answer its `status`, 401.
 */
export function userID(request) {
  return ginnel.authenticateRequest(request);
}
