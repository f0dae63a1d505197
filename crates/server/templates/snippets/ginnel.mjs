import { createRemoteJWKSet, jwtVerify } from "jose";

const appID = process.env.GINNEL_APP_ID || "YOUR_APP_ID";
const issuer = `${process.env.GINNEL_URL || "YOUR_SERVER"}/auth/v1/apps/${appID}`;
// Fetched at the first call, and kept.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

/**
 * The id of the user who sent the request (Node's, Express's or Fetch's), from its Authorization header or its cookie
 * psg_auth_token. Throws if nobody is signed in: answer 401.
 */
export async function userID(request) {
  const header = (name) => request.headers.get?.(name) ?? request.headers[name] ?? "";
  const token =
    /^Bearer (.+)$/i.exec(header("authorization"))?.[1] ??
    /(?:^|;\s*)psg_auth_token=([^;]+)/.exec(header("cookie"))?.[1];
  if (!token) throw new Error("not signed in");
  const options = { issuer, audience: appID, algorithms: ["YOUR_ALGORITHM"], requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(token, keys, options);
  return payload.sub;
}
