/** Signing up where mails leave by a real mail server and are read in a real mailbox. */
import { Ginnel } from "../support/app.ts";
import { MailServer } from "../support/mail-server.ts";
import { expect, test } from "../support/test.ts";
import { Visit } from "../support/visit.ts";

test("a link that came by mail signs up, and its code signs in the next time", async ({
  page,
  passkeys,
}) => {
  const mailServer = await MailServer.open();
  test.skip(!mailServer, "scripts/with-mail cannot start a mail server here, and says above why");
  const ginnel = await Ginnel.open(mailServer!.settings);
  try {
    const messages = async () => {
      const list = JSON.parse(await ginnel.command("messages", "list", "--json")) as {
        messages: { id: string; kind: string; state: string }[];
      };
      return list.messages;
    };
    const read = async (kind: string) => {
      const sent = async () => (await messages()).find((message) => message.kind === kind);
      await expect.poll(async () => (await sent())?.state).toBe("sent");
      return mailServer!.read((await sent())!.id);
    };
    const visit = new Visit(page, passkeys, ginnel.exampleUrl);
    const email = await visit.signUpByLink();
    const signUp = await read("sign_up");
    expect(signUp.defects).toEqual([]);
    expect(signUp.headers).toMatchObject({
      To: email,
      Subject: "Finish signing up for Example app",
    });
    const [text, html] = signUp.parts.map((part) => part.text) as [string, string];
    const link = /http:\/\/localhost\S+psg_magic_link=[\w-]+/.exec(text)![0];
    expect(html).toContain(link);

    // As a mail program shows it: the person clicks the button.
    const program = await page.context().newPage();
    await program.setContent(html);
    await program.getByRole("link", { name: "Confirm and sign in" }).click();
    const opened = new Visit(program, passkeys, ginnel.exampleUrl);
    await opened.skipsPasskey();
    await expect(opened.greeting(email)).toBeVisible();
    await visit.skipsPasskey();
    await expect(visit.greeting(email)).toBeVisible();
    await visit.signOut();

    await visit.submit(email, "Continue");
    await visit.waitsForMail(email);
    const signIn = await read("sign_in");
    const code = /^\s*(\d{3} ?\d{3})\s*$/m.exec(signIn.parts[0]!.text)![1]!;
    await visit.codeBox().pressSequentially(code);
    await visit.skipsPasskey();
    await expect(visit.greeting(email)).toBeVisible();

    // Nothing stays on the server: its inbox, which is for text messages here, shows no mail.
    expect((await messages()).map(({ state }) => state)).toEqual(["sent", "sent"]);
    const inbox = await (await fetch(ginnel.exampleUrl + "/inbox")).text();
    expect(inbox).toContain("text messages");
    expect(inbox).not.toContain(email);
    expect(ginnel.log).not.toContain("psg_magic_link");
  } finally {
    await ginnel.close();
    await mailServer!.close();
  }
});
