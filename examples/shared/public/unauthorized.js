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
    const { returnTarget } = await import("/public/return-target.js");
    const target = returnTarget(parameters.get("return"), location.href);
    sessionStorage.setItem(tried, target);
    location.replace(target);
  } catch (error) {
    console.error(error);
    status.textContent = `Your sign-in could not be refreshed. Check that ${url} can be reached, or sign in again.`;
  }
})();
