// Scripts that only some pages need: loaded from the server when they are.
import { failure } from "@ginnel/client";

interface Scripts {
  "test-app": typeof import("../test-app/web.ts");
  fields: typeof import("../fields/web.ts");
}

/** The module `elements/{name}.js` of the server at `url`. */
export const load = <Name extends keyof Scripts>(url: string, name: Name): Promise<Scripts[Name]> =>
  import(url.replace(/\/*$/, `/elements/${name}.js`)).catch((cause) => {
    throw failure("network", cause);
  });
