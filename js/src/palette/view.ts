/** The command palette: list, form and runs. Does not depend on Jupyter. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import type { MakeTool, Tool, ToolContext } from "../panel/tool.ts";
import type { PageRecord } from "../protocol/common.ts";
import type { CommandBody, MemoryBody } from "../protocol/palette.ts";
import { plural } from "../text/format.ts";
import { randomName } from "../text/random_name.ts";
import { visible } from "../text/visible_text.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { every, listen, oncePerFrame } from "../ui/lifetime.ts";
import { Signal } from "../ui/signal.ts";
import { createEmptyList } from "./list/empty_list.ts";
import { createListView } from "./list/list_view.ts";
import { Finder } from "./list/ranking.ts";
import { createRefreshButton } from "./list/refresh_button.ts";
import { createPins } from "./pins_view.ts";
import { checkRunModule, type RunViews } from "./run_chunk.ts";
import { createResultName } from "./runs/result_name.ts";
import { createRunStore } from "./runs/run_store.ts";

export interface PaletteOptions {
  /** Names of traits: a control room has another search box beside this one. */
  readonly query: "query" | "command_query";
  readonly selected: "selected" | "selected_command";
}

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
  const finder = new Finder();
  let memory: MemoryBody | null = null;
  let avatars = 0;
  let chosen: string | null = null;
  /** What was asked for before the commands were here: by a trait, or by the history. */
  let wanted: string | null = null;

  const input = h("input", {
    class: "nvj-search-input",
    type: "text",
    role: "combobox",
    placeholder: "Find a command",
    "aria-label": "Find a command",
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
    afterDraw: () => drawActive(),
    signal,
  });
  const start = (name: string, args: PageRecord) => {
    const run = store.start(name, args);
    side.use(({ history }) => history.reveal(run));
  };
  const pins = createPins({
    host,
    onLeft: () => input.focus(),
    onPress: ({ command, arguments: args, asks }) => {
      if (asks.length === 0) runWith(command, args);
      // What is not kept is asked for, the first of it first.
      else if (load(command, args)) {
        side.use(({ form }) => {
          for (const name of asks.toReversed()) form.add(name);
        });
      }
    },
    signal,
  });
  const side = createLazyPart<RunViews>({
    host,
    module: "run",
    what: "The form",
    make: (module) => {
      const { createFormView, createHistory } = checkRunModule(module);
      const form = createFormView({ host, signal, onRun: start, onPin: pins.make });
      const history = createHistory(
        host,
        store,
        {
          find,
          leave: () => input.focus(),
          cancel: store.cancel,
          forget: store.forget,
          load: ({ name, arguments: args }) => {
            if (load(name, args)) form.focusFirst();
          },
          again: ({ name, arguments: args }) => runWith(name, args),
          addArgument: ({ name, arguments: args }, argument) => {
            if (load(name, args)) form.add(argument);
          },
        },
        announce,
        signal,
      );
      form.setMemory(memory);
      form.setAvatars(avatars);
      form.setBlocked(connection.get().blocked);
      form.show(chosen === null ? null : find(chosen));
      pins.editor.before(form.element);
      pins.editor.after(history.element);
      return { form, history };
    },
    signal,
  });
  const resultName = createResultName(host, signal);
  const nothingText = h("p");
  const nothing = h("div", { class: "nvj-empty" }, nothingText);
  const right = h(
    "div",
    { class: "nvj-palette-right" },
    nothing,
    side.note,
    pins.editor,
    resultName.element,
  );

  const drawEmpty = () => {
    const found = list.rows().commands > 0;
    list.element.hidden = !found;
    empty.show(found ? "hidden" : (session.commands.get() ?? "waiting"));
  };

  /** There is something to show that needs what is not here yet. */
  const drawNote = () => {
    side.note.hidden = !nothing.hidden && store.runs.get().length === 0;
  };

  const drawActive = () => setAttribute(input, "aria-activedescendant", list.activeId());
  const drawList = () => {
    list.show(finder.find(input.value));
    list.redraw();
    drawEmpty();
  };
  /** The order is brought up to date when nobody would see it jump: not right after a run. */
  const updateRecent = () => finder.setRecent(memory?.recent ?? []);

  const choose = (name: string | null) => {
    // What was typed before decides no longer.
    settle.cancel();
    if (name !== chosen) right.scrollTop = 0;
    chosen = name;
    const command = name === null ? null : find(name);
    side.get()?.form.show(command);
    setText(
      nothingText,
      name === null || command !== null
        ? "Choose a command to run it."
        : `The server has no ${visible(name, 80)} any more. Choose another command.`,
    );
    nothing.hidden = command !== null;
    drawNote();
    list.choose(name);
    if (session.commands.get() !== null) host.set(traits.selected, name);
  };
  const step = (by: number) => {
    const rows = list.rows();
    const at = chosen === null ? -1 : rows.placeOf(chosen);
    const next = at < 0 ? (by > 0 ? 0 : rows.commands - 1) : at + by;
    const found = rows.commandAt(Math.min(Math.max(next, 0), rows.commands - 1));
    if (found === undefined) return;
    choose(found.command.name);
    list.reveal(found.command.name);
  };

  /** Opens a command's form with these arguments; false if there is no such command now. */
  const load = (name: string, args: PageRecord): boolean => {
    choose(name);
    if (find(name) === null) return false;
    list.reveal(name);
    side.use(({ form }) => form.load(args));
    return true;
  };
  /** By the form, so that a dangerous command asks first, whichever button was pressed. */
  const runWith = (name: string, args: PageRecord) => {
    if (find(name)?.danger === "") start(name, args);
    else if (load(name, args)) side.use(({ form }) => form.run());
  };

  /** Ranking is for the key press; what follows from it waits for the frame. */
  const settle = oncePerFrame(() => {
    const first = list.rows().commandAt(0)?.command.name ?? null;
    // While somebody searches, the best result is the chosen one.
    if (input.value.trim() !== "") choose(first);
    const shown = chosen ?? first;
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
    switch (key) {
      case "ArrowDown":
        step(1);
        return true;
      case "ArrowUp":
        step(-1);
        return true;
      case "PageDown":
        step(10);
        return true;
      case "PageUp":
        step(-10);
        return true;
      case "Enter":
        if (chosen === null || list.rows().placeOf(chosen) < 0) step(1);
        if (chosen !== null) side.use(({ form }) => form.focusFirst());
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
      choose(found.command.name);
      // The list has no focus of its own: the keys go on from the box above it.
      input.focus({ preventScroll: true });
    },
    signal,
  );
  const hint = h("div", { class: "nvj-hint" }, "↑↓ · Enter fills in · Ctrl+Enter runs");
  const left = h(
    "div",
    { class: "nvj-palette-left" },
    h(
      "div",
      { class: "nvj-toolbar" },
      h("label", { class: "nvj-search" }, icon("search"), input),
      refresh.button,
    ),
    refresh.trouble,
    list.element,
    empty.element,
    hint,
  );
  const element = h("div", { class: "nvj-tool nvj-palette" }, pins.bar, left, right);
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
        // A key that is held down runs it once.
        if (!event.repeat) side.get()?.form.run();
      } else if (event.key === "/" && !editable && !command) {
        input.focus();
        input.select();
      } else return;
      event.preventDefault();
    },
    signal,
  );

  const drawLine = () => {
    const { blocked } = connection.get();
    side.get()?.form.setBlocked(blocked);
    pins.setBlocked(blocked);
  };
  connection.observe(drawLine, signal);
  host.on(
    "memory",
    ({ body }, forMe) => {
      if (!forMe) return;
      const first = memory === null;
      memory = body;
      side.get()?.form.setMemory(body);
      pins.show(body.pins);
      resultName.show(body.result_name);
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
    setText(footer, body === null ? "" : plural(body.commands.length, "command"));
    finder.setCommands(body?.commands ?? []);
    drawBare();
    const waiting = wanted;
    wanted = null;
    drawList();
    if (waiting !== null && find(waiting) !== null) {
      choose(waiting);
      list.reveal(waiting);
    } else if (chosen === null && input.value.trim() !== "") {
      choose(list.rows().commandAt(0)?.command.name ?? null);
    } else choose(chosen);
  }, signal);
  /** Without any command and any run the words that say so have all the place. */
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
      if (name === chosen) return;
      if (name !== null && session.commands.get() === null) wanted = name;
      else choose(name);
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
  // The time that runs take stands beside their commands.
  every(
    250,
    () => {
      if (store.runs.get().some(({ body }) => body.state === "running")) list.redraw();
    },
    signal,
  );
  input.value = host.get(traits.query) ?? "";
  wanted = host.get(traits.selected);
  drawList();
  choose(null);
  drawLine();
  drawBare();

  return {
    name: "palette",
    label: "Commands",
    element,
    count: total,
    footer,
    shown: () => {
      side.want();
      updateRecent();
      drawList();
    },
  };
}
