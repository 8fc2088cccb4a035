/** The selected atoms: what they are, where they are, and the form that makes a selection of them. */

import type { ToolContext } from "../../panel/tool.ts";
import type { AtomBody } from "../../protocol/molecule.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { fill, h, setBlocked, setText } from "../../ui/html.ts";
import { debounced, every, listen } from "../../ui/lifetime.ts";
import type { Readable } from "../../ui/signal.ts";
import { ATOMS, MAKE, RENDERERS } from "../strings.ts";
import type { Vector } from "../types.ts";

/** As many atoms are described. */
const MAX_ROWS = 12;
const REFRESH_MS = 1000;

export interface AtomPanelSource {
  /** In the order in which they were selected. */
  readonly selected: () => readonly number[];
  readonly positionOf: (atom: number) => Vector | null;
  /** A text about what is measured, or "". */
  readonly measurement: () => string;
  readonly select: (atoms: readonly number[]) => void;
}

export interface AtomPanel {
  readonly element: HTMLElement;
  /** After the selection or the molecule has changed. */
  refresh(): void;
  /** After a frame: positions and measurements. */
  move(): void;
}

const vectorText = (vector: Vector | readonly number[] | null, digits: number): string =>
  vector === null ? "—" : vector.map((each) => each.toFixed(digits)).join(", ");

export function createAtomPanel(
  { host, connection, signal, announce }: ToolContext,
  source: AtomPanelSource,
  shown: Readable<boolean>,
): AtomPanel {
  const title = h("strong");
  const measured = h("span", { class: "nvj-molecule-measured" });
  const error = h("div", { class: "nvj-molecule-error", role: "alert", hidden: true });
  const heads = [
    ATOMS.index,
    ATOMS.element,
    ATOMS.name,
    ATOMS.residue,
    ATOMS.chain,
    ATOMS.position,
    ATOMS.force,
  ];
  const rows = h("tbody");
  const table = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    rows,
  );
  const more = h("div", { class: "nvj-dim" });
  const button = (label: string, run: () => void) => {
    const made = h("button", { type: "button", class: "nvj-quiet" }, label);
    listen(made, "click", run, signal);
    return made;
  };

  const fail = (text: string) => {
    setText(error, text);
    error.hidden = text === "";
  };
  const expand = (by: string) => {
    host.request("expand_atoms", { atoms: source.selected(), by }).then(
      ({ atoms }) => source.select(atoms),
      (problem: unknown) => fail(ATOMS.failed(visible(reasonOf(problem), 200))),
    );
  };
  const expansions = Object.entries(ATOMS.expansions).map(([by, label]) =>
    button(label, () => expand(by)),
  );
  const make = button(ATOMS.make, () => setFormShown(form.hidden));

  const name = h("input", { type: "text", "aria-label": MAKE.name, placeholder: MAKE.name });
  const renderer = h(
    "select",
    { "aria-label": MAKE.renderer, title: MAKE.renderer },
    ...RENDERERS.map((each) => h("option", { value: each }, each)),
  );
  const save = h("button", { type: "submit", class: "nvj-primary" }, MAKE.save);
  const cancel = button(MAKE.cancel, () => setFormShown(false));
  const form = h("form", { class: "nvj-molecule-make" }, name, renderer, save, cancel);
  form.hidden = true;
  const setFormShown = (isShown: boolean) => {
    form.hidden = !isShown;
    make.setAttribute("aria-expanded", String(isShown));
    fail("");
    if (isShown) name.focus();
  };
  setFormShown(false);
  listen(
    form,
    "submit",
    (event) => {
      event.preventDefault();
      save.disabled = true;
      const body = { name: name.value, renderer: renderer.value, atoms: source.selected() };
      host
        .request("make_selection", body)
        .then(
          () => {
            setFormShown(false);
            announce(MAKE.saved(body.name));
          },
          (problem: unknown) => fail(MAKE.failed(visible(reasonOf(problem), 200))),
        )
        .finally(() => {
          save.disabled = false;
        });
    },
    signal,
  );
  listen(
    form,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setFormShown(false);
      make.focus();
    },
    signal,
  );
  const block = () => setBlocked(save, connection.get().blocked);
  connection.observe(block, signal);
  block();

  const bar = h(
    "div",
    { class: "nvj-molecule-atoms-bar" },
    title,
    measured,
    h("span", { class: "nvj-space" }),
    h("span", { class: "nvj-dim" }, ATOMS.expand),
    ...expansions,
    make,
    button(ATOMS.clear, () => source.select([])),
  );
  const element = h(
    "div",
    { class: "nvj-molecule-atoms", hidden: true },
    bar,
    form,
    error,
    h(
      "div",
      { class: "nvj-molecule-table", tabindex: 0, "aria-label": ATOMS.title(0) },
      table,
      more,
    ),
  );

  /** The row and the cell of the position of each atom. */
  let cells = new Map<number, HTMLElement>();
  let described = "";
  const describe = (atoms: readonly AtomBody[]) => {
    cells = new Map();
    const made = atoms.map((atom) => {
      const position = h("td", {}, vectorText(atom.position, 3));
      cells.set(atom.index, position);
      const texts = [atom.element, atom.name, atom.residue, atom.chain];
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, String(atom.index)),
        ...texts.map((text) => h("td", {}, text === "" ? "—" : visible(text, 40))),
        position,
        h("td", {}, vectorText(atom.force, 1)),
      );
    });
    fill(rows, ...made);
    move();
  };
  const ask = () => {
    const atoms = source.selected().slice(0, MAX_ROWS);
    if (atoms.length === 0 || !shown.get()) return;
    const wanted = atoms.join();
    host.request("describe_atoms", { atoms }).then(
      (result) => {
        if (wanted !== source.selected().slice(0, MAX_ROWS).join()) return;
        described = wanted;
        describe(result.atoms);
      },
      // Asked again in a second.
      () => undefined,
    );
  };
  const askSoon = debounced(40, ask, signal);
  const move = () => {
    if (element.hidden) return;
    for (const [atom, cell] of cells) setText(cell, vectorText(source.positionOf(atom), 3));
    setText(measured, source.measurement());
  };
  every(REFRESH_MS, ask, signal);

  return {
    element,
    refresh() {
      const atoms = source.selected();
      element.hidden = atoms.length === 0;
      if (atoms.length === 0) {
        setFormShown(false);
        return;
      }
      const label = ATOMS.title(atoms.length);
      setText(title, label);
      table.parentElement?.setAttribute("aria-label", label);
      const left = atoms.length - MAX_ROWS;
      setText(more, left > 0 ? ATOMS.more(left) : "");
      if (described !== atoms.slice(0, MAX_ROWS).join()) askSoon();
      move();
    },
    move,
  };
}
