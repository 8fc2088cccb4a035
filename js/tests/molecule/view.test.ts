// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeKernelOptions } from "../../dev/fake_kernel.ts";
import type { CreateRenderer } from "../../src/molecule/molecule_module.ts";
import { VERSION } from "../../src/protocol/common.ts";
import room from "../../src/widgets/control_room.ts";
import molecule from "../../src/widgets/molecule.ts";
import * as chunk from "../../src/widgets/molecule_chunk.ts";
import * as simulationChunk from "../../src/widgets/simulation_chunk.ts";
import {
  click,
  find,
  findAll,
  HOSTILE,
  type Mounted,
  mountWidget,
  pass,
  useFakePage,
} from "../support.ts";
import { EPOCH, FakeRenderer, row, sendFrame, sendMolecule } from "./bodies.ts";

useFakePage();

const renderers: FakeRenderer[] = [];
let hasWebGL = true;
const createRenderer: CreateRenderer = () => {
  if (!hasWebGL) return null;
  renderers.push(new FakeRenderer());
  return renderers.at(-1) ?? null;
};
vi.mock("../../src/kernel/lazy_module.ts", () => ({
  loadModule: async (_host: unknown, name: string) => {
    if (name === "molecule_renderer") return { createRenderer };
    return name === "molecule_view" ? chunk : simulationChunk;
  },
}));

const TRAITS = {
  representation: "auto",
  color_by: "auto",
  selected: [],
  camera: {},
  layers: ["box", "people", "forces", "labels"],
  quality: "automatic",
};
const ANSWERS = {
  watch_molecule: () => ({ epoch: EPOCH }),
  unwatch_molecule: () => null,
  describe_atoms: () => ({ atoms: [] }),
  pull_start: () => null,
};

async function mount(
  traits: Readonly<Record<string, unknown>> = {},
  options: FakeKernelOptions = {},
): Promise<Mounted> {
  const answers = { ...ANSWERS, ...options.answers };
  const mounted = await mountWidget(molecule, { ...options, answers }, { ...TRAITS, ...traits });
  // The picture is drawn in frames of an animation.
  await pass(0.2);
  return mounted;
}
const show = async ({ model }: Mounted) => {
  sendMolecule(model);
  sendFrame(model);
  await pass(0.1);
};
const renderer = (): FakeRenderer => {
  const newest = renderers.at(-1);
  if (newest === undefined) throw new Error("no renderer");
  return newest;
};
const sent = ({ kernel }: Mounted, op: string) => kernel.received.filter((each) => each.op === op);
const button = (el: HTMLElement, text: string) => {
  const found = findAll(el, "button").find((each) => each.textContent === text);
  if (found === undefined) throw new Error(`no button ${text}`);
  return found;
};
const message = (el: HTMLElement) => find(el, ".nvj-molecule-message");

beforeEach(() => {
  renderers.length = 0;
  hasWebGL = true;
});

