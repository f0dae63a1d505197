/** The login page: the two lines of the quick start. */
import Script from "next/script";
import { ginnel } from "../lib/ginnel";

// The frame's template is for the pages below it, not for its own.
export const metadata = { title: "Sign in · Next.js example" };

export default function LoginPage() {
  return (
    <>
      <h1>Welcome</h1>
      <p>Sign in with a passkey to see your dashboard. New here? The same box makes an account.</p>
      <passage-auth app-id={ginnel.appID} />
      <Script src={`${ginnel.url}/web.js`} />
    </>
  );
}
