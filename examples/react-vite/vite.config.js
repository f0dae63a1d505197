/** How the front end is built. Of the settings only the two that browsers may know go into it. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { GINNEL_APP_ID = "", GINNEL_URL } = process.env;
const settings = { appID: GINNEL_APP_ID, url: GINNEL_URL || "http://localhost:8400" };

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
  define: { __GINNEL__: JSON.stringify(settings) },
});
