// A label, an input and its error. They stand in the light DOM, where browsers and password managers look
// for a box to fill and where a label and a description may refer to it; slots put them in their place.
import { h } from "./dom.ts";

export type Field = ReturnType<typeof inputField>;

/** Adds the three to `host`, in slots that begin with `slot`; `submit` is called for the Enter key. */
export function inputField(
  host: HTMLElement,
  slot: "login" | "otp",
  // Passage's id, unless the page has it already.
  wanted: string,
  attributes: Record<string, string | ((event: Event) => void)>,
  submit: () => void,
) {
  let id = wanted;
  for (let n = 2; document.getElementById(id); n++) id = `${wanted}-${n}`;
  const label = h("label", { slot: slot + "Label", for: id });
  const error = h("span", { slot: slot + "Error", id: id + "-error" });
  const input = h("input", {
    slot: slot + "Input",
    id,
    enterkeyhint: "go",
    "aria-describedby": id + "-error",
    onkeydown: (event) => {
      const key = event as KeyboardEvent;
      if (key.key !== "Enter" || key.isComposing) return;
      // The page may have put the element into a form of its own.
      event.preventDefault();
      submit();
    },
    ...attributes,
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
