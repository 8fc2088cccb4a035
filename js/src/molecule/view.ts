/** The view of the molecule: the picture, the controls over it, and the selected atoms. */

import { loadModule } from "../kernel/lazy_module.ts";
import type { ToolContext } from "../panel/tool.ts";
import { download, fileName } from "../simulation/save.ts";
import { reasonOf } from "../text/format.ts";
import { visible as visibleText } from "../text/visible_text.ts";
import { fill, h, setAttribute, setText } from "../ui/html.ts";
import { debounced, every, listen, oncePerFrame } from "../ui/lifetime.ts";
import type { Readable } from "../ui/signal.ts";
import { createCameraControl } from "./camera_control.ts";
import { createAtomPanel } from "./controls/atom_panel.ts";
import { addGestures, type Mode } from "./controls/gestures.ts";
import { createPuller } from "./controls/pull.ts";
import { createPullGesture } from "./controls/pull_gesture.ts";
import { createToolbar } from "./controls/toolbar.ts";
import { measure } from "./data/measure.ts";
import { createMoleculeWatch } from "./data/molecule_watch.ts";
import { createLabels } from "./labels.ts";
import { createRendererOf } from "./molecule_module.ts";
import { orbit, pan, project, unproject, zoom } from "./scene/camera.ts";
import { eachPosition, positionAt } from "./scene/positions.ts";
import { type CanvasProblem, createSceneCanvas } from "./scene_canvas.ts";
import { createSceneContent } from "./scene_content.ts";
import { createSelection } from "./selection.ts";
import { createStill } from "./still.ts";
import { ATOMS, MODES, measurementText, PULL, VIEW } from "./strings.ts";
import { ATOM } from "./types.ts";

const SELECTION = "selection.";
const DESCRIBE_MS = 120;
const TICK_MS = 1000;
const FRAME_TIMEOUT = 5000;

export interface MoleculeViewOptions {
  /** Whether the view is in sight. */
  readonly visible: Readable<boolean>;
  /** Whether the trait `selected` is the key that an inspector shows. */
  readonly hasInspector: boolean;
}

