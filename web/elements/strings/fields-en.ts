// The English texts of the app's own fields.
export const fieldsEn = {
  missing: "Fill this in.",
  integer: "Enter a whole number.",
  date: "Enter a day of the calendar.",
  email: "Enter an address like ada@example.com.",
  phone: "Enter a number like +1 415 555 2671.",
};

export type FieldStrings = typeof fieldsEn;
