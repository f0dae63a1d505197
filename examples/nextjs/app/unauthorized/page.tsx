/** For visitors whose token was not accepted; the proxy gives this page its status 401. */
import { ginnel } from "../../lib/ginnel";
import { Refresh } from "./refresh";

export const metadata = { title: "Please sign in" };

export default function UnauthorizedPage() {
  return (
    <>
      <h1>Please sign in</h1>
      <Refresh appID={ginnel.appID} url={ginnel.url} />
      <p>
        <a className="button" href="/">
          Go to the login page
        </a>
      </p>
    </>
  );
}
