/** Make control characters and line breaks in untrusted text visible. */

const SYMBOLS: Readonly<Record<string, string>> = {
  "\n": "⏎",
  "\r": "␍",
  "\t": "⇥",
  "\u2028": "⏎",
  "\u2029": "⏎",
};

/*
 * Control characters, zero-width characters and bidirectional marks. The style sheet also isolates
 * the text direction with `unicode-bidi: isolate`.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function symbol(character: string): string {
  const known = SYMBOLS[character];
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  // The Unicode block "Control Pictures" has a symbol for each of the first 32 codes.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Return the text on one line, truncated to `limit` characters. */
export function visible(text: string, limit = 400): string {
  const head = text.length > limit ? text.slice(0, limit) : text;
  const shown = head.replace(HIDDEN, symbol);
  return text.length > limit ? `${shown}…` : shown;
}

/** Return a key as text on one line; an empty key is named. */
export const keyText = (key: string, limit = 80): string =>
  key === "" ? "(empty)" : visible(key, limit);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Return whether a key segment is a random name, such as a client's id. */
export function isRandomName(segment: string): boolean {
  return UUID.test(segment);
}

const EDGE_SPACES = /^ +| +$/g;

/** Return a label for a key segment: shortens random names and shows spaces at the ends. */
export function label(segment: string): string {
  if (segment === "") return keyText(segment);
  if (isRandomName(segment)) return `${segment.slice(0, 4)}…${segment.slice(-2)}`;
  return visible(
    segment.replace(EDGE_SPACES, (spaces) => "␣".repeat(spaces.length)),
    120,
  );
}
