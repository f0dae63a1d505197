/** For addresses that lead to no page. */
import { Sorry } from "../lib/sorry";

export const metadata = { title: "Sorry" };

export default function NotFound() {
  return <Sorry sentence="There is no such page." />;
}
