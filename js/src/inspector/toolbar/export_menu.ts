/** The menu that downloads the state or its history as a file. */

import { reasonOf } from "../../text/format.ts";
import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { createMenuButton } from "../../ui/menu.ts";
import type { InspectorContext } from "../context.ts";
import * as strings from "../strings.ts";

function download(name: string, parts: readonly string[], near: HTMLElement): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: "application/json" }));
  const link = h("a", { href: url, download: name, hidden: true });
  near.append(link);
  link.click();
  link.remove();
  // The browser starts the download asynchronously.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function addExport(context: InspectorContext): void {
  const { host, signal, announce } = context;
  let busy = false;

  const save = async (history: boolean) => {
    if (busy) return;
    busy = true;
    try {
      const { id, name, size } = await host.request("export", { history });
      const parts: string[] = [];
      let fetched = 0;
      while (fetched < size) {
        const { text } = await host.request("export_part", { id, start: fetched });
        if (text === "") throw new Error(strings.toolbarExportIncomplete);
        parts.push(text);
        // Python counts code points, JavaScript counts UTF-16 code units.
        fetched += [...text].length;
      }
      download(name, parts, context.element);
      announce(strings.toolbarExported(name));
    } catch (error) {
      announce(strings.toolbarExportFailed(reasonOf(error)));
    } finally {
      busy = false;
    }
  };

  const menu = createMenuButton(
    {
      name: strings.toolbarExport,
      className: "nvj-quiet",
      items: () => [
        { label: strings.toolbarExportState, hint: "JSON", run: () => void save(false) },
        { label: strings.toolbarExportHistory, hint: "JSON", run: () => void save(true) },
      ],
    },
    signal,
  );
  menu.setLabel(icon("download"));
  context.toolbar.add(menu.element);
  context.shortcuts.addEscape("menu", menu.close);
}
