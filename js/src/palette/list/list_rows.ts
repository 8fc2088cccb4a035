/** The rows of the command list: group titles and commands. Pure. */

import type { Group, RankedCommand } from "./ranking.ts";

export type Row =
  | { readonly kind: "title"; readonly id: string; readonly title: string }
  | {
      readonly kind: "command";
      readonly id: string;
      readonly found: RankedCommand;
      readonly place: number;
    };

export interface Rows {
  readonly count: number;
  /** How many of the rows are commands. */
  readonly commands: number;
  rowAt(index: number): Row | undefined;
  /** The command at this place among the commands. */
  commandAt(place: number): RankedCommand | undefined;
  /** The index of a row by its id; -1 for one that is not here. */
  indexOf(id: string): number;
  /** The place of a command among the commands; -1 for one that is not here. */
  placeOf(name: string): number;
}

export const commandId = (name: string): string => `c:${name}`;

interface Section {
  readonly group: Group;
  /** Of its first row, and of its first command. */
  readonly row: number;
  readonly place: number;
}

const titles = ({ title }: Group): number => (title === null ? 0 : 1);

/** Rows are made when they are asked for: of thousands, some dozens are looked at. */
export function rowsOf(groups: readonly Group[]): Rows {
  const sections: Section[] = [];
  let count = 0;
  let commands = 0;
  for (const group of groups) {
    sections.push({ group, row: count, place: commands });
    count += titles(group) + group.items.length;
    commands += group.items.length;
  }
  // By their places: a server may have a group that is called like one of ours.
  const titleId = ({ row, group: { title } }: Section) => `t:${row}:${title}`;

  const rowAt = (index: number): Row | undefined => {
    const section = sections.findLast(({ row }) => row <= index);
    if (section === undefined) return undefined;
    const { group, row, place } = section;
    const inside = index - row - titles(group);
    if (inside < 0 && group.title !== null) {
      return { kind: "title", id: titleId(section), title: group.title };
    }
    const found = group.items[inside];
    if (found === undefined) return undefined;
    const id = commandId(found.command.name);
    return { kind: "command", id, found, place: place + inside };
  };

  const find = (name: string): { readonly index: number; readonly place: number } | null => {
    for (const { group, row, place } of sections) {
      const inside = group.items.findIndex(({ command }) => command.name === name);
      if (inside >= 0) return { index: row + titles(group) + inside, place: place + inside };
    }
    return null;
  };

  return {
    count,
    commands,
    rowAt,
    commandAt: (wanted) => {
      const section = sections.findLast(({ place }) => place <= wanted);
      return section?.group.items[wanted - section.place];
    },
    indexOf: (id) => {
      if (id.startsWith("c:")) return find(id.slice(2))?.index ?? -1;
      return sections.find((section) => titleId(section) === id)?.row ?? -1;
    },
    placeOf: (name) => find(name)?.place ?? -1,
  };
}
