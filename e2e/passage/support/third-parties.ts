/**
 * Stand-in for the third parties that the old elements load from: their texts, and the phone library of jsdelivr and
 * cdnjs out of its own package. Everything else is answered with 404.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { texts } from "./texts.ts";

export interface Found {
  type: string;
  body: string | Buffer;
}

const types: Record<string, string> = {
  css: "text/css",
  js: "text/javascript",
  webp: "image/webp",
};

/** What stands at an address, if anything does. */
export async function thirdParty(host: string, path: string): Promise<Found | undefined> {
  if (host === "storage.googleapis.com") {
    return path.endsWith("/v2/en.json")
      ? { type: "application/json", body: JSON.stringify(texts) }
      : undefined;
  }
  if (host === "fonts.googleapis.com") return { type: "text/css", body: "" };
  // cdn.jsdelivr.net/npm/intl-tel-input@24.3.4/build/js/utils.js, and the like.
  const file = /\/intl-tel-input@24\.3\.4\/(build\/(?:css|js|img)\/[\w@-]+\.(css|js|webp))$/.exec(
    path,
  );
  if (host !== "cdn.jsdelivr.net" || !file) return undefined;
  const folder = join(import.meta.dirname, "../node_modules/intl-tel-input");
  return { type: types[file[2]!]!, body: await readFile(join(folder, file[1]!)) };
}
