"use client";
/** What the dashboard shows, with the parts that need the browser's session: the user's name, and signing out. */
import Script from "next/script";
import { useEffect, useState } from "react";

export function Account({ appID, url, userID }: { appID: string; url: string; userID: string }) {
  const [name, setName] = useState(userID);
  const [state, setState] = useState<"loading" | "ready" | "leaving" | "lost">("loading");

  useEffect(() => sessionStorage.removeItem("example-returned-to"), []);

  // The token holds the id only; the e-mail address is asked for.
  async function showName() {
    setState("ready");
    try {
      const user = await Ginnel.createClient(appID, { url }).currentUser.get();
      setName(user.email || user.phone || user.id);
    } catch (error) {
      console.error(error);
    }
  }

  async function signOut() {
    setState("leaving");
    try {
      await Ginnel.createClient(appID, { url }).session.signOut();
    } finally {
      location.assign("/");
    }
  }

  return (
    <div id="page" data-app-id={appID} data-url={url}>
      <h1>
        Hello, <span id="name">{name}</span>
      </h1>
      <p>
        This server checked your sign-in by itself. You are user <code>{userID}</code>.
      </p>
      <passage-passkey-table app-id={appID} />
      <p>
        <button id="sign-out" type="button" disabled={state !== "ready"} onClick={signOut}>
          {state === "lost" ? `${url} cannot be reached` : "Sign out"}
        </button>
      </p>
      <Script
        src={`${url}/web.js`}
        onReady={() => void showName()}
        onError={() => setState("lost")}
      />
      <Script src={`${url}/elements/passkey-table.js`} />
    </div>
  );
}
