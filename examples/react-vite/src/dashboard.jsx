/** The dashboard: the user's name, passkeys, and signing out. */
import { useEffect, useState } from "react";
import { appID, createClient, loadScript, url } from "./ginnel.js";

export function Dashboard({ userID }) {
  const [name, setName] = useState(userID);
  const [client, setClient] = useState();
  const [state, setState] = useState("loading");

  useEffect(() => {
    sessionStorage.removeItem("example-returned-to");
    loadScript("/elements/passkey-table.js").catch(console.error);
    createClient().then(
      (client) => {
        setClient(client);
        setState("ready");
        // The token holds the id only; the e-mail address is asked for.
        client.currentUser
          .get()
          .then((user) => setName(user.email || user.phone || user.id), console.error);
      },
      () => setState("lost"),
    );
  }, []);

  async function signOut() {
    setState("leaving");
    try {
      await client.session.signOut();
    } finally {
      location.assign("/");
    }
  }

  return (
    <>
      <h1>
        Hello, <span id="name">{name}</span>
      </h1>
      <p>
        The server checked your sign-in by itself. You are user <code>{userID}</code>.
      </p>
      <passage-passkey-table app-id={appID} />
      <p>
        <button id="sign-out" type="button" disabled={state !== "ready"} onClick={signOut}>
          {state === "lost" ? `${url} cannot be reached` : "Sign out"}
        </button>
      </p>
    </>
  );
}
