/** A place in the shared state: a key, or a part of its value. */

import { keyText, visible } from "../../text/visible_text.ts";
import { pathText, type ValuePath } from "../../values/value_path.ts";
import { partName } from "./key_descriptions.ts";

export interface Place {
  readonly key: string;
  /** The path to a part of the key's value; empty for the entire value. */
  readonly path: ValuePath;
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.key === b.key &&
  a.path.length === b.path.length &&
  a.path.every((step, index) => step === b.path[index]);

export function placeText({ key, path }: Place): string {
  if (path.length === 0) return keyText(key);
  return `${keyText(key)} · ${partName(key, path) ?? visible(pathText(path), 120)}`;
}
