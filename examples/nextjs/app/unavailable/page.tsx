/** What the proxy shows in place of a guarded page while sign-ins cannot be checked. */
import { Sorry } from "../../lib/sorry";

export const metadata = { title: "Sorry" };

export default function UnavailablePage() {
  return (
    <Sorry sentence="Sign-ins cannot be checked at the moment. Please try again in a minute." />
  );
}
