/** The command palette: list, form and runs. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import type { MakeTool, Tool, ToolContext } from "../panel/tool.ts";
import type { PageRecord } from "../protocol/common.ts";
import type { CommandBody, MemoryBody } from "../protocol/palette.ts";
import { randomName } from "../text/random_name.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { every, listen, oncePerFrame } from "../ui/lifetime.ts";
import { Signal } from "../ui/signal.ts";
import { createEmptyList, createListView } from "./list/list_view.ts";
import { CommandFinder } from "./list/ranking.ts";
import { createRefreshButton } from "./list/refresh_button.ts";
import { createPinsBar } from "./pins_bar.ts";
import { checkRunModule, type RunViews } from "./run_chunk.ts";
import { createRunStore } from "./runs/run_store.ts";
import { FORM, LIST } from "./strings.ts";

export interface PaletteOptions {
  /** Names of traits; in a control room, `query` and `selected` belong to the inspector. */
  readonly query: "query" | "command_query";
  readonly selected: "selected" | "selected_command";
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
};

export const makePalette =
  (options: PaletteOptions): MakeTool =>
  (context) =>
    createPalette(context, options);

function createPalette(
  { host, session, signal, connection, announce }: ToolContext,
  traits: PaletteOptions,
): Tool {
  const total = new Signal<number | null>(null);
  const idPrefix = `nvj-${randomName().slice(0, 8)}-command`;
  const finder = new CommandFinder();
  let memory: MemoryBody | null = null;
  let avatars = 0;
  let selected: string | null = null;
  /** The command to select when the list has been loaded. */
  let selectOnLoad: string | null = null;

  const input = h("input", {
    class: "nvj-search-input",
    type: "text",
    role: "combobox",
    placeholder: LIST.search,
    "aria-label": LIST.search,
    "aria-expanded": "true",
    "aria-controls": idPrefix,
    "aria-autocomplete": "list",
    spellcheck: "false",
    autocomplete: "off",
  });
  const empty = createEmptyList(() => clear(), signal);
  const refresh = createRefreshButton({ host, session, connection, announce, signal });
  const footer = h("span");

  const commands = (): readonly CommandBody[] => session.commands.get()?.commands ?? [];
  const find = (name: string) => commands().find((known) => known.name === name) ?? null;
  const store = createRunStore(host, signal);
  const list = createListView({
    idPrefix,
    running: store.running,
    afterDraw: () => setAttribute(input, "aria-activedescendant", list.activeId()),
    signal,
  });
  const start = (name: string, args: PageRecord) => {
    const run = store.start(name, args);
    side.use(({ history }) => history.reveal(run));
  };
  const pins = createPinsBar({
    host,
    onLeave: () => input.focus(),
    onPress: ({ command, arguments: args, asks }) => {
      if (asks.length === 0) runWith(command, args);
      else if (load(command, args)) {
        // In reverse, so that the first of them gets the focus.
        side.use(({ form }) => {
          for (const name of asks.toReversed()) form.add(name);
        });
      }
    },
    onEdit: (pin) => side.use(({ pinEditor }) => pinEditor.open(pin)),
    signal,
  });
  const side = createLazyPart<RunViews>({
    host,
    module: "run",
    what: FORM.what,
    make: (module) => {
      const views = checkRunModule(module).createRunViews({
        host,
        store,
        onRun: start,
        actions: {
          find,
          leave: () => input.focus(),
          cancel: store.cancel,
          forget: store.forget,
          load: ({ name, arguments: args }) => {
            if (load(name, args)) side.use(({ form }) => form.focusFirst());
          },
          again: ({ name, arguments: args }) => runWith(name, args),
          addArgument: ({ name, arguments: args }, argument) => {
            if (load(name, args)) side.use(({ form }) => form.add(argument));
          },
        },
        announce,
        signal,
      });
      views.setMemory(memory);
      views.form.setAvatars(avatars);
      views.form.setBlocked(connection.get().blocked);
      views.form.show(selected === null ? null : find(selected));
      right.append(...views.elements);
      return views;
    },
    signal,
  });
  const placeholderText = h("p");
  const placeholder = h("div", { class: "nvj-empty" }, placeholderText);
  const right = h("div", { class: "nvj-palette-right" }, placeholder, side.note);

  const drawEmpty = () => {
    const found = list.rows().commands > 0;
    list.element.hidden = !found;
    empty.show(found ? "hidden" : (session.commands.get() ?? "loading"));
  };

  /** Show the loading note only if there is something to show in its place. */
  const drawNote = () => {
    side.note.hidden = !placeholder.hidden && store.runs.get().length === 0;
  };

  const drawList = () => {
    list.show(finder.find(input.value));
    list.redraw();
    drawEmpty();
  };
  /** Not called right after a run, so that the list does not jump. */
  const updateRecent = () => finder.setRecent(memory?.recent ?? []);
  const select = (name: string | null) => {
    settle.cancel();
    if (name !== selected) right.scrollTop = 0;
    selected = name;
    const command = name === null ? null : find(name);
    side.get()?.form.show(command);
    setText(
      placeholderText,
      name === null || command !== null ? LIST.noneSelected : LIST.unavailable(name),
    );
    placeholder.hidden = command !== null;
    drawNote();
    list.select(name);
    if (session.commands.get() !== null) host.set(traits.selected, name);
  };
  const step = (by: number) => {
    const rows = list.rows();
    const at = selected === null ? -1 : rows.positionOf(selected);
    const next = at < 0 ? (by > 0 ? 0 : rows.commands - 1) : at + by;
    const found = rows.commandAt(Math.min(Math.max(next, 0), rows.commands - 1));
    if (found === undefined) return;
    select(found.command.name);
    list.reveal(found.command.name);
  };

  /** Open a command's form with these arguments; false if there is no such command. */
  const load = (name: string, args: PageRecord): boolean => {
    select(name);
    if (find(name) === null) return false;
    list.reveal(name);
    side.use(({ form }) => form.load(args));
    return true;
  };
  /** The form asks for confirmation of a dangerous command. */
  const runWith = (name: string, args: PageRecord) => {
    if (find(name)?.danger === "") start(name, args);
    else if (load(name, args)) side.use(({ form }) => form.run());
  };

  const settle = oncePerFrame(() => {
    const first = list.rows().commandAt(0)?.command.name ?? null;
    // A search selects the best match.
    if (input.value.trim() !== "") select(first);
    const shown = selected ?? first;
    if (shown !== null) list.reveal(shown);
  }, signal);
  const setQuery = (text: string) => {
    if (input.value !== text) input.value = text;
    updateRecent();
    drawList();
    settle();
  };
  const clear = () => {
    setQuery("");
    host.set(traits.query, "");
    input.focus();
  };
  const onKey = (key: string): boolean => {
    const by = STEPS[key];
    if (by !== undefined) {
      step(by);
      return true;
    }
    switch (key) {
      case "Enter":
        if (selected === null || list.rows().positionOf(selected) < 0) step(1);
        if (selected !== null) side.use(({ form }) => form.focusFirst());
        return true;
      case "Escape":
        if (input.value === "") return false;
        clear();
        return true;
      default:
        return false;
    }
  };
  listen(
    input,
    "keydown",
    (event) => {
      settle.flush();
      if (!event.ctrlKey && !event.metaKey && onKey(event.key)) event.preventDefault();
    },
    signal,
  );
  listen(
    input,
    "input",
    () => {
      setQuery(input.value);
      host.set(traits.query, input.value);
    },
    signal,
  );
  listen(
    list.element,
    "click",
    ({ target }) => {
      const found = list.commandAt(target);
      if (found === null) return;
      select(found.command.name);
      // The list is operated from the search box, as in the ARIA combobox pattern.
      input.focus({ preventScroll: true });
    },
    signal,
  );
  const left = h(
    "div",
    { class: "nvj-palette-left" },
    h(
      "div",
      { class: "nvj-toolbar" },
      h("label", { class: "nvj-search" }, icon("search"), input),
      refresh.button,
    ),
    refresh.problem,
    list.element,
    empty.element,
    h("div", { class: "nvj-hint" }, LIST.hint),
  );
  const element = h("div", { class: "nvj-tool nvj-palette" }, pins.element, left, right);
  listen(
    right,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      input.focus();
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      const command = event.ctrlKey || event.metaKey;
      const editable =
        event.target instanceof Element && event.target.matches("input, textarea, select");
      if (event.key === "Enter" && command) {
        // A key that is held down runs the command only once.
        if (!event.repeat) side.get()?.form.run();
      } else if (event.key === "/" && !editable && !command) {
        input.focus();
        input.select();
      } else return;
      event.preventDefault();
    },
    signal,
  );

  const drawBlocked = () => {
    const { blocked } = connection.get();
    side.get()?.form.setBlocked(blocked);
    pins.setBlocked(blocked);
  };
  connection.observe(drawBlocked, signal);
  host.on(
    "memory",
    ({ body }, forMe) => {
      if (!forMe) return;
      const first = memory === null;
      memory = body;
      side.get()?.setMemory(body);
      pins.show(body.pins);
      if (!first) return;
      updateRecent();
      drawList();
    },
    signal,
  );
  host.on(
    "people",
    ({ body }, forMe) => {
      if (!forMe) return;
      avatars = body.avatars;
      side.get()?.form.setAvatars(avatars);
    },
    signal,
  );
  session.commands.observe((body) => {
    total.set(body === null ? null : body.commands.length);
    settle.flush();
    setText(footer, body === null ? "" : LIST.count(body.commands.length));
    finder.setCommands(body?.commands ?? []);
    drawBare();
    const name = selectOnLoad;
    selectOnLoad = null;
    drawList();
    if (name !== null && find(name) !== null) {
      select(name);
      list.reveal(name);
    } else if (selected === null && input.value.trim() !== "") {
      select(list.rows().commandAt(0)?.command.name ?? null);
    } else select(selected);
  }, signal);
  /** Without commands and runs, the placeholder gets the full width. */
  const drawBare = () =>
    setAttribute(element, "data-bare", commands().length + store.runs.get().length === 0);
  store.runs.observe(() => {
    list.redraw();
    drawBare();
    drawNote();
  }, signal);
  host.observe(
    traits.selected,
    () => {
      const name = host.get(traits.selected);
      if (name === selected) return;
      if (name !== null && session.commands.get() === null) selectOnLoad = name;
      else select(name);
      if (name !== null) list.reveal(name);
    },
    signal,
  );
  host.observe(
    traits.query,
    () => {
      const query = host.get(traits.query) ?? "";
      if (query !== input.value) setQuery(query);
    },
    signal,
  );
  // The list shows how long each command has been running.
  every(
    250,
    () => {
      if (store.runs.get().some(({ body }) => body.state === "running")) list.redraw();
    },
    signal,
  );
  input.value = host.get(traits.query) ?? "";
  selectOnLoad = host.get(traits.selected);
  drawList();
  select(null);
  drawBlocked();
  drawBare();

  return {
    name: "palette",
    label: LIST.tab,
    element,
    count: total,
    footer,
    shown: () => {
      side.load();
      updateRecent();
      drawList();
    },
  };
}
