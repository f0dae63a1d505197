/** Where to go back to after the token was refreshed: a page of this site, and never another site. */

const home = "/dashboard";

/** The path if it leads to a page of this site, else the dashboard. */
export function safeReturnPath(value) {
  if (typeof value !== "string" || !value.startsWith("/")) return home;
  // Browsers read "\" as "/", and drop tabs and line breaks.
  if (/[\\\u0000-\u001f]/.test(value)) return home;
  let url;
  try {
    url = new URL(value, "http://this.invalid");
  } catch {
    return home;
  }
  // Looked at after parsing, as "/.//other.example" only then turns into "//other.example".
  const path = url.pathname + url.search;
  if (url.host !== "this.invalid" || path.startsWith("//")) return home;
  return /^\/unauthorized\/?$/i.test(url.pathname) ? home : path;
}
