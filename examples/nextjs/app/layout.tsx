/** The frame of every page. */
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import "../../shared/public/style.css";

export const metadata: Metadata = {
  title: { template: "%s · Next.js example", default: "Next.js example" },
  icons: { icon: "data:," },
};
export const viewport: Viewport = { colorScheme: "light dark" };
// Drawn for each request: the settings are those of the running server, and the nonce is another each time.
export const dynamic = "force-dynamic";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <a href="/">Next.js example</a>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
