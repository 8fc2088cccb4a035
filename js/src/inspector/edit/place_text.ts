/** A place in the shared state, as people read it. */

import { visible } from "../../shared/visible_text.ts";
import type { Place } from "../bench.ts";
import { partName } from "../known.ts";
import { pathText } from "../path_text.ts";

export const keyText = (key: string): string => (key === "" ? "(empty)" : visible(key, 80));

export function placeText({ key, path }: Place): string {
  if (path.length === 0) return keyText(key);
  return `${keyText(key)} · ${partName(key, path) ?? visible(pathText(path), 120)}`;
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.key === b.key &&
  a.path.length === b.path.length &&
  a.path.every((step, index) => step === b.path[index]);
