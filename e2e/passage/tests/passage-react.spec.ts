/** `@passageidentity/passage-react` 1.0.3 with React 18: provider, elements, guards, hook. */
import { newPerson } from "../../support/visit.ts";
import { OldElement, oldElementSettings } from "../support/old-element.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: oldElementSettings });

/** An app as its README has it: what is shown depends on whether somebody is signed in. */
const app = (appId: string) => `
import { useState } from "react";
import { createRoot } from "react-dom/client";
import {
  PassageAuth, PassageAuthGuard, PassagePasskeyTable, PassageProvider, PassageUnAuthGuard, usePassage,
} from "passage-react-1-0-3";

function Account() {
  const { appId, getCurrentUser, getCurrentSession, signOut } = usePassage();
  const [told, tell] = useState("");
  const ask = async () => {
    const user = await getCurrentUser().userInfo();
    const valid = await getCurrentSession().authGuard();
    tell([user.email, valid, appId].join(" "));
  };
  const leave = async () => { await signOut(); location.reload(); };
  return (
    <section>
      <button onClick={ask}>Who am I?</button>
      <button onClick={leave}>Sign out</button>
      <p>{told}</p>
      <PassagePasskeyTable />
    </section>
  );
}

createRoot(document.querySelector("#root")).render(
  <PassageProvider appId="${appId}">
    <PassageAuthGuard unAuthComp={<p>Nobody is signed in.</p>}><Account /></PassageAuthGuard>
    <PassageUnAuthGuard authComp={<p>Somebody is signed in.</p>}>
      <PassageAuth onSuccess={(result) => { document.title = result.redirectUrl; location.reload(); }} />
    </PassageUnAuthGuard>
  </PassageProvider>,
);`;

test("signs in, guards, tells who is there, signs out", async ({
  page,
  site,
  passkeys,
  mapping,
}) => {
  await page.goto(await site.page("/", `<div id="root"></div>`, app(site.appId), "tsx"));
  const old = new OldElement(page, passkeys);
  await expect(page.getByText("Nobody is signed in.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Who am I?" })).toBeHidden();
  const email = newPerson();
  await old.begins(email);
  await passkeys.agree(async () => {
    await old.button("Create a passkey").click();
    await expect(page.getByText("Somebody is signed in.")).toBeVisible();
  });
  await expect(page.getByText("Nobody is signed in.")).toBeHidden();
  await page.getByRole("button", { name: "Who am I?" }).click();
  await expect(page.getByText(`${email} true ${site.appId}`)).toBeVisible();
  await expect(page.locator("passage-passkey-table").getByRole("row")).toHaveCount(1);
  await old.picture("react");

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("Nobody is signed in.")).toBeVisible();
  expect(mapping.calls.find(({ line }) => line.startsWith("DELETE "))).toMatchObject({
    status: 200,
  });
  // A token that is no longer a token shows nothing either.
  await page.evaluate(() => localStorage.setItem("psg_auth_token", "nonsense"));
  await page.reload();
  await expect(page.getByText("Nobody is signed in.")).toBeVisible();
});
