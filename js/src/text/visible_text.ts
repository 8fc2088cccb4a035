/** Make control characters and line breaks in untrusted text visible. */

const SIGNS: Readonly<Record<string, string>> = {
  "\n": "⏎",
  "\r": "␍",
  "\t": "⇥",
  "\u2028": "⏎",
  "\u2029": "⏎",
};

/*
 * Controls, zero-width signs, and the marks that turn the direction of what follows.
 * Direction is also contained by `unicode-bidi: isolate` in the style sheet.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function sign(character: string): string {
  const known = SIGNS[character];
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  // The block "control pictures" holds one picture for each of the first 32 codes.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** The text on one line, at most `limit` characters of it. */
export function visible(text: string, limit = 400): string {
  const head = text.length > limit ? text.slice(0, limit) : text;
  const shown = head.replace(HIDDEN, sign);
  return text.length > limit ? `${shown}…` : shown;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a segment of a key is a random name, as clients have. */
export function isRandomName(segment: string): boolean {
  return UUID.test(segment);
}

/** Spaces that nobody would see at the edge of a name; of all others one sees that they are there. */
const EDGE_SPACES = /^ +| +$/g;

/** A segment of a key as a label: long random names by their ends, "(empty)" for nothing. */
export function label(segment: string): string {
  if (segment === "") return "(empty)";
  if (isRandomName(segment)) return `${segment.slice(0, 4)}…${segment.slice(-2)}`;
  return visible(
    segment.replace(EDGE_SPACES, (spaces) => "␣".repeat(spaces.length)),
    120,
  );
}
