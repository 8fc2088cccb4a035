/**
 * The page of the page tests, which mounts widgets as anywidget does, without Jupyter.
 *
 * The Python side runs in the test process. A WebSocket carries the comm messages and the commands
 * to show widgets.
 */

import { BridgeModel, type ModelMessage } from "./bridge_model.ts";
import { decodeFrame, type Frame } from "./frames.ts";

interface Definition {
  initialize?(props: { model: BridgeModel; signal: AbortSignal }): unknown;
  render?(props: { model: BridgeModel; el: HTMLElement; signal: AbortSignal }): unknown;
}

/** A widget opened by Python. */
interface Widget {
  readonly model: BridgeModel;
  readonly definition: Promise<Definition>;
  readonly controller: AbortController;
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
      widget?.controller.abort();
      widget?.model.lose();
      break;
    default:
      console.error(`Unknown operation from the bridge: ${header.op}`);
  }
}

function open(comm: string, state: Readonly<Record<string, unknown>>): void {
  const send = (message: ModelMessage) => socket.send(JSON.stringify({ comm, ...message }));
  const model = new BridgeModel(state, send);
  const controller = new AbortController();
  const definition =
    typeof state._esm === "string"
      ? load(state._esm, model, controller.signal)
      : Promise.resolve({});
  addStyle(String(state._anywidget_id), state._css);
  widgets.set(comm, { model, definition, controller });
}

/** Import a widget's module from its source. */
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

/** Render another view of a widget below the existing ones. */
async function show(comm: string, output: string): Promise<void> {
  const widget = widgets.get(comm);
  if (widget === undefined) return;
  const el = document.createElement("div");
  el.className = "test-output";
  el.dataset.output = output;
  document.body.append(el);
  const definition = await widget.definition;
  const { signal } = widget.controller;
  if (signal.aborted) return;
  const cleanUp = await definition.render?.({ model: widget.model, el, signal });
  signal.addEventListener("abort", () => {
    if (typeof cleanUp === "function") cleanUp();
    el.remove();
  });
}
