/** Texts of our own for the keys by which the old elements ask for theirs. */
export const texts: Record<string, string> = {};
