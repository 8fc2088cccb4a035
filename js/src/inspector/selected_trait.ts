/** The chosen key is a trait: Python sees it and can set it. */

import type { Bench } from "./bench.ts";

export function followSelectedTrait({ host, selected, select, signal }: Bench): void {
  const chosenKey = () => selected.get()?.place?.key ?? null;
  const read = () => {
    const wanted = host.get("selected");
    if (wanted === chosenKey()) return;
    select(wanted === null ? null : { key: wanted, path: [] });
  };
  selected.observe(() => host.set("selected", chosenKey()), signal);
  host.observe("selected", read, signal);
  read();
}
