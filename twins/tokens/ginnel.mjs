/** Ours: `sdks/node`. */
import { Ginnel, staticKeySet } from "../../sdks/node/dist/index.js";
import { judge } from "./judge.mjs";

await judge(async ({ token, key_set, issuer, audience, algorithm }) => {
  // It takes the app's id as audience and nothing else.
  const options = {
    appID: audience,
    issuer,
    keySet: staticKeySet(key_set),
    algorithms: [algorithm],
    leeway: 0,
  };
  return (await new Ginnel(options).validateToken(token)).sub;
});
