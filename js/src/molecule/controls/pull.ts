/** Pulling of atoms: the requests to the kernel, and the options of the Pull mode. */

import type { Host } from "../../kernel/host.ts";
import { reasonOf } from "../../text/format.ts";
import { randomName } from "../../text/random_name.ts";
import { visible } from "../../text/visible_text.ts";
import { h } from "../../ui/html.ts";
import { onAbort } from "../../ui/lifetime.ts";
import { PULL } from "../strings.ts";
import type { Vector } from "../types.ts";

/** Milliseconds between two messages while the pointer moves; each costs JupyterLab about 10 ms. */
const MOVE_MS = 60;
/** The kernel ends a pull of which it hears nothing for 800 ms. */
const ALIVE_MS = 250;
const DEFAULT_SCALE = 200;

export type PullWhat = keyof typeof PULL.whats;

export interface Puller {
  /** The options, shown in the Pull mode. */
  readonly element: HTMLElement;
  what(): PullWhat;
  readonly isPulling: boolean;
  start(atoms: readonly number[], position: Vector): void;
  move(position: Vector): void;
  end(): void;
}

export function createPuller(
  host: Host,
  onStatus: (text: string) => void,
  signal: AbortSignal,
): Puller {
  const choice = (label: string, options: Readonly<Record<string, string>>) => {
    const select = h(
      "select",
      { "aria-label": label, title: label },
      ...Object.entries(options).map(([value, text]) => h("option", { value }, text)),
    );
    return select;
  };
  const what = choice(PULL.what, PULL.whats);
  const kind = choice(PULL.kind, PULL.kinds);
  const scale = h("input", {
    type: "number",
    value: DEFAULT_SCALE,
    min: 1,
    step: 50,
    "aria-label": PULL.scale,
    title: PULL.scale,
  });
  const element = h("div", { class: "nvj-molecule-pull" }, what, kind, scale);

  /** The pull's name, until it has ended. */
  let pull: string | null = null;
  let position: Vector = [0, 0, 0];
  let sentAt = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const stop = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    pull = null;
  };
  const send = () => {
    if (pull === null) return;
    if (timer !== null) clearTimeout(timer);
    sentAt = performance.now();
    host.notify("pull_move", { pull, position });
    timer = setTimeout(send, ALIVE_MS);
  };
  const end = () => {
    if (pull === null) return;
    host.notify("pull_end", { pull });
    stop();
    onStatus("");
  };

  host.on(
    "pull_ended",
    ({ body }, forMe) => {
      if (!forMe || body.pull !== pull) return;
      stop();
      onStatus(PULL.ended(visible(body.reason, 200)));
    },
    signal,
  );
  onAbort(signal, end);

  return {
    element,
    what: () => what.value as PullWhat,
    get isPulling() {
      return pull !== null;
    },
    start(atoms, at) {
      end();
      const name = randomName();
      pull = name;
      position = at;
      onStatus(PULL.pulling(atoms.length));
      const number = Number(scale.value);
      const body = {
        pull: name,
        atoms,
        position: at,
        kind: kind.value,
        scale: Number.isFinite(number) && scale.value !== "" ? number : DEFAULT_SCALE,
      };
      host.request("pull_start", body).catch((error: unknown) => {
        if (pull !== name) return;
        stop();
        onStatus(PULL.failed(visible(reasonOf(error), 200)));
      });
      timer = setTimeout(send, ALIVE_MS);
    },
    move(at) {
      if (pull === null) return;
      position = at;
      const wait = MOVE_MS - (performance.now() - sentAt);
      if (wait <= 0) send();
      else {
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(send, wait);
      }
    },
    end,
  };
}
