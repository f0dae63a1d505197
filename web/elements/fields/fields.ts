// The app's own fields at the registration, each with the input that fits its type.
import type { Fields, Metadata, MetadataField } from "@ginnel/client";
import { h, icon, styleSheet } from "../parts/dom.ts";
import { WARNING } from "../parts/icons.ts";
import { fieldsEn as strings } from "../strings/fields-en.ts";
import { fieldsStyles } from "./fields.styles.ts";
import { fieldInput, readField } from "./field-types.ts";

/** Draws the fields that the registration asks for; all are needed. `submit` is called for the Enter key. */
export function fields(schema: MetadataField[], submit: () => void): Fields {
  const rows = schema.filter((field) => field.registration).map((field) => row(field, submit));
  const element = h("div", "screen", ...rows.map((row) => row.element));
  return {
    element,
    sheet: styleSheet(fieldsStyles),
    read() {
      const values: Metadata = {};
      let wrong: HTMLInputElement | undefined;
      for (const { field, input, tell } of rows) {
        const [value, problem] = readField(field, input, true, strings);
        tell(problem);
        if (problem) wrong ??= input;
        else values[field.field_name] = value;
      }
      wrong?.focus();
      return wrong ? undefined : values;
    },
  };
}

function row(field: MetadataField, submit: () => void) {
  const id = "field-" + field.field_name;
  const text = h("span", { id: id + "-error" });
  const error = h("div", { class: "error", hidden: true }, icon(WARNING), text);
  const input = fieldInput(field, {
    id,
    required: true,
    "aria-describedby": id + "-error",
    onkeydown: (event) => {
      const key = event as KeyboardEvent;
      if (key.key !== "Enter" || key.isComposing) return;
      event.preventDefault();
      submit();
    },
  });
  const label = h("label", { for: id }, field.friendly_name);
  const element =
    field.type === "boolean"
      ? h("div", "field", h("div", "check", input, label), error)
      : h("div", "field", label, h("div", { class: "box", part: "input" }, input), error);
  const tell = (problem?: string) => {
    text.textContent = problem ?? "";
    error.hidden = !problem;
    input.setAttribute("aria-invalid", String(!!problem));
    input.closest(".box")?.classList.toggle("wrong", !!problem);
  };
  return { field, element, input, tell };
}
