// The app's own fields in the profile: an input for each that people may change themselves.
import type { Metadata, ProfileData } from "@ginnel/client";
import { fieldInput, fieldText, readField } from "../fields/field-types.ts";
import { button } from "../parts/account-dialogs.ts";
import { day } from "../parts/dates.ts";
import { h } from "../parts/dom.ts";
import { fieldsEn } from "../strings/fields-en.ts";
import { profileEn as strings } from "../strings/profile-en.ts";

/** The form, or the values alone where `fixed`; nothing where there are no such fields. */
export function details(
  { app, user }: ProfileData,
  fixed: boolean,
  save: (values: Metadata) => void,
): HTMLElement | undefined {
  const schema = app.userMetadataSchema?.filter((field) => field.profile) ?? [];
  if (!schema.length) return undefined;
  const known = user.userMetadata ?? {};
  const title = h("h2", { tabindex: "-1" }, strings.details);
  if (fixed) {
    const shown = (value: unknown, type: string) =>
      value === true
        ? strings.yes
        : value === false
          ? strings.no
          : type === "date" && /^\d{4}-\d\d-\d\d$/.test(String(value))
            ? day(String(value))
            : String(value ?? "") || "–";
    return h(
      "section",
      "stack",
      title,
      h(
        "dl",
        "",
        ...schema.map(({ field_name, friendly_name, type }) =>
          h("div", "", h("dt", "", friendly_name), h("dd", "", shown(known[field_name], type))),
        ),
      ),
    );
  }
  const rows = schema.map((field) => {
    const { field_name, friendly_name, type } = field;
    const id = "field-" + field_name;
    const error = h("p", { class: "bad", id: id + "-error" });
    const value = known[field_name];
    const input = fieldInput(field, {
      id,
      value: type !== "boolean" && fieldText(field, value),
      checked: type === "boolean" && value === true,
      "data-key": id,
      "aria-describedby": id + "-error",
      onkeydown: (event) => {
        const key = event as KeyboardEvent;
        if (key.key === "Enter" && !key.isComposing) submit();
      },
    });
    const label = h("label", { for: id }, friendly_name);
    const parts = type === "boolean" ? [h("div", "check", input, label)] : [label, input];
    return { field, value, input, error, element: h("div", "field", ...parts, error) };
  });
  const submit = () => {
    const values: Metadata = {};
    let wrong: HTMLInputElement | undefined;
    for (const { field, value: before, input, error } of rows) {
      const [value, problem] = readField(field, input, false, fieldsEn);
      error.textContent = problem ?? "";
      input.setAttribute("aria-invalid", String(!!problem));
      if (problem) wrong ??= input;
      else if (field.type === "boolean" ? value !== (before === true) : value !== (before ?? "")) {
        values[field.field_name] = value;
      }
    }
    wrong?.focus();
    if (!wrong && Object.keys(values).length) save(values);
  };
  return h(
    "section",
    "stack",
    title,
    ...rows.map((row) => row.element),
    h("div", "row", button(strings.save, "", submit)),
  );
}
