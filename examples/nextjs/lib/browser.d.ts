/** What Ginnel's scripts bring into a page: their elements, and the little of the client that is used here. */
import type { DetailedHTMLProps, HTMLAttributes } from "react";

type GinnelElement = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & {
  "app-id": string;
};

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "passage-auth": GinnelElement;
      "passage-passkey-table": GinnelElement;
    }
  }
}

interface Client {
  session: { authToken(): Promise<string | undefined>; signOut(): Promise<void> };
  currentUser: { get(): Promise<{ id: string; email?: string; phone?: string }> };
}

declare global {
  var Ginnel: { createClient(appID: string, options: { url: string }): Client };
}
