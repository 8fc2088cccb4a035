/**
 * Load parts of the frontend on demand. The kernel sends their source on request instead of with
 * every widget. They are imported from a Blob, as anywidget imports widgets.
 */

import type { Host } from "./host.ts";

/** The exports of a module, unchecked. */
export type Module = Readonly<Record<string, unknown>>;
export type Importer = (source: string) => Promise<Module>;

async function importText(source: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as Module;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Shared by all widgets of the page. */
const loaded = new Map<string, Promise<Module>>();

export function loadModule(
  host: Pick<Host, "request">,
  name: string,
  importer: Importer = importText,
): Promise<Module> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const module = host.request("module", { name }).then(({ source }) => importer(source));
  loaded.set(name, module);
  // The next call retries a failed request.
  module.catch(() => loaded.delete(name));
  return module;
}
