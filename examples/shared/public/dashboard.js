/** The parts of the dashboard that need the browser's session: the user's name, and signing out. */
(async () => {
  sessionStorage.removeItem("example-returned-to");
  const page = document.querySelector("#page");
  const button = document.querySelector("#sign-out");
  const { appId, url } = page.dataset;
  if (typeof Ginnel === "undefined") {
    button.disabled = true;
    button.textContent = `${url} cannot be reached`;
    return;
  }
  const client = Ginnel.createClient(appId, { url });

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await client.session.signOut();
    } finally {
      location.assign("/");
    }
  });

  // The token holds the id only; the e-mail address is asked for.
  try {
    const user = await client.currentUser.get();
    document.querySelector("#name").textContent = user.email || user.phone || user.id;
  } catch (error) {
    console.error(error);
  }
})();
