/** The login page: the two lines of the quick start. */
import { useEffect, useState } from "react";
import { appID, loadScript } from "./ginnel.js";

export function Login() {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    loadScript("/web.js").catch((error) => setProblem(error.message));
  }, []);
  return (
    <>
      <h1>Welcome</h1>
      <p>Sign in with a passkey to see your dashboard. New here? The same box makes an account.</p>
      <passage-auth app-id={appID} />
      {problem && <p role="alert">{problem}</p>}
    </>
  );
}
