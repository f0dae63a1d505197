/** A page for signed-in users. The proxy has sent the others away; this check is the one that counts. */
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { readUser } from "@ginnel/node/next";
import { ginnel } from "../../lib/ginnel";
import { Account } from "./account";

export const metadata = { title: "Dashboard" };

// [quickstart]
export default async function DashboardPage() {
  const { userID, error } = await readUser(ginnel, headers());
  if (error) redirect(`/unauthorized?return=/dashboard&reason=${error.code}`);
  return <Account appID={ginnel.appID} url={ginnel.url} userID={userID} />;
}
// [/quickstart]
