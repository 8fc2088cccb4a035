/**
 * Show all views on a fake kernel, without Jupyter.
 *
 *   ?theme=light|dark|none     JupyterLab's theme variables, or none
 *   ?scene=normal|empty|huge|hostile|lost|connecting|closed|busy|gone|silent|cooperative|nolocks|slow
 *   ?tool=simulation|inspector|palette|locks|all    a control room with that tab, or three widgets
 *   ?still                     no changes
 */

import type { PageRecord, PageValue } from "../src/protocol/common.ts";
import room from "../src/widgets/control_room.ts";
import inspector from "../src/widgets/inspector.ts";
import locks from "../src/widgets/locks.ts";
import palette from "../src/widgets/palette.ts";
import { ABILITIES, FakeKernel, type FakeKernelOptions } from "./fake_kernel.ts";
import { FakeModel } from "./fake_model.ts";
import {
  COMMANDS,
  hostileWorld,
  hugeWorld,
  LEASES,
  LOCK_NEWS,
  moves,
  normalWorld,
} from "./scenes.ts";

const wanted = new URLSearchParams(location.search);
const scene = wanted.get("scene") ?? "normal";
const tool = wanted.get("tool") ?? "all";
const theme = wanted.get("theme") ?? "none";
if (theme !== "none") document.documentElement.dataset.theme = theme;

const PLOTS = ["energy.potential", "system.temperature"];

const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function run(name: string, args: PageRecord): Promise<PageValue> {
  await wait(name === "user/slow" ? 6 : 0.31);
  if (name === "broken") throw new Error("Exception calling application: no simulation is loaded");
  if (name === "playback/list") return { simulations: ["nanotube", "methane", "17-ala"] };
  if (name === "user/checkpoint") return { result: "Saved as “draft”.", frame: 1200, ...args };
  return {};
}

function world(): NonNullable<FakeKernelOptions["state"]> {
  if (scene === "empty") return {};
  if (scene === "huge") return hugeWorld();
  return scene === "hostile" ? hostileWorld() : normalWorld();
}

const STATUSES = {
  lost: { state: "lost", reason: "connection refused", attempt: 2, since: 4 },
  connecting: { state: "connecting", reason: "connection refused", since: 2 },
  loading: { state: "loading", received: 2_100_000, since: 12 },
  closed: { state: "closed", reason: "closed by client.close()", since: 2 },
  cooperative: { abilities: { ...ABILITIES, transport: "websocket", locks: "cooperative" } },
  nolocks: { abilities: { ...ABILITIES, transport: "websocket", locks: "none" } },
} as const;

function start(definition: typeof room, traits: Readonly<Record<string, unknown>>): void {
  const empty = scene === "empty";
  const model = new FakeModel(traits);
  const kernel = new FakeKernel(model, {
    state: world(),
    commands: empty ? [] : COMMANDS,
    leases: empty ? [] : LEASES,
    ...(empty ? {} : { lockUpdates: LOCK_NEWS }),
    run,
    answers: {
      module: async ({ name }) => ({ name, source: await (await fetch(`dist/${name}.js`)).text() }),
    },
    lock: (keys) => !keys.includes("selection.root"),
  });
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el });
  Object.assign(window, { kernel, model });

  let time = 0;
  const moving = !wanted.has("still") && !empty && scene !== "lost" && scene !== "silent";
  const beat = () => {
    kernel.sendHeartbeat({ age: 0.1, rate: moving ? 31 : 0, frames: moving ? 30 : 0 });
    if (!empty) kernel.sendSimulation({ state: moving ? "playing" : "paused", time });
  };
  setInterval(() => {
    if (!moving || scene === "gone") return;
    time += 1 / 30;
    for (const [key, value] of moves(time)) kernel.set(key, value);
    kernel.sendDelta();
    kernel.sendRows([Date.now() / 1000], {
      "system.simulation.time": [time],
      "energy.potential": [1200 + 12 * Math.sin(time) + 4 * Math.random()],
      "system.temperature": [300 + 8 * Math.random()],
    });
  }, 33);
  setInterval(() => {
    if (scene !== "silent" && scene !== "gone") beat();
  }, 1000);
  setTimeout(() => {
    beat();
    if (scene in STATUSES) kernel.sendStatus(STATUSES[scene as keyof typeof STATUSES]);
    if (scene === "gone") {
      kernel.busy = true;
      model.emit("comm_live_update");
    }
    if (scene === "busy") {
      kernel.busy = true;
      el.querySelector<HTMLElement>(".nvj-palette-left .nvj-toolbar button")?.click();
    }
  }, 300);
}

if (tool === "all") {
  start(inspector, { query: wanted.get("query") ?? "", height: 320 });
  start(palette, { height: 300 });
  start(locks, { height: 220 });
} else
  start(room, {
    tool,
    query: wanted.get("query") ?? "",
    height: 420,
    plots: PLOTS,
    plot_window: 60,
  });
