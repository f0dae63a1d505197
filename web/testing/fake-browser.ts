// The few browser globals that the headless client touches, for tests that run in Node alone.

/** Puts fresh globals in place; `locks: false` is a browser without Web Locks. */
export function fakeBrowser({ locks = true } = {}): { storage: Map<string, string> } {
  const storage = new Map<string, string>();
  const target = new EventTarget();
  const waiting = new Map<string, Promise<unknown>>();
  const globals: Record<string, unknown> = {
    localStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => storage.set(key, value),
      removeItem: (key: string) => storage.delete(key),
    },
    document: Object.assign(new EventTarget(), { cookie: "", hidden: false }),
    location: new URL("http://localhost:3000/login"),
    isSecureContext: true,
    addEventListener: target.addEventListener.bind(target),
    dispatchEvent: target.dispatchEvent.bind(target),
    navigator: {
      locks: locks && {
        request: (name: string, run: () => Promise<unknown>) => {
          const turn = (waiting.get(name) ?? Promise.resolve()).then(run, run);
          waiting.set(name, turn);
          return turn;
        },
      },
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { storage };
}
