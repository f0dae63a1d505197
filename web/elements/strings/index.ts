// Chooses the language: the element's `lang`, then the browser's, then the app's. To add one, write a file like
// en.ts and name it here.
import { en, type Strings } from "./en.ts";

const languages: Record<string, Strings> = { en };

/** The strings of the first wish that we speak ("de-AT" is served by "de"); English otherwise. */
export function stringsFor(...wishes: (string | null | undefined)[]): {
  lang: string;
  strings: Strings;
} {
  for (const wish of wishes) {
    const lang = wish?.toLowerCase().split("-")[0] ?? "";
    const strings = languages[lang];
    if (strings) return { lang, strings };
  }
  return { lang: "en", strings: en };
}
