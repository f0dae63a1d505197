/** Blocks of code in a README, so that what it tells people to type is what the stories run. */

export interface Block {
  /** What stands behind the opening fence, such as `sh`. */
  language: string;
  /** The lines between the fences, with a line break at the end of each. */
  text: string;
}

/** All fenced blocks, in order. */
export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

/** The texts of the blocks in one language. */
export const blocksIn = (markdown: string, language: string): string[] =>
  blocks(markdown)
    .filter((block) => block.language === language)
    .map((block) => block.text);
