// Finds the server from the address of the running script. Must be called while the script runs for the first time.

/** Base address of the server that sent the running script, which is `/web.js` or one below `/elements/`. */
export function serverOf(): string {
  const script = document.currentScript as HTMLScriptElement | null;
  // A module has no current script, but its own address stands in the stack of an error.
  const address = script?.src || new Error().stack || "";
  const [, base] = /(https?:\/\/[^\s()@]+?)\/(web|elements\/[\w-]+)\.js\b/.exec(address) ?? [];
  return base ?? "http://localhost:8400";
}
