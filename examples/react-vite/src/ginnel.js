/** Ginnel in the browser: where it is, and its scripts, each loaded once. */

/** The two settings, put in by vite.config.js. */
export const { appID, url } = __GINNEL__;

const scripts = new Map();

/** Loads a script of Ginnel's, such as `/web.js` with the login element and the client. */
export function loadScript(path) {
  if (!scripts.has(path)) {
    const loaded = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url + path;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${url} cannot be reached`));
      document.head.append(script);
    });
    scripts.set(path, loaded);
  }
  return scripts.get(path);
}

/** The client of the page: it knows the browser's session. */
export async function createClient() {
  await loadScript("/web.js");
  return globalThis.Ginnel.createClient(appID, { url });
}
