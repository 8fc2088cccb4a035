/** The menu that sorts the tree; the trait `sort` stores the choice. */

import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { every } from "../../ui/lifetime.ts";
import { createMenuButton } from "../../ui/menu.ts";
import type { InspectorContext } from "../context.ts";
import type { InspectorModel } from "../state/model.ts";
import * as strings from "../strings.ts";
import { SORTS, type Sort } from "../tree/sort_order.ts";

const NAMES: Readonly<Record<Sort, string>> = strings.toolbarSortNames;
/** Rows that move more often cannot be read. */
const SORT_EVERY_MS = 1500;

const isSort = (text: string | null): text is Sort =>
  text !== null && (SORTS as readonly string[]).includes(text);

export function addSortControl(
  context: InspectorContext,
  model: InspectorModel,
  time: () => number,
): void {
  const { host, signal, toolbar, redraw } = context;
  const current = (): Sort => {
    const wanted = host.get("sort");
    return isSort(wanted) ? wanted : "name";
  };
  const apply = () => {
    const sort = current();
    menu.setLabel(icon("sort"), h("span", {}, NAMES[sort]));
    model.setSort(sort, time());
    redraw();
  };
  const menu = createMenuButton(
    {
      name: strings.toolbarSort,
      items: () =>
        SORTS.map((sort) => ({
          label: NAMES[sort],
          checked: sort === current(),
          run: () => host.set("sort", sort),
        })),
    },
    signal,
  );
  toolbar.add(menu.element);
  context.shortcuts.addEscape("menu", menu.close);
  host.observe("sort", apply, signal);
  apply();
  every(
    SORT_EVERY_MS,
    () => {
      if (current() === "name" || context.shown.get().at !== null || context.isHidden()) return;
      model.setSort(current(), time());
      redraw();
    },
    signal,
  );
}
