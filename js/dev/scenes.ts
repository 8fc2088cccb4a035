/** Example states: a session with a few users, a huge one and a hostile one. */

import type { PageValue } from "../src/protocol/common.ts";
import type { LeaseBody, LockUpdatesBody } from "../src/protocol/locks.ts";
import type { ArgumentBody, CommandBody } from "../src/protocol/palette.ts";
import { lease, watchedKey } from "./lock_bodies.ts";

export type World = Map<string, PageValue>;

const UUIDS = [
  "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2",
  "a07b4c7e-7c63-4e55-8d8a-5f3f9c1a2b91",
  "c4d2aa10-9d2b-4b1f-b1c4-17f0a9e3d507",
  "f90e6d31-2f6a-4d8c-a6f5-9e7c31b04c44",
] as const;
const NAMES = ["Anna", "Ivan", "Nandita", "Wei"] as const;
const COLOURS = [
  [0.89, 0.34, 0.18, 1],
  [0.25, 0.53, 0.79, 1],
  [0.33, 0.66, 0.41, 1],
  [0.62, 0.41, 0.78, 1],
] as const;

export function avatar(person: number, time: number): PageValue {
  const wave = (phase: number) => Number((0.4 * Math.sin(time + phase + person)).toFixed(6));
  const component = (name: string, phase: number) => ({
    name,
    position: [wave(phase), Number((1.6 + wave(phase + 1) / 8).toFixed(6)), wave(phase + 2)],
    rotation: [0, 0.5, 0, 0.5],
  });
  return {
    playerid: UUIDS[person % 4] ?? "",
    name: NAMES[person % 4] ?? "",
    color: [...(COLOURS[person % 4] ?? [])],
    components: [component("headset", 0), component("hand.left", 2), component("hand.right", 4)],
  };
}

const interaction = (time: number, spring: boolean): PageValue => ({
  position: [Number(Math.sin(time).toFixed(6)), 0.21, 1.4],
  particles: spring ? [60] : [11, 12, 13],
  interaction_type: spring ? "spring" : "gaussian",
  scale: spring ? 100 : 20,
  mass_weighted: true,
  max_force: { $nvj: "inf" },
});

const selection = (key: string, name: string, atoms: number): PageValue => ({
  id: key,
  name,
  selected: {
    particle_ids:
      atoms > 200
        ? {
            $nvj: "cut",
            kind: "list",
            length: atoms,
            bytes: atoms * 5,
            head: Array.from({ length: 100 }, (_, index) => index),
          }
        : Array.from({ length: atoms }, (_, index) => index),
  },
  properties: { "nanover.rendering.renderer": "liquorice", "nanover.rendering.hide": false },
});

export function normalWorld(): World {
  const world: World = new Map();
  UUIDS.forEach((uuid, person) => {
    world.set(`avatar.${uuid}`, avatar(person, 0));
    world.set(`update.index.${uuid}`, 1169 + person);
    world.set(`user-origin.${uuid}`, { position: [2.5, 0, 0], rotation: [0, -0.5, 0, 0.5] });
  });
  world.set("scene", [0.19, 0.982, -0.148, 0.027, -0.243, 0.005, 0.97, 0.2343, 0.2343, 0.2343]);
  world.set("interaction.3be1", interaction(0, true));
  world.set("interaction.9a20", interaction(1, false));
  world.set("selection.root", selection("selection.root", "Root", 21));
  world.set("selection.ligand", selection("selection.ligand", "Ligand", 21));
  world.set("selection.protein", selection("selection.protein", "Protein", 2412));
  world.set("suggested.interaction.scale", 100);
  world.set("imd.velocity_reset_available", false);
  world.set("simulation.name", "17-ala");
  world.set("simulation.index", 2);
  for (let index = 0; index < 124; index += 1) {
    world.set(`notes/page ${index}`, { text: `remark ${index}`, read: index % 3 === 0 });
  }
  return world;
}

export function hugeWorld(keys = 100_000): World {
  const world = normalWorld();
  for (let index = 0; world.size < keys; index += 1) {
    world.set(`particle.${index % 50}.${index}`, { mass: 12, position: [index, 0.5, -index] });
  }
  return world;
}

