/** Where to go back to after the token was refreshed: a page of this site, and never another site. */

/**
 * The address for the path that was asked for, if that is a page of this site, else of the dashboard. The browser's own
 * parser decides what a text means ("//", "\", tabs, dots), and what it made of the text is where the browser goes. A
 * path with "//" in front is of this site too, but a server that tidies paths may answer it with a redirect to another.
 *
 * @param {string | null | undefined} path
 * @param {string} here the address of the page, to compare with
 */
export function returnTarget(path, here) {
  const home = new URL("/dashboard", here);
  if (!path?.startsWith("/")) return home.href;
  let target;
  try {
    target = new URL(path, home);
  } catch {
    return home.href;
  }
  const isHere = target.origin === home.origin && !target.pathname.startsWith("//");
  if (!isHere || /^\/unauthorized\/*$/i.test(target.pathname)) return home.href;
  return home.origin + target.pathname + target.search + target.hash;
}