describe("the picture", () => {
  it("is drawn when the molecule and its positions have arrived", async () => {
    const mounted = await mount();
    expect(message(mounted.el).textContent).toBe("Waiting for the molecule…");
    await show(mounted);

    expect(renderer().structure?.atoms).toBe(3);
    expect(renderer().positions?.count).toBe(3);
    expect(message(mounted.el).hidden).toBe(true);
    expect(find(mounted.el, ".nvj-molecule-facts").textContent).toBe("3 atoms · 1.50 ps");
    expect(find(mounted.el, "[role=application]").getAttribute("aria-label")).toContain("3 atoms");
  });

  it("is not drawn again while nothing changes", async () => {
    await show(await mount());
    const before = renderer().draws;
    await pass(3);

    expect(renderer().draws).toBe(before);
  });

  it("fits the molecule until the user moves the camera", async () => {
    const mounted = await mount();
    await show(mounted);
    expect(renderer().camera?.target).toEqual([1, 0, 0]);
    const far = row(3).map((each) => each + 10);
    sendFrame(mounted.model, { seq: 2 }, far);
    await pass(0.1);
    expect(renderer().camera?.target).toEqual([1, 0, 0]);

    // Another number of atoms is another molecule.
    sendMolecule(mounted.model, { revision: 2, atoms: 5 });
    sendFrame(mounted.model, { revision: 2, seq: 3 }, row(5));
    await pass(0.1);
    expect(renderer().camera?.target).toEqual([2, 0, 0]);
  });

  it("looks from where the trait says", async () => {
    const camera = { target: [5, 6, 7], rotation: [0, 0, 0, 1], height: 3 };
    const mounted = await mount({ camera });
    await show(mounted);
    expect(renderer().camera).toEqual(camera);
    mounted.model.set("camera", { target: [0, 0, 0], height: 2 });
    await pass(1);
    expect(renderer().camera).toMatchObject({ target: [0, 0, 0], height: 2 });
  });

  it("has the box only if the layer is shown", async () => {
    const mounted = await mount();
    sendMolecule(mounted.model);
    sendFrame(mounted.model, { box: [1, 0, 0, 0, 1, 0, 0, 0, 1] });
    await pass(0.1);
    expect(renderer().shapes).toHaveLength(12);
    mounted.model.set("layers", []);
    await pass(0.1);
    expect(renderer().shapes).toHaveLength(0);
  });
});

describe("what is missing", () => {
  it("is said in place of the picture", async () => {
    const { model, el } = await mount();
    sendMolecule(model, { atoms: 0, problem: HOSTILE });
    await pass(0.1);
    expect(message(el).textContent).toBe(HOSTILE);
    sendMolecule(model, { revision: 2, atoms: 0 });
    await pass(0.1);
    expect(message(el).textContent).toContain("No molecule is shown.");
    sendMolecule(model, { revision: 3, atoms: 2 });
    await pass(0.1);
    expect(message(el).textContent).toBe("The server has not sent positions yet.");
    expect(el.querySelector("img")).toBeNull();
  });

  it("is said without WebGL, and everything else works", async () => {
    hasWebGL = false;
    const mounted = await mount();
    await show(mounted);

    expect(message(mounted.el).textContent).toContain("This browser has no WebGL 2");
    expect(find(mounted.el, ".nvj-molecule-facts").textContent).toBe("3 atoms · 1.50 ps");
  });

  it("is listed in notes", async () => {
    const { model, el } = await mount();
    sendMolecule(model, { notes: ["Drawn as tube: A (cartoon)."] });
    sendFrame(model, { problem: "1 atom has no finite position, of 3." });
    await pass(0.1);
    const notes = find(el, ".nvj-molecule-notes");

    expect(notes.textContent).toBe("1 atom has no finite position, of 3. (1 more)");
    expect(notes.title).toContain("Drawn as tube");
  });

  it("a still picture can be refreshed", async () => {
    const mounted = await mount();
    sendMolecule(mounted.model, { is_still: true });
    sendFrame(mounted.model);
    await pass(0.1);
    const before = sent(mounted, "watch_molecule").length;
    click(button(mounted.el, "Refresh"));

    expect(sent(mounted, "watch_molecule")).toHaveLength(before + 1);
    expect(sent(mounted, "watch_molecule").at(-1)?.body).toEqual({ epoch: EPOCH, revision: 1 });
  });
});

describe("frames", () => {
  it("are acknowledged at half of the window, or after a quarter of a second", async () => {
    const mounted = await mount();
    sendMolecule(mounted.model, { window: 4 });
    sendFrame(mounted.model, { seq: 1 });
    expect(sent(mounted, "ack_molecule")).toEqual([]);
    sendFrame(mounted.model, { seq: 2 });
    expect(sent(mounted, "ack_molecule").at(-1)?.body).toEqual({ seq: 2 });
    sendFrame(mounted.model, { seq: 3 });
    await pass(0.3);
    expect(sent(mounted, "ack_molecule").at(-1)?.body).toEqual({ seq: 3 });
  });

  it("are acknowledged even if they cannot be used", async () => {
    const mounted = await mount();
    sendMolecule(mounted.model);
    sendFrame(mounted.model, { seq: 9, revision: 7 });
    await pass(0.3);

    expect(sent(mounted, "ack_molecule").at(-1)?.body).toEqual({ seq: 9 });
    expect(renderer().positions).toBeNull();
  });

  it("are asked for again if nothing comes", async () => {
    const mounted = await mount();
    await pass(8);

    expect(sent(mounted, "watch_molecule").length).toBeGreaterThan(1);
  });
});

