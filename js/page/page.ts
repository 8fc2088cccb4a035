/**
 * The page of the page tests: mounts widgets as anywidget does, without Jupyter.
 *
 * Their Python half is in the test's process. A WebSocket carries the messages of their comms,
 * and tells which widgets to show.
 */

import { BridgeModel, type ModelMessage } from "./bridge_model.ts";
import { decodeFrame, type Frame } from "./frames.ts";

interface Definition {
  initialize?(props: { model: BridgeModel; signal: AbortSignal }): unknown;
  render?(props: { model: BridgeModel; el: HTMLElement; signal: AbortSignal }): unknown;
}

/** A widget that Python has opened. */
interface Widget {
  readonly model: BridgeModel;
  readonly definition: Promise<Definition>;
  readonly life: AbortController;
}

const widgets = new Map<string, Widget>();

const socket = new WebSocket(`ws://${location.host}/comms`);
socket.binaryType = "arraybuffer";
socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
  handle(decodeFrame(data));
});

function handle({ header, buffers }: Frame): void {
  const comm = String(header.comm);
  const widget = widgets.get(comm);
  switch (header.op) {
    case "open":
      open(comm, header.state as Readonly<Record<string, unknown>>);
      break;
    case "show":
      void show(comm, String(header.output));
      break;
    case "update":
      widget?.model.update(header.state as Readonly<Record<string, unknown>>);
      break;
    case "echo_update":
      widget?.model.echo(header.state as Readonly<Record<string, unknown>>);
      break;
    case "custom":
      widget?.model.receive(header.content, buffers);
      break;
    case "close":
      widgets.delete(comm);
      widget?.life.abort();
      widget?.model.lose();
      break;
    default:
      console.error(`the bridge sent an unknown operation: ${header.op}`);
  }
}

function open(comm: string, state: Readonly<Record<string, unknown>>): void {
  const send = (message: ModelMessage) => socket.send(JSON.stringify({ comm, ...message }));
  const model = new BridgeModel(state, send);
  const life = new AbortController();
  const definition =
    typeof state._esm === "string" ? load(state._esm, model, life.signal) : Promise.resolve({});
  addStyle(String(state._anywidget_id), state._css);
  widgets.set(comm, { model, definition, life });
}

/** Imports a widget's module from its text, which is what a page gets of it. */
async function load(source: string, model: BridgeModel, signal: AbortSignal): Promise<Definition> {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const module: { default: Definition } = await import(address);
  URL.revokeObjectURL(address);
  await module.default.initialize?.({ model, signal });
  return module.default;
}

function addStyle(id: string, css: unknown): void {
  if (typeof css !== "string" || document.getElementById(id) !== null) return;
  const style = document.createElement("style");
  style.id = id;
  style.textContent = css;
  document.head.append(style);
}

/** Renders one more view of a widget, below those that are there. */
async function show(comm: string, output: string): Promise<void> {
  const widget = widgets.get(comm);
  if (widget === undefined) return;
  const el = document.createElement("div");
  el.className = "test-output";
  el.dataset.output = output;
  document.body.append(el);
  const definition = await widget.definition;
  const { signal } = widget.life;
  if (signal.aborted) return;
  const cleanUp = await definition.render?.({ model: widget.model, el, signal });
  signal.addEventListener("abort", () => {
    if (typeof cleanUp === "function") cleanUp();
    el.remove();
  });
}
