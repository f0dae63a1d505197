// The types of the app's own fields: which input each has, what of its text will do, and how its value reads.
import type { MetadataField } from "@ginnel/client";
import { h } from "../parts/dom.ts";
import type { FieldStrings } from "../strings/fields-en.ts";

const INPUTS: Record<MetadataField["type"], Record<string, string>> = {
  string: { type: "text", maxlength: "1000" },
  boolean: { type: "checkbox" },
  integer: { type: "text", inputmode: "numeric" },
  date: { type: "date", max: "9999-12-31" },
  phone: { type: "tel", autocomplete: "tel" },
  email: { type: "email", autocomplete: "email" },
};

/** The input of a field. */
export const fieldInput = (
  { type }: MetadataField,
  attributes: Record<string, string | boolean | ((event: Event) => void)>,
) => h("input", { ...INPUTS[type], ...attributes });

/** A value as its input shows it; `MM/DD/YYYY`, as some clients send it, becomes what date inputs know. */
export const fieldText = ({ type }: MetadataField, value: unknown): string =>
  type === "date"
    ? String(value ?? "").replace(/^(\d\d)\/(\d\d)\/(\d{4})$/, "$3-$1-$2")
    : String(value ?? "");

/** What an input holds, or what is wrong with it. An empty one is `""` where it is not needed. */
export function readField(
  { type }: MetadataField,
  { value, checked, validity }: HTMLInputElement,
  needed: boolean,
  strings: FieldStrings,
): [value: unknown, problem?: string] {
  if (type === "boolean") return [checked];
  const text = value.trim();
  if (!text && !validity.badInput) return needed ? [, strings.missing] : [""];
  if (type === "integer") {
    const number = Number(text.replace(/^[−–]/, "-"));
    return Number.isSafeInteger(number) ? [number] : [, strings.integer];
  }
  if (validity.badInput || validity.rangeOverflow) return [, strings.date];
  if (type === "email" && !/^[^\s@]+@[^\s@]+$/.test(text)) return [, strings.email];
  if (type === "phone" && !/\p{Nd}{2}/u.test(text)) return [, strings.phone];
  return [text];
}
