/** The text for a place in the shared state. */

import { visible } from "../../text/visible_text.ts";
import { pathText } from "../../values/value_path.ts";
import type { Place } from "../context.ts";
import { partName } from "../state/key_descriptions.ts";

export const keyText = (key: string): string => (key === "" ? "(empty)" : visible(key, 80));

export function placeText({ key, path }: Place): string {
  if (path.length === 0) return keyText(key);
  return `${keyText(key)} · ${partName(key, path) ?? visible(pathText(path), 120)}`;
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.key === b.key &&
  a.path.length === b.path.length &&
  a.path.every((step, index) => step === b.path[index]);
