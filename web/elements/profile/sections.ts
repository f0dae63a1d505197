// The parts of the profile that show lists: identifiers, sessions, linked accounts.
import { mayRemove, type Profile, type ProfileData, type UserSession } from "@ginnel/client";
import { button } from "../parts/account-dialogs.ts";
import { day } from "../parts/dates.ts";
import { h, type Child } from "../parts/dom.ts";
import { profileEn as strings } from "../strings/profile-en.ts";
import {
  changeDialog,
  removeIdentifierDialog,
  signOutOthersDialog,
  unlinkDialog,
} from "./dialogs.ts";

/** What a part needs besides its data. */
export interface Scene {
  profile: Profile;
  busy: boolean;
  /** Whether people may not change what is known of them. */
  fixed: boolean;
  /** Language of messages. */
  language: string;
  ask: (box: HTMLDialogElement) => void;
}

const section = (title: string, ...content: Child[]) =>
  h("section", "stack", h("h2", { tabindex: "-1" }, title), ...content);

/** A line of a list: what it is, and what can be done with it. */
const line = (about: Child[], ...tools: Child[]) =>
  h("li", "", h("div", "about", ...about), h("div", "row", ...tools));

/** A small button whose full name only screen readers and the pointer learn. */
function tool(text: string, name: string, act: () => void, busy: boolean) {
  const made = button(text, "secondary small", act, busy);
  made.ariaLabel = name;
  made.dataset["key"] = name;
  return made;
}

export function identifiers(data: ProfileData, scene: Scene): HTMLElement {
  const { app, user } = data;
  const { profile, busy, fixed, language, ask } = scene;
  const allowed = app.allowedIdentifier ?? "email";
  const row = (kind: "email" | "phone") => {
    const value = user[kind];
    const own = allowed === "both" || allowed === kind;
    if (!value && (!own || fixed)) return undefined;
    const proven = kind === "email" ? user.emailVerified : user.phoneVerified;
    const change = () =>
      ask(changeDialog(kind, value, (text) => void profile.changeIdentifier(kind, text, language)));
    return line(
      [
        h("span", "muted", strings[kind]),
        h("bdi", "value", value || strings.none),
        value &&
          h("span", proven ? "mark good" : "mark", proven ? strings.verified : strings.unverified),
      ],
      !fixed &&
        own &&
        (value
          ? tool(strings.changeIt, strings.change[kind], change, busy)
          : tool(strings.add[kind], strings.add[kind], change, busy)),
      !fixed &&
        mayRemove(data, kind) &&
        tool(
          strings.remove,
          strings.removeThis[kind],
          () => ask(removeIdentifierDialog(kind, value, profile)),
          busy,
        ),
    );
  };
  return section(
    strings.identifiers,
    fixed && h("p", "muted", strings.readOnly),
    h("ul", "", row("email"), row("phone")),
  );
}

export function sessions({ sessions }: ProfileData, { profile, busy, ask }: Scene): HTMLElement {
  const row = ({ id, current, device, address, lastUsedAt }: UserSession) =>
    line(
      [
        h("span", "value", device),
        current && h("span", "mark good", strings.thisDevice),
        h("span", "muted", strings.lastUsed, " ", day(lastUsedAt), address && ` · ${address}`),
      ],
      !current &&
        tool(strings.signOut, strings.signOutThis(device), () => void profile.endSession(id), busy),
    );
  return section(
    strings.sessions,
    h("ul", "", ...sessions.map(row)),
    h(
      "div",
      "row",
      sessions.some(({ current }) => !current) &&
        button(strings.signOutOthers, "secondary", () => ask(signOutOthersDialog(profile)), busy),
      button(strings.signOut, "secondary", () => void profile.signOut(), busy),
    ),
  );
}

/** Nothing where no account is linked. */
export function social({ connections }: ProfileData, scene: Scene): HTMLElement | undefined {
  const { profile, busy, fixed, ask } = scene;
  const all = Object.entries(connections);
  if (!all.length) return undefined;
  return section(
    strings.social,
    h(
      "ul",
      "",
      ...all.map(([provider, { provider_identifier }]) => {
        const name = strings.providers[provider] ?? provider;
        return line(
          [h("span", "value", name), h("bdi", "muted", provider_identifier)],
          !fixed &&
            tool(
              strings.unlink,
              strings.unlinkThis(name),
              () => ask(unlinkDialog(name, provider, profile)),
              busy,
            ),
        );
      }),
    ),
  );
}
