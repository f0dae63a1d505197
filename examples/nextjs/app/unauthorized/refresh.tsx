"use client";
/**
 * The server did not accept this browser's token. If a fresh one can be had, go back with it; once, because a server
 * that refuses a fresh token too (clocks, another GINNEL_URL) would send the browser here for ever.
 */
import Script from "next/script";
import { useState } from "react";
import { returnTarget } from "../../../shared/public/return-target.js";

const tried = "example-returned-to";

export function Refresh({ appID, url }: { appID: string; url: string }) {
  const [status, setStatus] = useState("This page is for signed-in users.");

  async function refresh() {
    const parameters = new URLSearchParams(location.search);
    if (sessionStorage.getItem(tried)) {
      sessionStorage.removeItem(tried);
      const reason = parameters.get("reason") ?? "";
      const code = /^[a-z_]{1,40}$/.test(reason) ? reason : "no reason given";
      setStatus(`This site did not accept your sign-in (${code}). Please sign in again.`);
      return;
    }
    setStatus("One moment, your sign-in is being refreshed…");
    if (!(await Ginnel.createClient(appID, { url }).session.authToken())) {
      setStatus("This page is for signed-in users.");
      return;
    }
    const target = returnTarget(parameters.get("return"), location.href);
    sessionStorage.setItem(tried, target);
    location.replace(target);
  }

  function fail(error: unknown) {
    console.error(error);
    setStatus(
      `Your sign-in could not be refreshed. Check that ${url} can be reached, or sign in again.`,
    );
  }

  return (
    <>
      <p id="status" role="status">
        {status}
      </p>
      <Script src={`${url}/web.js`} onReady={() => void refresh().catch(fail)} onError={fail} />
    </>
  );
}
