// The boxes for a code, one for each digit. Like the other inputs they stand in the light DOM, where browsers fill in the
// code of a message: all of it may arrive in one box, typed, pasted or filled in, and goes on to the others.
import { h } from "./dom.ts";
import { inputField } from "./field.ts";

export type CodeField = ReturnType<typeof codeField>;

/** Digits of a code; where fewer are wanted, the other boxes stay away. */
export const CODE = 6;

/** Adds the boxes to `host`; `enter` is called when a whole code is there and for the Enter key. */
export function codeField(host: HTMLElement, digit: (n: number) => string, enter: () => void) {
  let size = CODE;
  const attributes = (index: number) => ({
    inputmode: "numeric",
    oninput: () => spread(index),
    // A digit typed into a full box takes the place of the one there.
    onfocus: select,
    onclick: select,
  });
  const { input: first, update } = inputField(
    host,
    "otp",
    "otp",
    { ...attributes(0), autocomplete: "one-time-code" },
    enter,
  );
  const inputs = [first];
  for (let index = 1; index < CODE; index++) {
    inputs.push(
      h("input", {
        ...attributes(index),
        autocomplete: "off",
        "aria-label": digit(index + 1),
        "aria-describedby": first.id + "-error",
      }),
    );
  }
  inputs.forEach((input, index) => {
    input.addEventListener("keydown", (event) => move(event, index));
    host.append(input);
  });
  const value = () => inputs.map((input) => input.value).join("");

  /** Hands what stands in a box to the boxes after it. A whole code begins at the first, wherever it was pasted. */
  function spread(index: number): void {
    const input = inputs[index]!;
    const digits = input.value.normalize("NFKC").replace(/\D/g, "").slice(0, size);
    const start = digits.length < size ? index : 0;
    input.value = "";
    [...digits].forEach((digit, n) => {
      if (start + n < size) inputs[start + n]!.value = digit;
    });
    const next = inputs[Math.min(start + digits.length, size - 1)]!;
    next.focus();
    next.select();
    // The two digits of another page have one try, so they wait for the button.
    if (digits && size === CODE && value().length === CODE) enter();
  }

  /** From box to box; at the ends an arrow does nothing, so that the digit there stays selected. */
  function move(event: KeyboardEvent, index: number): void {
    const { key } = event;
    const back = key === "Backspace" && !inputs[index]!.value;
    const step = back || key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : 0;
    // The first box has the Enter key of every input.
    if (key === "Enter" ? !index : !step) return;
    event.preventDefault();
    if (!step) return enter();
    const to = inputs[index + step];
    if (!to?.slot) return;
    if (back) to.value = "";
    to.focus();
  }

  return {
    value,
    /** To the first box that is empty. */
    focus: () => (inputs.find((input) => input.slot && !input.value) ?? first).focus(),
    clear: () => inputs.forEach((input) => (input.value = "")),
    /** Shows this many boxes. */
    show(label: string, error: string, wanted: number): void {
      size = wanted;
      update(label, error);
      inputs.forEach((input, index) => {
        input.slot = index < size ? "otpInput" : "";
        input.setAttribute("aria-invalid", String(!!error));
      });
    },
  };
}

const select = (event: Event) => (event.target as HTMLInputElement).select();
