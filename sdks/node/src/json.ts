/** JSON as its standard has it (RFC 8259): UTF-8 without a mark, and whole characters only. */

// With ignoreBOM the mark stays in the text, where JSON does not allow it.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Each escape of a JSON text: a whole surrogate pair, half of one (the group), or any other. */
const escapes = /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)/g;

/** The value; throws when the bytes are no JSON, or have half a surrogate pair, which is no text. */
export function parseJSON(bytes: Uint8Array): unknown {
  const text = decoder.decode(bytes);
  const value: unknown = JSON.parse(text);
  if (text.includes("\\u") && [...text.matchAll(escapes)].some(([, half]) => half)) {
    throw new SyntaxError("There is half a surrogate pair in the JSON");
  }
  return value;
}
