// Shows new mails without a reload, and copies links and codes.
const mails = document.getElementById("mails");
const refresh = async () => {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("mails");
    if (next && next.innerHTML !== mails.innerHTML) mails.innerHTML = next.innerHTML;
  } catch {
    // The server is being restarted; the next round tells.
  }
};
if (mails) setInterval(() => document.hidden || refresh(), 2000);

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed: select and copy it by hand";
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
}
