// Chooses the language: the element's `lang`, then the browser's, then the app's. To add one, write a file like
// en.ts (or passkeys-en.ts) and name it where its English twin is named.

/** The entry of the first wish that `languages` has ("de-AT" is served by "de"); English otherwise. */
export function choose<T>(
  languages: { en: T } & Record<string, T>,
  ...wishes: (string | null | undefined)[]
): { lang: string; strings: T } {
  const lang =
    wishes.map((wish) => wish?.toLowerCase().split("-")[0] ?? "").find((wish) => languages[wish]) ??
    "en";
  return { lang, strings: languages[lang] ?? languages.en };
}
