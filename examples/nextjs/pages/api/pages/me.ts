/** The same call in the Pages router, at /api/pages/me. */
import type { NextApiRequest, NextApiResponse } from "next";
import { requireUserAPI } from "@ginnel/node/next";
import { ginnel } from "../../../lib/ginnel";

// [quickstart]
export default requireUserAPI(ginnel, (req: NextApiRequest, res: NextApiResponse, userID) => {
  res.setHeader("cache-control", "no-store").json({ userID });
});
// [/quickstart]
