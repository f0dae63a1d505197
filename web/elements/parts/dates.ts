// Days, as the people who look at them write them.

/** A day in the region of the browser's own language, so that it looks as everywhere else. */
export function day(time: string): HTMLTimeElement {
  const locale = navigator.language.startsWith("en") ? navigator.language : "en";
  const element = document.createElement("time");
  element.dateTime = time;
  element.textContent = new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(
    new Date(time),
  );
  return element;
}
