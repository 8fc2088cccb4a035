import { expect, it } from "vitest";
import { avatar, normalWorld } from "../../../dev/scenes.ts";
import {
  describeBranch,
  describeKey,
  partName,
} from "../../../src/inspector/state/key_descriptions.ts";
import type { PageValue } from "../../../src/protocol/common.ts";

const world = normalWorld();
const say = (key: string) => describeKey(key, world.get(key) ?? null);

it("reads the keys that NanoVer's clients agree on", () => {
  expect(say("scene")?.text).toBe("at 0.19 0.98 −0.15 · 28° · ×0.23");
  expect(say("selection.root")?.text).toBe("Root · 21 atoms");
  expect(say("selection.protein")?.text).toBe("Protein · 2\u202f412 atoms");
  expect(say("interaction.3be1")?.text).toBe("spring ×100 on 1 atom");
  expect(say("suggested.interaction.scale")?.text).toBe("suggests 100");
  const [beat, origin] = ["update.index.", "user-origin."].map((start) =>
    [...world.keys()].find((key) => key.startsWith(start)),
  );
  expect(say(beat ?? "")?.text).toBe("beat 1\u202f169");
  expect(say(origin ?? "")?.text).toBe("at 2.50 0.00 0.00 · 90°");
  const area = { A: [0, 0, 0], B: [3, 0, 0], C: [3, 0, 4], D: [0, 0, 4] };
  expect(describeKey("playarea.x", area)?.text).toBe("3.0 m by 4.0 m");
  expect(partName("scene", [4])).toBe("rotation y");
  expect(partName("scene", [10])).toBeNull();
  expect(describeKey("avatar.x", avatar(0, 0))).toEqual({
    text: "Anna · headset, 2 hands",
    swatch: "rgb(227, 87, 46)",
  });
});

const PLACE = [0, 1, 2, 0, 0, 0, 1, 2, 2, 2];

it.each([
  [
    "lock.x",
    {
      name: "Ben",
      beat: 2,
      claims: {
        title: { state: "waiting" },
        scene: { state: "held" },
        a: { state: "held" },
        b: { state: "held" },
      },
    },
    "Ben · holds scene, a and 1 more · waits for title",
  ],
  ["lock.x.beat", 12, "beat 12"],
  ["lock.x", { claims: { scene: { state: "asking" }, other: 5 } }, "asks for scene"],
  ["selection.x", { name: "Ligand", selected: [1, 2, 3] }, "Ligand · 3 atoms"],
  ["selection.x", { selected: { particle_ids: [4] } }, "1 atom"],
  ["selection.x", { selected: [] }, "0 atoms"],
  ["selection.x", { selected: { particle_ids: null } }, "all atoms"],
  ["selection.x", { name: "All", selected: {} }, "All · all atoms"],
  ["suggested.avatars.hidden", true, "suggests hiding the avatars"],
  ["suggested.avatars.hidden", false, "suggests showing the avatars"],
  ["suggested.avatars.hidden", "x", 'suggests "x"'],
  [
    "cursor.anna.left",
    { position: [0, 1, 2], rotation: [0, 0, 0, 1], heldbuttons: ["trigger", "grip"] },
    "left hand · at 0.00 1.00 2.00 · 0° · holds trigger, grip",
  ],
  [
    "cursor.anna.b.right",
    { position: [0, 1, 2], heldbuttons: [] },
    "right hand · at 0.00 1.00 2.00",
  ],
  ["cursor.anna", { position: [0, 1, 2] }, "cursor · at 0.00 1.00 2.00"],
  [
    "transform.simulation",
    { transform: PLACE, parent: "root" },
    "placed in root · at 0.00 1.00 2.00 · 0° · ×2.00",
  ],
  ["transform.root", { transform: PLACE, parent: null }, "placed at 0.00 1.00 2.00 · 0° · ×2.00"],
  [
    "object.shape.ball",
    { shape: "sphere", position: [0, 1, 2], parent: "simulation" },
    "sphere · at 0.00 1.00 2.00 · in simulation",
  ],
  [
    "object.line.x",
    {
      positions: [
        [0, 0, 0],
        [1, 1, 1],
      ],
    },
    "line through 2 points",
  ],
  ["object.line.x", { positions: [] }, "line through 0 points"],
  [
    "object.label.x",
    { text: "here", position: [0, 1, 2], parent: "" },
    'label "here" · at 0.00 1.00 2.00',
  ],
  ["object.label.x", { text: `${"a".repeat(39)}😀` }, `label "${"a".repeat(39)}"`],
  ["object.sprite.x", { texture: "abc", position: [0, 1, 2] }, "picture · at 0.00 1.00 2.00"],
  [
    "handle.x",
    { parent: "box", sphere: [[0, 0, 0], 0.25], translate: true, rotate: true, scale: false },
    "handle of box · moves, turns",
  ],
  ["handle.x", { parent: "box" }, "handle of box"],
  [
    "panel.x",
    {
      label: "Tools",
      elements: [{ type: "header" }, { type: "button" }, { type: "button" }, { type: "slider" }],
    },
    "panel Tools · 2 buttons, 1 slider",
  ],
  ["panel.x", { elements: [] }, "panel"],
  ["mark.checkpoint", 3, "checkpoint 3"],
])("says what %s is", (key, value, text) => {
  expect(describeKey(key, value)?.text).toBe(text);
});

