// Registers custom elements.

/** Registers `tag`, once; the elements talk to the Ginnel server at the address `server`. */
export function define(
  tag: string,
  Element: new () => HTMLElement & { server: string },
  server: string,
): void {
  if (customElements.get(tag)) return;
  customElements.define(
    tag,
    class extends Element {
      override server = server;
    },
  );
}
