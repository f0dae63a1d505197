import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  // This repository: the SDK and the shared files lie outside of this folder. An app of its own needs no root.
  turbopack: { root: fileURLToPath(new URL("../..", import.meta.url)) },
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "referrer-policy", value: "same-origin" },
        { key: "x-content-type-options", value: "nosniff" },
      ],
    },
  ],
};
export default config;
