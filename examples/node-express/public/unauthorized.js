/**
 * The server did not accept this browser's token. If a fresh one can be had, go back with it; once, because a server
 * that refuses a fresh token too (clocks, another GINNEL_URL) would send the browser here for ever.
 */
(async () => {
  const page = document.querySelector("#page");
  const status = document.querySelector("#status");
  const { appId, url, return: returnPath, reason } = page.dataset;
  const tried = "example-returned-to";
  try {
    if (sessionStorage.getItem(tried)) {
      sessionStorage.removeItem(tried);
      status.textContent = `This site did not accept your sign-in (${reason || "no reason given"}). Please sign in again.`;
      return;
    }
    status.textContent = "One moment, your sign-in is being refreshed…";
    const client = Ginnel.createClient(appId, { url });
    if (!(await client.session.authToken())) {
      status.textContent = "This page is for signed-in users.";
      return;
    }
    sessionStorage.setItem(tried, returnPath);
    location.replace(returnPath);
  } catch (error) {
    console.error(error);
    status.textContent = `Your sign-in could not be refreshed. Check that ${url} can be reached, or sign in again.`;
  }
})();
