/** The list of commands as rows of one height: titles of groups, and commands. Pure. */

import type { Found, Group } from "./match.ts";

export type Row =
  | { readonly kind: "title"; readonly id: string; readonly title: string }
  | {
      readonly kind: "command";
      readonly id: string;
      readonly found: Found;
      readonly place: number;
    };

export interface Rows {
  readonly rows: readonly Row[];
  /** The commands in the order in which they stand. */
  readonly order: readonly Found[];
  indexOf(id: string): number;
}

export const commandId = (name: string): string => `c:${name}`;

export function rowsOf(groups: readonly Group[]): Rows {
  const rows: Row[] = [];
  const order: Found[] = [];
  for (const [groupAt, { title, items }] of groups.entries()) {
    // By their places: a server may have a group that is called like one of ours.
    if (title !== null) rows.push({ kind: "title", id: `t:${groupAt}:${title}`, title });
    for (const found of items) {
      rows.push({ kind: "command", id: commandId(found.command.name), found, place: order.length });
      order.push(found);
    }
  }
  const indexes = new Map(rows.map(({ id }, index) => [id, index]));
  return { rows, order, indexOf: (id) => indexes.get(id) ?? -1 };
}
