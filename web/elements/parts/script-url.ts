// Finds the server from the address of the running script. Must be called while the script runs for the first time.

/** Base address of the server that sent the script at `path`, such as `/web.js`. */
export function serverOf(path: string): string {
  const base = (address?: string | null) => {
    const at = address?.replace(/[?#].*$/, "") ?? "";
    return at.endsWith(path) ? at.slice(0, -path.length) : undefined;
  };
  const script = document.currentScript as HTMLScriptElement | null;
  // A module has no current script, but its own address stands in the stack of an error.
  const [, stack] =
    new RegExp(`(https?://[^\\s()@]+?${path.replace(/\./g, "\\.")})`).exec(
      new Error().stack ?? "",
    ) ?? [];
  const tag = document.querySelector<HTMLScriptElement>(`script[src$="${path}"]`);
  return base(script?.src) ?? base(stack) ?? base(tag?.src) ?? "http://localhost:8400";
}