export function hostileWorld(): World {
  const world = normalWorld();
  world.set("__proto__", { __proto__x: 1 });
  world.set("constructor.prototype", "polluted?");
  world.set("<img src=x onerror=alert(1)>", "<script>alert(1)</script>");
  world.set("line\nbreak\tand\u0000nul", "two\nlines");
  world.set("\u202egnp.exe", "right \u202eto left");
  world.set("", "the empty key");
  world.set("x".repeat(10_000), 1);
  world.set("..//..", ["dots"]);
  world.set("ملف.اسم", "قيمة");
  world.set("numbers", [
    { $nvj: "nan" },
    { $nvj: "-inf" },
    { $nvj: "int", text: "9007199254740993" },
  ]);
  world.set("bytes", { $nvj: "bytes", length: 300, hex: "00ff".repeat(32) });
  world.set("escaped", { $nvj: "esc", value: { $nvj: "nan", other: 1 } });
  return world;
}

/** Return one step of everything that moves: avatars, their counters and an interaction. */
export function moves(time: number): readonly (readonly [string, PageValue])[] {
  return [
    ...UUIDS.slice(0, 3).map((uuid, person) => [`avatar.${uuid}`, avatar(person, time)] as const),
    ...UUIDS.slice(0, 3).map(
      (uuid) => [`update.index.${uuid}`, 1169 + Math.round(time * 30)] as const,
    ),
    ["interaction.3be1", interaction(time, true)] as const,
  ];
}

export const command = (
  name: string,
  args: CommandBody["arguments"] = {},
  label: string | null = null,
  icon: string | null = null,
  more: Partial<CommandBody> = {},
): CommandBody => ({
  name,
  arguments: args,
  label,
  icon,
  sentence: "",
  danger: "",
  danger_to: "everybody",
  known: [],
  ...more,
});

export const argument = (
  name: string,
  kind: ArgumentBody["kind"],
  more: Partial<ArgumentBody> = {},
): ArgumentBody => ({
  name,
  kind,
  required: false,
  default: null,
  help: "",
  unit: "",
  min: null,
  max: null,
  options: null,
  asks: false,
  secret: false,
  ...more,
});

export const COMMANDS: readonly CommandBody[] = [
  command("playback/load", { index: 2 }, "Load a simulation"),
  command("playback/play"),
  command("playback/pause", {}, "Pause", "⏸️"),
  command("playback/reset", {}, null, null, {
    sentence: "Resets the simulation to its initial state.",
    danger: "The current state is lost.",
  }),
  command("playback/step"),
  command("playback/list"),
  command(
    "user/colour",
    { scheme: "charge", opacity: 0.5, hydrogens: true },
    "colour by charge",
    "🎨",
  ),
  command("user/slow", { factor: 4 }, "slow motion", "🐌"),
  command("user/checkpoint", { tags: ["draft"], parent: null }, "checkpoint", "🚩"),
  command("multiuser/radially-orient-origins", {}, null, null, {
    sentence: "Places all users on a circle around the simulation, facing inwards.",
    known: [
      argument("radius", "float", {
        default: { $nvj: "float", text: "1.0" },
        min: 0,
        unit: "m",
        help: "Distance from the center.",
      }),
    ],
  }),
  command("broken"),
];

export const LEASES: readonly LeaseBody[] = [
  lease("scene", { left: 7.4, held: 72, auto_renew: true }),
  lease("suggested.interaction.scale", {
    state: "expiring",
    seconds: 8,
    left: 1.8,
    held: 8,
    max_hold: null,
  }),
  lease("selection.root", {
    state: "refused",
    note: "held by another client",
    holder: "Ivan's notebook",
    until: 32_000_000_000,
  }),
  lease("selection.ligand", {
    state: "lost",
    held: 14,
    note: "the simulation was switched by playback/load",
  }),
];

export const LOCK_NEWS: LockUpdatesBody = {
  watched: [
    watchedKey("selection.root", {
      whose: "someone else's",
      since: 41,
      holder: "Ivan's notebook",
      waiting: 2,
    }),
    watchedKey("selection.protein", { since: 130 }),
    watchedKey("scene", { whose: "mine", since: 72 }),
  ],
  history: [
    { key: "selection.ligand", kind: "acquired", ago: 30, note: "" },
    { key: "scene", kind: "acquired", ago: 72, note: "" },
    { key: "selection.root", kind: "refused", ago: 20, note: "held by another client" },
    {
      key: "selection.ligand",
      kind: "lost",
      ago: 14,
      note: "the simulation was switched by playback/load",
    },
  ],
  requests: [
    {
      client: "a1",
      name: "Nandita",
      message: "for a minute",
      keys: ["scene"],
      since: 1_790_000_000,
    },
  ],
  name: "Anna's notebook",
};
