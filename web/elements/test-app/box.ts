// The box between form and toggle link, in the classes of the sign-in's style sheet.
import { h } from "../parts/dom.ts";
import { testAppEn as strings } from "../strings/test-app-en.ts";

/** What a page with a test app says about it. */
export const trialBox = (claim: string, inbox: string): HTMLElement =>
  box(
    strings.title,
    h("span", "", strings.text),
    outside(claim, strings.claim),
    outside(inbox, strings.inbox),
  );

/** What it says once somebody claimed the app: the tag that the page needs. */
export function claimedBox(id: string): HTMLElement {
  const tag = `<passage-auth app-id="${id}"></passage-auth>`;
  const copy = h("button", { type: "button", class: "link" }, strings.copy);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(tag);
      copy.textContent = strings.copied;
    } catch {
      copy.textContent = strings.notCopied;
    }
    setTimeout(() => (copy.textContent = strings.copy), 2000);
  });
  return box(strings.claimed, h("span", "", strings.claimedText), h("code", "", tag), copy);
}

const box = (title: string, ...content: HTMLElement[]) =>
  h("div", { class: "notice", role: "note" }, h("b", "", title), ...content);

/** A link that leaves this page where it is. */
const outside = (href: string, text: string) =>
  h("a", { class: "link", href, target: "_blank", rel: "noopener" }, text);
