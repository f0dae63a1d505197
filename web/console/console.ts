// What the Console's pages do beyond plain forms: parts that renew themselves (htmx), times in the reader's zone, copying,
// and signing in with our own element, whose tokens stay in memory until they are exchanged for the cookie (D12).
import "htmx.org";

interface Tokens {
  authToken: string;
  refreshToken?: string;
}

/** Keeps tokens for as long as the page lives, and nowhere else. */
function memoryStore() {
  let tokens: Tokens | undefined;
  return {
    getAuthToken: () => tokens?.authToken,
    getRefreshToken: () => tokens?.refreshToken,
    setTokens: (result: Tokens) => void (tokens = result),
    clearTokens: () => void (tokens = undefined),
  };
}

type Element = HTMLElement & {
  tokenStore: ReturnType<typeof memoryStore>;
  onSuccess: (result: Tokens) => void;
};

/** Exchanges the tokens for the cookie, and goes on. */
async function enter({ authToken }: Tokens, next: string) {
  const problem = document.getElementById("sign-in-problem");
  try {
    const answer = await fetch("/console/session", {
      method: "POST",
      headers: { Authorization: "Bearer " + authToken },
    });
    if (answer.ok) return location.assign(next);
    const { error } = (await answer.json()) as { error: string };
    show(problem, error);
  } catch {
    show(problem, "The server cannot be reached. Check that it runs, then load this page again.");
  }
}

function show(place: HTMLElement | null, text: string) {
  if (!place) return;
  place.textContent = text;
  place.hidden = false;
}

// Before web.js knows the tags, so that the elements find these as they start.
for (const element of document.querySelectorAll<Element>("[data-next]")) {
  element.tokenStore = memoryStore();
  element.onSuccess = (result) => void enter(result, element.dataset["next"]!);
}

/** The visitor's passkeys, after they have signed in once more: the table works with those fresh tokens. */
function showPasskeys(place: HTMLElement) {
  const appId = place.dataset["passkeys"]!;
  const login = document.createElement("passage-login") as Element;
  const store = memoryStore();
  login.setAttribute("app-id", appId);
  login.tokenStore = store;
  login.onSuccess = () => {
    const table = document.createElement("passage-passkey-table") as Element;
    table.setAttribute("app-id", appId);
    table.tokenStore = store;
    place.replaceChildren(table);
  };
  place.replaceChildren(login);
}

document.addEventListener("click", ({ target }) => {
  const button = (target as HTMLElement).closest<HTMLElement>(
    "button[data-copy], [data-insert], [data-show-passkeys]",
  );
  if (!button) return;
  if ("showPasskeys" in button.dataset)
    showPasskeys(button.closest<HTMLElement>("[data-passkeys]")!);
  else if ("insert" in button.dataset) insert(button.dataset["insert"]!);
  else void copy(button);
});

// Variables of a message go where somebody wrote or pointed last. Tab leads through all fields on the way to the variables.
let written: HTMLInputElement | HTMLTextAreaElement | undefined;

for (const type of ["input", "pointerdown", "keydown"]) {
  document.addEventListener(type, (event) => {
    const passesBy = event instanceof KeyboardEvent && ["Tab", "Shift"].includes(event.key);
    const target = event.target as HTMLElement;
    if (!passesBy && target.matches(".editor .code")) written = target as typeof written;
  });
}

function insert(text: string) {
  const place = written ?? document.querySelector<HTMLTextAreaElement>(".editor textarea.code");
  if (!place) return;
  place.setRangeText(text, place.selectionStart!, place.selectionEnd!, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
}

async function copy(button: HTMLElement) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset["copy"]!);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it and copy by hand";
  }
  setTimeout(() => (button.textContent = label), 2000);
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** Puts times into the reader's own zone; what was there, in UTC, is the tooltip. */
function localTimes(root: ParentNode) {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[datetime]:not([title])")) {
    time.title = time.textContent;
    const form = time.dataset["form"] === "date" ? date : moment;
    time.textContent = form.format(new Date(time.dateTime));
  }
}

localTimes(document);
document.addEventListener("htmx:load", ({ target }) => localTimes(target as HTMLElement));
