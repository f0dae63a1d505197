// Registers custom elements.

/** A function that registers `tag`, once; its elements talk to the Ginnel server at the address that it is given. */
export const define =
  (tag: string, Element: new () => HTMLElement & { server: string }) =>
  (server: string): void => {
    if (customElements.get(tag)) return;
    customElements.define(
      tag,
      class extends Element {
        override server = server;
      },
    );
  };
