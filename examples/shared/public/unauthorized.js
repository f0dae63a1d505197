/**
 * The server did not accept this browser's token. If a fresh one can be had, go back with it; once, because a server
 * that refuses a fresh token too (clocks, another GINNEL_URL) would send the browser here for ever.
 */
(async () => {
  const status = document.querySelector("#status");
  const { appId, url } = document.querySelector("#page").dataset;
  const parameters = new URL(location.href).searchParams;
  const tried = "example-returned-to";
  try {
    if (sessionStorage.getItem(tried)) {
      sessionStorage.removeItem(tried);
      const reason = parameters.get("reason") ?? "";
      const code = /^[a-z_]{1,40}$/.test(reason) ? reason : "no reason given";
      status.textContent = `This site did not accept your sign-in (${code}). Please sign in again.`;
      return;
    }
    status.textContent = "One moment, your sign-in is being refreshed…";
    const client = Ginnel.createClient(appId, { url });
    if (!(await client.session.authToken())) {
      status.textContent = "This page is for signed-in users.";
      return;
    }
    const target = returnTarget(parameters.get("return"));
    sessionStorage.setItem(tried, target);
    location.replace(target);
  } catch (error) {
    console.error(error);
    status.textContent = `Your sign-in could not be refreshed. Check that ${url} can be reached, or sign in again.`;
  }

  /**
   * The address to go back to: a page of this site, else the dashboard. The browser's own parser decides what a text
   * means ("//", "\", tabs, dots), and what it made of the text is where the browser goes. A path with "//" in front is
   * of this site too, but a server that tidies paths may answer it with a redirect to another.
   */
  function returnTarget(path) {
    const home = new URL("/dashboard", location.href);
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
})();