describe("the toolbar", () => {
  it("sets the traits", async () => {
    const { el, model } = await mount();
    click(button(el, "Style: Automatic"));
    click(find(el, ".nvj-menu:not([hidden]) [role^=menuitem]:nth-child(4)"));
    expect(model.get("representation")).toBe("spheres");
    expect(button(el, "Style: Spheres")).toBeDefined();
    model.set("color_by", "array");
    expect(button(el, "Color: From an array")).toBeDefined();
  });

  it("shows names of selections as text", async () => {
    const { el, model } = await mount();
    const selection = { key: "selection.a", atoms: 2, renderer: "x", drawn: "tube", hidden: false };
    sendMolecule(model, { selections: [{ ...selection, name: HOSTILE }] });
    await pass(0.1);
    click(button(el, "Selections"));

    expect(find(el, ".nvj-menu:not([hidden])").textContent).toBe(
      `${HOSTILE}2 atoms · drawn as tube`,
    );
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("selecting", () => {
  it("keeps the order of the clicks, and measures", async () => {
    const mounted = await mount();
    await show(mounted);
    mounted.model.set("selected", [2, 0]);
    await pass(0.1);

    expect([...(renderer().emphasis ?? [])]).toEqual([1, 0, 1]);
    expect(find(mounted.el, ".nvj-molecule-atoms").textContent).toContain("Distance 2.000 nm");
    expect(find(mounted.el, ".nvj-molecule-labels").textContent).toBe("2.000 nm");
  });

  it("forgets atoms that another molecule does not have", async () => {
    const mounted = await mount({ selected: [0, 2] });
    await show(mounted);
    sendMolecule(mounted.model, { revision: 2, atoms: 1 });
    await pass(0.1);

    expect(mounted.model.get("selected")).toEqual([0]);
  });

  it("of a selection in the inspector lights up its atoms", async () => {
    const answers = { ...ANSWERS, selection_atoms: () => ({ atoms: [1] }) };
    const traits = {
      ...TRAITS,
      selected: null,
      selected_atoms: [],
      pins: [],
      plots: [],
      plot_window: 10,
    };
    const mounted = await mountWidget(room, { answers }, traits);
    await pass(0.2);
    mounted.kernel.sendRows([1000], { "energy.potential": [1] });
    await pass(0.2);
    await show(mounted);
    mounted.model.set("selected", "selection.a");
    await pass(0.1);

    expect(mounted.model.get("selected_atoms")).toEqual([1]);
    mounted.model.set("selected", "scene");
    await pass(0.1);
    expect(sent(mounted, "selection_atoms")).toHaveLength(1);
  });
});

describe("a picture for Python", () => {
  const ask = (mounted: Mounted) => {
    const body = { capture: "c1", width: 100, height: null, transparent: true };
    const client = mounted.kernel.received[0]?.client;
    mounted.model.receive({ v: VERSION, op: "capture", client, body });
  };

  it("is sent", async () => {
    const mounted = await mount();
    await show(mounted);
    ask(mounted);
    await pass(0.1);

    expect(sent(mounted, "capture_result")[0]?.body).toEqual({ capture: "c1", error: "" });
  });

  it("is refused with a reason", async () => {
    hasWebGL = false;
    const mounted = await mount();
    await show(mounted);
    ask(mounted);
    await pass(0.1);

    expect(sent(mounted, "capture_result")[0]?.body).toMatchObject({
      error: expect.stringContaining("no WebGL 2"),
    });
  });
});

it("a view that ends releases its renderer and asks for nothing", async () => {
  const mounted = await mount();
  await show(mounted);
  mounted.end();

  expect(renderer().isDisposed).toBe(true);
});
