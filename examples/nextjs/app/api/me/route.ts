/** A call by a script, in the App router: 401 says it all. */
import { requireUser } from "@ginnel/node/next";
import { ginnel } from "../../../lib/ginnel";

// [quickstart]
export const GET = requireUser(ginnel, (request, userID) =>
  Response.json({ userID }, { headers: { "cache-control": "no-store" } }),
);
// [/quickstart]
