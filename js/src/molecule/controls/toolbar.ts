/** The buttons over the view. */

import type { Host } from "../../kernel/host.ts";
import type { SelectionBody } from "../../protocol/molecule.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import { createMenuButton, type MenuItem } from "../../ui/menu.ts";
import { COLORS, LAYERS, MODES, REPRESENTATIONS, TOOLBAR } from "../strings.ts";
import type { Mode } from "./gestures.ts";

export interface ToolbarActions {
  setMode(mode: Mode): void;
  selections(): readonly SelectionBody[];
  chooseSelection(key: string): void;
  fit(): void;
  save(): void;
}

export interface Toolbar {
  readonly modes: HTMLElement;
  readonly menus: HTMLElement;
  showMode(mode: Mode): void;
  /** Show the values of the traits. */
  update(): void;
}

const nameOf = (
  names: Readonly<Record<string, string>>,
  value: string | null,
): string | undefined => (value !== null && Object.hasOwn(names, value) ? names[value] : undefined);

export function createToolbar(host: Host, actions: ToolbarActions, signal: AbortSignal): Toolbar {
  const buttons = Object.entries(MODES).map(([mode, [label, title]]) => {
    const button = h("button", { type: "button", title, "data-mode": mode }, label);
    listen(button, "click", () => actions.setMode(mode as Mode), signal);
    return button;
  });
  const modes = h(
    "div",
    { class: "nvj-segments nvj-molecule-modes", role: "group", "aria-label": TOOLBAR.mode },
    ...buttons,
  );

  const menu = (name: string, items: () => readonly MenuItem[], none?: string) =>
    createMenuButton({ name, items, ...(none === undefined ? {} : { none }) }, signal);
  const chosen = (
    trait: "representation" | "color_by",
    names: Readonly<Record<string, string>>,
  ): readonly MenuItem[] =>
    Object.entries(names).map(([value, label]) => ({
      label,
      checked: host.get(trait) === value,
      run: () => {
        host.set(trait, value);
        host.flush();
        update();
      },
    }));
  const representation = menu(TOOLBAR.representation, () =>
    chosen("representation", REPRESENTATIONS),
  );
  const colors = menu(TOOLBAR.colors, () => chosen("color_by", COLORS));
  const layers = menu(TOOLBAR.layers, () => {
    const shown = host.get("layers") ?? [];
    return Object.entries(LAYERS).map(([layer, label]) => ({
      label,
      checked: shown.includes(layer),
      run: () => {
        const without = shown.filter((each) => each !== layer);
        host.set("layers", shown.includes(layer) ? without : [...without, layer]);
        host.flush();
      },
    }));
  });
  const selections = menu(
    TOOLBAR.selections,
    () =>
      actions.selections().map(({ key, name, atoms, drawn, hidden }) => ({
        label: visible(name, 60),
        hint: TOOLBAR.selection(atoms, visible(drawn, 40), hidden),
        run: () => actions.chooseSelection(key),
      })),
    TOOLBAR.noSelections,
  );
  const fit = h("button", { type: "button", title: TOOLBAR.fitTitle }, TOOLBAR.fit);
  listen(fit, "click", actions.fit, signal);
  const save = h("button", { type: "button", title: TOOLBAR.saveTitle }, TOOLBAR.save);
  listen(save, "click", actions.save, signal);
  layers.setLabel(TOOLBAR.layers, icon("chevron"));
  selections.setLabel(TOOLBAR.selections, icon("chevron"));
  const menus = h(
    "div",
    { class: "nvj-molecule-menus" },
    representation.element,
    colors.element,
    layers.element,
    selections.element,
    fit,
    save,
  );

  const update = () => {
    const shown = nameOf(REPRESENTATIONS, host.get("representation")) ?? REPRESENTATIONS.auto;
    representation.setLabel(TOOLBAR.representationLabel(shown), icon("chevron"));
    const color = nameOf(COLORS, host.get("color_by")) ?? TOOLBAR.array;
    colors.setLabel(TOOLBAR.colorsLabel(color), icon("chevron"));
  };
  host.observe("representation", update, signal);
  host.observe("color_by", update, signal);
  update();
  return {
    modes,
    menus,
    showMode(mode) {
      for (const button of buttons) {
        setAttribute(button, "aria-pressed", String(button.dataset.mode === mode));
      }
    },
    update,
  };
}
