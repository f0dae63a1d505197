/** The client that checks sign-ins. Made once for each bundle; it holds the keys. */
import { Ginnel } from "@ginnel/node";

// [quickstart]
export const ginnel = new Ginnel({ appID: process.env.GINNEL_APP_ID! });
// [/quickstart]