it("shows the colour of what is drawn, and names the parts of a transform", () => {
  const color = [1, 0, 0.5, 1];
  expect(describeKey("object.shape.x", { shape: "cube", color })?.swatch).toBe("rgb(255, 0, 128)");
  expect(partName("transform.x", ["transform", 4])).toBe("rotation y");
  expect(partName("transform.x", ["transform"])).toBeNull();
  expect(partName("transform.x", ["other", 4])).toBeNull();
});

const ODD: readonly unknown[] = [
  ...[null, true, 5, -1.5, "x", "", [], {}, [[]], [null, "x", {}], { $nvj: "nan" }],
  { $nvj: "cut", kind: "list", head: [1], length: 9e9 },
];
const FIELDS = [
  ...["name", "selected", "particle_ids", "components", "position", "positions", "rotation"],
  ...["heldbuttons", "transform", "parent", "shape", "text", "texture", "color", "sphere"],
  ...["translate", "label", "elements", "type"],
];
const KEYS = [
  ...["scene", "avatar.x", "selection.x", "interaction.x", "user-origin.x", "playarea.x"],
  ...["update.index.x", "suggested.avatars.hidden", "cursor.", "cursor.x.left", "transform.x"],
  ...["object.", "object.shape.x", "object.line.x", "object.label.x", "object.sprite.x"],
  ...["object.new.x", "handle.x", "panel.x", "mark.checkpoint", "mark.x"],
];

it.each(KEYS)("never fails for any value of %s", (key) => {
  for (const odd of ODD) {
    const values = [
      odd,
      ...FIELDS.map((name) => ({ [name]: odd })),
      [odd, odd],
      { elements: [odd] },
    ];
    values.push(Object.fromEntries(FIELDS.map((name) => [name, odd])));
    for (const value of values) {
      const text = describeKey(key, value as PageValue)?.text;
      expect(text ?? "x").not.toMatch(/undefined|\[object|^$/);
      if (!key.startsWith("suggested.")) expect(text ?? "").not.toContain("NaN");
    }
  }
});

it("shows plainly what only has the name", () => {
  for (const value of [null, 5, "x", [], {}, { name: 5 }, { name: "x", components: "y" }]) {
    for (const key of ["scene", "selection.x", "interaction.x", "user-origin.x", "playarea.x"]) {
      expect(describeKey(key, value)).toBeNull();
    }
  }
});

it("lets nothing but numbers into a colour", () => {
  const painted = (color: unknown) =>
    describeKey("avatar.x", { name: "x", components: [], color: color as never })?.swatch;
  expect(painted(["red; background: url(//evil)", 0, 0])).toBeNull();
  expect(painted([9, -1, 0.5, 1])).toBe("rgb(255, 0, 128)");
});

it("sums up a closed branch", () => {
  const entries = ["selection.root", "selection.ligand"].map((key) => ({
    key,
    value: world.get(key) ?? null,
  }));
  expect(describeBranch(entries, 5)).toBe("Root 21 atoms, Ligand 21 atoms, … 3 more");
});
