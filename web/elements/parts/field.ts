// The identifier's label, input and error. They stand in the light DOM, where browsers and password managers look
// for a box to fill and where a label and a description may refer to it; slots put them in their place.
import { h } from "./dom.ts";

export type IdentifierField = ReturnType<typeof identifierField>;

/** Adds the three to `host`; `submit` is called for the Enter key, `touch` when the box gets the focus. */
export function identifierField(host: HTMLElement, submit: () => void, touch: () => void) {
  // Passage's id, unless the page has it already.
  let id = "identifier";
  for (let n = 2; document.getElementById(id); n++) id = "identifier-" + n;
  const label = h("label", { slot: "loginLabel", for: id });
  const error = h("span", { slot: "loginError", id: id + "-error" });
  const input = h("input", {
    slot: "loginInput",
    id,
    name: "identifier",
    type: "email",
    autocomplete: "username webauthn",
    enterkeyhint: "go",
    "aria-describedby": id + "-error",
    onkeydown: (event) => {
      const key = event as KeyboardEvent;
      if (key.key !== "Enter" || key.isComposing) return;
      // The page may have put the element into a form of its own.
      event.preventDefault();
      submit();
    },
    onfocus: touch,
  });
  host.append(label, input, error);

  return {
    input,
    update(labelText: string, errorText: string): void {
      label.textContent = labelText;
      error.textContent = errorText;
      input.setAttribute("aria-invalid", String(!!errorText));
    },
  };
}
