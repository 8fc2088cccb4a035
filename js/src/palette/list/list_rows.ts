/** The rows of the command list: group titles and commands. Pure. */

import type { Group, RankedCommand } from "./ranking.ts";

export type Row =
  | { readonly kind: "title"; readonly id: string; readonly title: string }
  | {
      readonly kind: "command";
      readonly id: string;
      readonly found: RankedCommand;
      readonly position: number;
    };

export interface Rows {
  readonly count: number;
  /** Number of rows that are commands. */
  readonly commands: number;
  rowAt(index: number): Row | undefined;
  /** The command at this position among the commands. */
  commandAt(position: number): RankedCommand | undefined;
  /** The index of a row by its id, or -1. */
  indexOf(id: string): number;
  /** The position of a command among the commands, or -1. */
  positionOf(name: string): number;
}

export const commandId = (name: string): string => `c:${name}`;

interface Section {
  readonly group: Group;
  /** Index of its first row, and position of its first command. */
  readonly row: number;
  readonly position: number;
}

const titles = ({ title }: Group): number => (title === null ? 0 : 1);

/** Rows are created on demand: of thousands of commands, a few dozen are visible. */
export function rowsOf(groups: readonly Group[]): Rows {
  const sections: Section[] = [];
  let count = 0;
  let commands = 0;
  for (const group of groups) {
    sections.push({ group, row: count, position: commands });
    count += titles(group) + group.items.length;
    commands += group.items.length;
  }
  // With the position, because a server may have a group named like one of ours.
  const titleId = ({ row, group: { title } }: Section) => `t:${row}:${title}`;

  const rowAt = (index: number): Row | undefined => {
    const section = sections.findLast(({ row }) => row <= index);
    if (section === undefined) return undefined;
    const { group, row, position } = section;
    const inside = index - row - titles(group);
    if (inside < 0 && group.title !== null) {
      return { kind: "title", id: titleId(section), title: group.title };
    }
    const found = group.items[inside];
    if (found === undefined) return undefined;
    const id = commandId(found.command.name);
    return { kind: "command", id, found, position: position + inside };
  };

  const find = (name: string): { readonly index: number; readonly position: number } | null => {
    for (const { group, row, position } of sections) {
      const inside = group.items.findIndex(({ command }) => command.name === name);
      if (inside >= 0) return { index: row + titles(group) + inside, position: position + inside };
    }
    return null;
  };

  return {
    count,
    commands,
    rowAt,
    commandAt: (wanted) => {
      const section = sections.findLast(({ position }) => position <= wanted);
      return section?.group.items[wanted - section.position];
    },
    indexOf: (id) => {
      if (id.startsWith("c:")) return find(id.slice(2))?.index ?? -1;
      return sections.find((section) => titleId(section) === id)?.row ?? -1;
    },
    positionOf: (name) => find(name)?.position ?? -1,
  };
}
