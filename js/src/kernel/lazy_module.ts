/**
 * Load parts of the frontend on demand. The kernel sends their source on request, so that it does
 * not travel with every widget. They are imported from a Blob, as anywidget imports the widgets, so
 * they run wherever the widgets do.
 */

import type { Host } from "./host.ts";

/** A module's exports; the caller checks that they are what it expects. */
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

/** For all widgets of the page: each is asked for once. */
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
  // What failed is tried again by whoever asks next.
  module.catch(() => loaded.delete(name));
  return module;
}
