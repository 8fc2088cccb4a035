import { expect, it } from "vitest";
import { avatar, normalWorld } from "../../dev/scenes.ts";
import { describeBranch, describeKnown, partName } from "../../src/inspector/known.ts";

const world = normalWorld();
const say = (key: string) => describeKnown(key, world.get(key) ?? null);

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
  expect(describeKnown("playarea.x", area)?.text).toBe("3.0 m by 4.0 m");
  expect(partName("scene", [4])).toBe("rotation y");
  expect(partName("scene", [10])).toBeNull();
  expect(describeKnown("avatar.x", avatar(0, 0))).toEqual({
    text: "Anna · headset, 2 hands",
    swatch: "rgb(227, 87, 46)",
  });
});

it("shows plainly what only has the name", () => {
  for (const value of [null, 5, "x", [], {}, { name: 5 }, { name: "x", components: "y" }]) {
    for (const key of ["scene", "selection.x", "interaction.x", "user-origin.x", "playarea.x"]) {
      expect(describeKnown(key, value)).toBeNull();
    }
  }
});

it("lets nothing but numbers into a colour", () => {
  const painted = (color: unknown) =>
    describeKnown("avatar.x", { name: "x", components: [], color: color as never })?.swatch;
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