/** Create the content of `element`. */
export function createMoleculeView(
  context: ToolContext,
  element: HTMLElement,
  { visible, hasInspector }: MoleculeViewOptions,
): void {
  const { host, signal, announce } = context;
  const facts = h("div", { class: "nvj-molecule-chip nvj-molecule-facts" });
  const notes = h("div", { class: "nvj-molecule-chip nvj-molecule-notes", hidden: true });
  const status = h("div", { class: "nvj-molecule-chip nvj-molecule-status", hidden: true });
  const message = h("div", { class: "nvj-molecule-message", role: "status", hidden: true });
  const refresh = h("button", { type: "button", class: "nvj-link", hidden: true }, VIEW.refresh);
  let mode: Mode = "orbit";
  let hovered: number | null = null;
  let hoverPlace: { x: number; y: number } | null = null;
  let problem: CanvasProblem = "none";
  let pullText = "";

  // the data ----------------------------------------------------------------------

  const watch = createMoleculeWatch(context, visible, (change) => {
    if (change === "structure") onStructure();
    else onFrame();
  });
  const { store } = watch;
  let fittedAtoms = -1;
  const onStructure = () => {
    pulling.onStructure();
    const count = store.structure?.atoms ?? 0;
    if (hovered !== null && hovered >= count) hovered = null;
    // Atoms of another molecule; without one, the selection waits for it.
    if (count > 0) selection.set(selection.atoms().filter((atom) => atom < count));
    canvas.announce("structure", "positions", "emphasis", "shapes");
    panel.refresh();
    update();
  };
  const onFrame = () => {
    const atoms = store.positions?.count ?? 0;
    // Another molecule: look at it, unless the user has chosen where to look.
    if (store.positions !== null && atoms !== fittedAtoms) {
      fittedAtoms = atoms;
      camera.refit();
    }
    canvas.announce("positions", "shapes");
    still.changed();
    for (const fn of onNextFrame.splice(0)) fn();
    panel.move();
    update();
  };

  /** Resolves after the next frame, or after a while without one. */
  const onNextFrame: (() => void)[] = [];
  const nextFrame = () =>
    new Promise<void>((resolve) => {
      onNextFrame.push(resolve);
      setTimeout(resolve, FRAME_TIMEOUT);
    });

  const content = createSceneContent(host, store, () => selection.atoms());

  // the parts ---------------------------------------------------------------------

  const labels = createLabels();
  const canvas = createSceneCanvas(
    {
      structure: () => store.structure,
      positions: () => store.positions,
      emphasis: () => selection.emphasis(store.structure?.atoms ?? 0, hovered),
      shapes: content.shapes,
      camera: () => camera.get(),
      onDrawn: (width, height) => labels.show(content.labels(), camera.get(), width, height),
    },
    {
      visible,
      load: () => loadModule(host, "molecule_renderer").then(createRendererOf),
      onProblem(next) {
        problem = next;
        update();
      },
      signal,
    },
  );
  const selection = createSelection(
    host,
    () => {
      canvas.announce("emphasis", "shapes");
      panel.refresh();
      update();
    },
    signal,
  );
  const aspect = () => {
    const { width, height } = canvas.size();
    return height > 0 ? width / height : 1;
  };
  const camera = createCameraControl(
    host,
    {
      positions: () => store.positions,
      aspect,
      hasPeople: () => (store.overlay?.people.length ?? 0) > 0,
    },
    () => canvas.announce("camera"),
    signal,
  );
  const still = createStill(host, canvas.size, canvas.capture);
  const puller = createPuller(
    host,
    (text) => {
      pullText = text;
      update();
    },
    signal,
  );
  const pulling = createPullGesture(host, puller, {
    store,
    selection,
    pick: canvas.pick,
    unproject: (place, through) =>
      unproject(camera.get(), place.x, place.y, canvas.size(), through),
    onProblem(text) {
      pullText = text;
      update();
    },
  });
  const measurement = () => {
    const measured = measure(content.measuredPoints());
    return measured === null ? "" : measurementText(measured, true);
  };
  const panel = createAtomPanel(
    context,
    {
      selected: selection.atoms,
      positionOf: (atom) => positionAt(store.positions, atom),
      measurement,
      select: selection.set,
    },
    visible,
  );
  const toolbar = createToolbar(
    host,
    {
      setMode,
      selections: () => store.body?.selections ?? [],
      chooseSelection(key) {
        if (hasInspector) host.set("selected", key);
        selectAtomsOf(key);
      },
      fit: () => camera.fit(),
      save,
    },
    signal,
  );
  const stage = h(
    "div",
    {
      class: "nvj-molecule-stage",
      role: "application",
      "aria-roledescription": VIEW.role,
      tabindex: 0,
    },
    canvas.element,
    labels.element,
    message,
    h("div", { class: "nvj-molecule-top" }, toolbar.modes, puller.element, toolbar.menus),
    h("div", { class: "nvj-molecule-bottom" }, h("div", {}, notes, facts), status),
  );
  element.append(stage, panel.element);

  // what is shown -------------------------------------------------------------------

  const emptyText = (): string => {
    if (problem === "unsupported") return VIEW.noWebGL;
    if (problem === "lost") return VIEW.lost;
    if (problem === "failed") return VIEW.loadFailed;
    const { body, positions } = store;
    if (body === null) return VIEW.waiting;
    if (body.problem !== "") return visibleText(body.problem, 300);
    if (body.atoms === 0 && positions === null) return VIEW.noAtoms;
    return positions === null ? VIEW.noPositions : "";
  };
  const draw = () => {
    const { body, frame } = store;
    const text = emptyText();
    setText(message, text);
    message.hidden = text === "";
    const atoms = body?.atoms ?? 0;
    setText(facts, VIEW.facts(atoms, frame?.time ?? null));
    facts.hidden = atoms === 0;
    const lines = [frame?.problem ?? "", ...(body?.notes ?? [])].filter((line) => line !== "");
    if (body?.is_still === true) lines.unshift(VIEW.still(atoms));
    const shown = lines.map((line) => visibleText(line, 200));
    fill(
      notes,
      (shown[0] ?? "") + (shown.length > 1 ? VIEW.more(shown.length - 1) : ""),
      body?.is_still === true ? refresh : null,
    );
    notes.title = shown.join("\n");
    notes.hidden = shown.length === 0;
    refresh.hidden = body?.is_still !== true;
    setAttribute(stage, "aria-label", VIEW.label(atoms, selection.atoms().length));
    const hint = mode === "pull" && pullText === "" ? PULL.hint : pullText;
    const hover = hovered === null || puller.isPulling ? "" : hoverText;
    const line = hover !== "" ? hover : hint !== "" ? hint : measurement();
    setText(status, line);
    status.hidden = line === "";
  };
  const update = oncePerFrame(draw, signal);
  function setMode(next: Mode): void {
    mode = next;
    stage.dataset.mode = next;
    toolbar.showMode(next);
    puller.element.hidden = next !== "pull";
    pullText = "";
    announce(MODES[next][1]);
    update();
  }

  // atoms under the pointer ---------------------------------------------------------

  let hoverText = "";
  const describeHovered = debounced(
    DESCRIBE_MS,
    () => {
      const atom = hovered;
      if (atom === null) return;
      host.request("describe_atoms", { atoms: [atom] }).then(
        ({ atoms: [found] }) => {
          if (found === undefined || hovered !== atom) return;
          const parts = [VIEW.atom(atom, found.element), found.name, found.residue];
          hoverText = parts
            .filter((part) => part !== "")
            .map((part) => visibleText(part, 40))
            .join(" · ");
          update();
        },
        () => undefined,
      );
    },
    signal,
  );
  const setHovered = (atom: number | null) => {
    if (atom === hovered) return;
    hovered = atom;
    hoverText = atom === null ? "" : VIEW.atom(atom, "");
    stage.classList.toggle("nvj-over-atom", atom !== null);
    canvas.announce("emphasis");
    describeHovered();
    update();
  };
  const hoverSoon = oncePerFrame(() => {
    setHovered(hoverPlace === null ? null : canvas.pick(hoverPlace.x, hoverPlace.y));
  }, signal);
  const flagOf = (atom: number): number => store.structure?.atomData[8 * atom + 3] ?? 0;

  const pick = (atom: number | null, isAdding: boolean) => {
    selection.pick(atom, isAdding);
    announce(atom === null ? VIEW.cleared : VIEW.picked(VIEW.atom(atom, "")));
  };

  // gestures ------------------------------------------------------------------------

  addGestures(
    stage,
    {
      mode: () => mode,
      orbit: (dx, dy) => camera.change((each) => orbit(each, dx, dy, canvas.size().height)),
      pan: (dx, dy) => camera.change((each) => pan(each, dx, dy, canvas.size().height)),
      zoom: (factor) => camera.change((each) => zoom(each, factor)),
      reset: () => camera.reset(),
      hover(place) {
        hoverPlace = place;
        hoverSoon();
      },
      click: (place, isAdding) => mode !== "pull" && pick(canvas.pick(place.x, place.y), isAdding),
      doubleClick(place) {
        const atom = canvas.pick(place.x, place.y);
        const at = atom === null ? null : positionAt(store.positions, atom);
        if (at === null) camera.fit();
        else camera.lookAt(at);
      },
      selectArea(from, to, isAdding) {
        const { width, height } = canvas.size();
        const found: number[] = isAdding ? [...selection.atoms()] : [];
        const inside = (value: number, a: number, b: number) =>
          value >= Math.min(a, b) && value <= Math.max(a, b);
        eachPosition(store.positions, 1, (point, atom) => {
          const { x, y, visible: isInFront } = project(camera.get(), point, width, height);
          if (!isInFront || (flagOf(atom) & ATOM.drawn) === 0) return;
          if (inside(x, from.x, to.x) && inside(y, from.y, to.y)) found.push(atom);
        });
        selection.set(found);
        announce(ATOMS.title(found.length));
      },
      startPull: pulling.start,
      movePull: pulling.move,
      endPull: pulling.end,
      step(by) {
        const count = store.structure?.atoms ?? 0;
        if (count === 0) return;
        const last = selection.atoms().at(-1);
        pick(last === undefined ? (by > 0 ? 0 : count - 1) : (last + by + count) % count, false);
      },
      escape: () => pick(null, false),
    },
    signal,
  );

  // pictures and selections -----------------------------------------------------------

  function save(): void {
    const { width, height } = canvas.size();
    const ratio = 2 * (window.devicePixelRatio || 1);
    const size = {
      width: Math.round(width * ratio),
      height: Math.round(height * ratio),
      transparent: false,
    };
    const fail = (reason: string) => {
      pullText = VIEW.saveFailed(reason);
      update();
    };
    canvas.capture(size, "image/png").then(
      (blob) => download(fileName("molecule", "png", new Date()), blob, element),
      (error: unknown) => fail(reasonOf(error)),
    );
  }
  /** Draw a picture for Python, of the newest frame also if the view is out of sight. */
  const capture = async (width: number, wantedHeight: number | null, transparent: boolean) => {
    const wasVisible = visible.get();
    const release = context.session.hold();
    try {
      if (!wasVisible) await nextFrame();
      if (!visible.get()) throw new Error(VIEW.tabHidden);
      if (store.positions === null) throw new Error(emptyText());
      const height = wantedHeight ?? Math.max(1, Math.round(width / aspect()));
      return await canvas.capture({ width, height, transparent }, "image/png");
    } finally {
      release();
    }
  };
  host.on(
    "capture",
    ({ body }, forMe) => {
      if (!forMe) return;
      const { capture: name, width, height, transparent } = body;
      capture(width, height, transparent)
        .then((blob) => blob.arrayBuffer())
        .then((data) => host.notify("capture_result", { capture: name, error: "" }, [data]))
        .catch((error: unknown) =>
          host.notify("capture_result", { capture: name, error: reasonOf(error) }),
        );
    },
    signal,
  );
  function selectAtomsOf(key: string): void {
    host.request("selection_atoms", { key }).then(
      ({ atoms }) => selection.set(atoms),
      // It may have been removed meanwhile.
      () => undefined,
    );
  }
  if (hasInspector) {
    host.observe(
      "selected",
      () => {
        const key = host.get("selected");
        if (key?.startsWith(SELECTION) === true) selectAtomsOf(key);
      },
      signal,
    );
  }
  listen(refresh, "click", watch.refresh, signal);
  const readQuality = () => canvas.setQuality(host.get("quality") ?? "automatic");
  host.observe("quality", readQuality, signal);
  readQuality();
  host.observe("layers", () => canvas.announce("shapes"), signal);
  visible.observe((isVisible) => {
    if (!isVisible) pulling.end();
  }, signal);
  every(
    TICK_MS,
    () => {
      if (visible.get()) still.tick();
    },
    signal,
  );
  setMode("orbit");
  panel.refresh();
  draw();
}
