/** Synchronize the selected key with the trait `selected`. */

import type { InspectorContext } from "../context.ts";

export function followSelectedTrait(context: InspectorContext): void {
  const { host, selected, select, shown, signal } = context;
  const chosenKey = () => selected.get()?.place?.key ?? null;
  /** Chosen before it is there: where it is folded away it is opened once it has come. */
  let awaited: string | null = null;
  const read = () => {
    const wanted = host.get("selected");
    if (wanted === chosenKey()) return;
    awaited = wanted !== null && !shown.get().entries.has(wanted) ? wanted : null;
    select(wanted === null ? null : { key: wanted, path: [] });
  };
  context.onDraw(() => {
    if (awaited === null) return;
    const key = awaited;
    if (chosenKey() !== key) awaited = null;
    else if (shown.get().entries.has(key)) {
      awaited = null;
      select({ key, path: [] });
    }
  });
  selected.observe(() => host.set("selected", chosenKey()), signal);
  host.observe("selected", read, signal);
  read();
}
