/**
 * The server did not accept this browser's token. If a fresh one can be had, go back with it; once, because a server
 * that refuses a fresh token too (clocks, another GINNEL_URL) would send the browser here for ever.
 */
import { useEffect, useState } from "react";
import { returnTarget } from "../../shared/public/return-target.js";
import { createClient, url } from "./ginnel.js";

const tried = "example-returned-to";
const forUsers = "This page is for signed-in users.";

/** Goes back with a fresh token, or says why not. */
async function refresh() {
  const parameters = new URLSearchParams(location.search);
  if (sessionStorage.getItem(tried)) {
    sessionStorage.removeItem(tried);
    const reason = parameters.get("reason") ?? "";
    const code = /^[a-z_]{1,40}$/.test(reason) ? reason : "no reason given";
    return `This site did not accept your sign-in (${code}). Please sign in again.`;
  }
  try {
    const client = await createClient();
    if (!(await client.session.authToken())) return forUsers;
  } catch (error) {
    console.error(error);
    return `Your sign-in could not be refreshed. Check that ${url} can be reached, or sign in again.`;
  }
  const target = returnTarget(parameters.get("return"), location.href);
  sessionStorage.setItem(tried, target);
  location.replace(target);
  return "One moment, you are taken back…";
}

// Once for each visit: React may run an effect twice.
let refreshing;

export function Unauthorized() {
  const [status, setStatus] = useState("One moment, your sign-in is being refreshed…");
  useEffect(() => {
    refreshing ??= refresh();
    refreshing.then(setStatus);
  }, []);
  return (
    <>
      <h1>Please sign in</h1>
      <p id="status" role="status">
        {status}
      </p>
      <p>
        <a className="button" href="/">
          Go to the login page
        </a>
      </p>
    </>
  );
}
