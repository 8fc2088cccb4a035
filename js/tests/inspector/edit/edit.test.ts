// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { lease } from "../../../dev/lock_bodies.ts";
import type { PageRecord } from "../../../src/protocol/common.ts";
import inspector from "../../../src/widgets/inspector.ts";
import {
  click,
  find,
  findAll,
  HOSTILE,
  mountWidget,
  pass,
  press,
  rowNames,
  type,
  useFakePage,
  visibleRows,
} from "../../support.ts";

vi.mock("../../../src/kernel/lazy_module.ts", async () => {
  const edit = await import("../../../src/inspector/edit/create_editor.ts");
  return {
    loadModule: (_host: unknown, name: string) =>
      name === "edit" ? Promise.resolve(edit) : Promise.reject(new Error(`no module ${name}`)),
  };
});

useFakePage();

type Answers = NonNullable<NonNullable<Parameters<typeof mountWidget>[1]>["answers"]>;

const EDIT = { number: 1, text: "change a", keys: ["a"], count: 1, path: [], note: "", seconds: 0 };
const accepted = { ...EDIT, state: "accepted" };
const refused = { ...EDIT, state: "refused", note: "another client holds a lock on it" };
const HELD = { held: true, locks: "server", seconds: 60, note: "", holder: "", until: null };

const STATE: PageRecord = { a: 1, name: "Anna", on: true, none: null, box: { deep: [1, "two"] } };

const asked: [op: string, body: PageRecord][] = [];
beforeEach(() => asked.splice(0));

async function mount(answers: Answers = {}, state: PageRecord = STATE) {
  const all: Answers = {
    acquire_edit_lock: () => HELD,
    release_edit_lock: () => null,
    write: () => accepted,
    rename: () => accepted,
    remove: () => accepted,
    undo: () => accepted,
    ...answers,
  };
  const noting = Object.entries(all).map(([op, answer]) => [
    op,
    (body: PageRecord) => {
      asked.push([op, body]);
      return answer(body);
    },
  ]);
  const mounted = await mountWidget(inspector, { state, answers: Object.fromEntries(noting) });
  const box = find(mounted.el, ".nvj-edit-switch input") as HTMLInputElement;
  const turn = async () => {
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    await pass(0.2);
    expect(findAll(mounted.el, ".nvj-edit-tools")).toHaveLength(2);
  };
  return { ...mounted, box, turn };
}
type Page = Awaited<ReturnType<typeof mount>>;

const rowOf = (el: HTMLElement, name: string): HTMLElement => {
  const row = visibleRows(el).find((each) => find(each, ".nvj-key").textContent === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};
const choose = async (el: HTMLElement, name: string) => {
  click(rowOf(el, name));
  rowOf(el, name).focus();
  await pass(0.1);
};
const begin = async ({ el }: Page, name: string, key = "Enter") => {
  await choose(el, name);
  press(rowOf(el, name), key);
  await pass(0.2);
};
const field = (el: HTMLElement) => find(el, ".nvj-edit-field, .nvj-edit-json") as HTMLInputElement;
const fields = (el: HTMLElement) => findAll(el, ".nvj-edit-field, .nvj-edit-json");
const words = (el: HTMLElement) => find(el, ".nvj-detail-notices").textContent ?? "";
const button = (el: HTMLElement, label: string): HTMLElement => {
  const found = findAll(el, "button").find(
    (each) =>
      (each.textContent === label || each.title === label) && each.closest("[hidden]") === null,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
};
const ops = () => asked.map(([op]) => op);
const written = () => asked.filter(([op]) => op === "write").map(([, body]) => body);

describe("the switch", () => {
  it("is off at first, and then nothing can be typed", async () => {
    const page = await mount();
    expect(page.box.checked).toBe(false);
    await begin(page, "a");
    press(rowOf(page.el, "a"), "F2");
    await pass(0.1);
    expect(fields(page.el)).toEqual([]);
    expect(page.kernel.received.some(({ op }) => op === "acquire_edit_lock")).toBe(false);
  });

  it("makes the tree editable and back, and stays on while something is typed", async () => {
    const page = await mount();
    await page.turn();
    const tree = find(page.el, "[role=treegrid]");
    expect(tree.getAttribute("aria-readonly")).toBe("false");
    await begin(page, "a");
    type(field(page.el), "2");
    await page.turn();
    expect(page.box.checked).toBe(true);
    press(field(page.el), "Escape");
    await pass(0.3);
    await page.turn();
    expect([page.box.checked, tree.getAttribute("aria-readonly")]).toEqual([false, "true"]);
  });
});

describe("a scalar in its row", () => {
  it("is edited with Enter, its key locked, and written with Enter", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    const control = field(page.el);
    expect(rowOf(page.el, "a").contains(control)).toBe(true);
    expect([control.value, document.activeElement]).toEqual(["1", control]);
    expect([control.selectionStart, control.selectionEnd]).toEqual([0, 1]);
    expect(words(page.el)).toContain("Locked by you");

    type(control, "2.5");
    press(control, "Enter");
    await pass(0.3);

    expect(written()).toEqual([{ key: "a", path: [], text: "2.5", add: false }]);
    expect(ops()).toEqual(["acquire_edit_lock", "write", "release_edit_lock"]);
    expect(fields(page.el)).toEqual([]);
    expect(document.activeElement).toBe(rowOf(page.el, "a"));
  });

  it.each([
    ["name", 'B "C"', '"B \\"C\\""'],
    ["on", "false", "false"],
    ["none", "-0", "-0.0"],
  ])("of %s is written as what it is", async (name, typed, text) => {
    const page = await mount();
    await page.turn();
    await begin(page, name);
    type(field(page.el), typed);
    press(field(page.el), "Enter");
    await pass(0.3);
    expect(written()).toEqual([{ key: name, path: [], text, add: false }]);
  });

  it("inside a value is written by its path", async () => {
    const page = await mount();
    await page.turn();
    press(rowOf(page.el, "box"), "x");
    click(find(rowOf(page.el, "box"), ".nvj-twisty"));
    await pass(0.1);
    click(find(rowOf(page.el, "deep"), ".nvj-twisty"));
    await pass(0.1);
    await begin(page, "1");
    expect(field(page.el).value).toBe("two");
    type(field(page.el), "three");
    press(field(page.el), "Enter");
    await pass(0.3);
    expect(written()).toEqual([{ key: "box", path: ["deep", 1], text: '"three"', add: false }]);
  });

  it("with invalid text is not sent, and shows what to enter", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    type(field(page.el), "1,5");
    press(field(page.el), "Enter");
    await pass(0.2);
    expect(words(page.el)).toContain("Enter a number such as");
    expect(field(page.el).getAttribute("aria-invalid")).toBe("true");
    expect(written()).toEqual([]);
  });

  it("that was refused keeps the typed text and shows the reason", async () => {
    const page = await mount({ write: () => refused });
    await page.turn();
    await begin(page, "a");
    type(field(page.el), "2");
    press(field(page.el), "Enter");
    await pass(0.2);
    expect(words(page.el)).toContain("Refused: another client holds a lock on it");
    expect(field(page.el).value).toBe("2");
    expect(find(rowOf(page.el, "a"), ".nvj-preview").textContent).toBe("1");
  });

  describe("that is still being written", () => {
    const writing = async () => {
      let answer: (edit: object) => void = () => {};
      const page = await mount({ write: () => new Promise((done) => (answer = done)) });
      await page.turn();
      await begin(page, "a");
      type(field(page.el), "2");
      press(field(page.el), "Enter");
      await pass(0.1);
      return { page, answer: (edit: object) => answer(edit) };
    };

    it("lets the next edit wait until it is done", async () => {
      const { page, answer } = await writing();
      await begin(page, "name");
      expect(rowOf(page.el, "a").contains(field(page.el))).toBe(true);
      answer(accepted);
      await pass(0.3);
      expect(rowOf(page.el, "name").contains(field(page.el))).toBe(true);
      expect([field(page.el).value, document.activeElement]).toEqual(["Anna", field(page.el)]);
    });

    it("keeps the field if it was refused, and begins no other edit", async () => {
      const { page, answer } = await writing();
      await begin(page, "name");
      answer(refused);
      await pass(0.3);
      expect(rowOf(page.el, "a").contains(field(page.el))).toBe(true);
      expect(field(page.el).value).toBe("2");
    });

    it("forgets the next one with Escape", async () => {
      const { page, answer } = await writing();
      await begin(page, "name");
      press(rowOf(page.el, "name"), "Escape");
      answer(accepted);
      await pass(0.3);
      expect(fields(page.el)).toEqual([]);
    });
  });

  it("is not written without changes, even if another client changed the value", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    page.kernel.set("a", 7);
    page.kernel.sendDelta();
    await pass(0.3);
    press(field(page.el), "Enter");
    await pass(0.3);
    expect([fields(page.el), written()]).toEqual([[], []]);
  });

  it("is canceled with Escape, and its lock released", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    type(field(page.el), "2");
    press(field(page.el), "Escape");
    await pass(0.3);
    expect(fields(page.el)).toEqual([]);
    expect(ops()).toEqual(["acquire_edit_lock", "release_edit_lock"]);
    expect(document.activeElement).toBe(rowOf(page.el, "a"));
  });

  it("keeps its text without the lock when the focus leaves", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    type(field(page.el), "2");
    find(page.el, ".nvj-search-input").focus();
    await pass(0.5);
    expect([field(page.el).value, ops()]).toEqual([
      "2",
      ["acquire_edit_lock", "release_edit_lock"],
    ]);
    field(page.el).focus();
    await pass(0.2);
    expect(ops()).toEqual(["acquire_edit_lock", "release_edit_lock", "acquire_edit_lock"]);
  });

  it("closes without changes when the focus leaves", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    find(page.el, ".nvj-search-input").focus();
    await pass(0.5);
    expect(fields(page.el)).toEqual([]);
    expect(document.activeElement).toBe(find(page.el, ".nvj-search-input"));
  });

  it("locked by another client can be edited, and its lock requested again", async () => {
    let held: object = { ...HELD, held: false, holder: "Ben" };
    const page = await mount({ acquire_edit_lock: () => held });
    await page.turn();
    await begin(page, "a");
    expect(words(page.el)).toContain("Held by Ben");
    expect(words(page.el)).toContain("You can keep typing and save when the lock is free.");
    type(field(page.el), "2");
    held = HELD;
    button(page.el, "Retry lock").focus();
    click(button(page.el, "Retry lock"));
    await pass(0.5);
    expect(words(page.el)).toContain("Locked by you");
    // The button is gone, and the focus with it would have let go of the lock.
    expect([ops(), document.activeElement]).toEqual([
      ["acquire_edit_lock", "acquire_edit_lock"],
      field(page.el),
    ]);
  });

  it("shows that the server has no locks", async () => {
    const page = await mount({
      acquire_edit_lock: () => ({ ...HELD, held: false, locks: "none" }),
    });
    await page.turn();
    await begin(page, "a");
    expect(words(page.el)).toContain("This server has no locks");
  });

  it("names who holds its lock when that is known", async () => {
    const page = await mount({ acquire_edit_lock: () => ({ ...HELD, held: false }) });
    await page.turn();
    await begin(page, "a");
    expect(words(page.el)).toContain("Held by another client");
    page.kernel.leases = [lease("a", { state: "refused", holder: "Ben" })];
    page.kernel.sendLeases();
    await pass(0.1);
    expect(words(page.el)).toContain("Held by Ben");
    page.kernel.leases = [lease("a", { state: "refused" })];
    page.kernel.sendLeases();
    await pass(0.1);
    expect(words(page.el)).toContain("Held by Ben");
  });

  it("shows that its lock is cooperative", async () => {
    const page = await mount({ acquire_edit_lock: () => ({ ...HELD, locks: "cooperative" }) });
    await page.turn();
    await begin(page, "a");
    const chip = find(page.el, ".nvj-edit-head .nvj-chip");
    expect([chip.textContent, chip.title]).toEqual([
      "Locked by you (cooperative)",
      expect.stringContaining("headsets can still write"),
    ]);
  });

  it("renews its lock before it expires", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    await pass(45);
    expect(ops()).toEqual(["acquire_edit_lock", "acquire_edit_lock", "acquire_edit_lock"]);
  });

  it("does not flash while it is edited", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    page.kernel.set("a", 7);
    page.kernel.sendDelta();
    await pass(0.3);
    expect(findAll(page.el, ".nvj-row [data-flash], .nvj-detail [data-flash]")).toEqual([]);
  });
});

describe("changes by other clients during an edit", () => {
  const typing = async (answers: Answers = {}) => {
    const page = await mount(answers);
    await page.turn();
    await begin(page, "a");
    type(field(page.el), "2");
    page.kernel.set("a", 7);
    page.kernel.sendDelta();
    await pass(0.3);
    return page;
  };

  it("never change the field, and are offered", async () => {
    const { el } = await typing();
    expect(field(el).value).toBe("2");
    expect(words(el)).toContain("Value changed to 7. Your edit is kept.");
  });

  it("can be taken", async () => {
    const { el } = await typing();
    click(button(el, "Use current value"));
    await pass(0.2);
    expect([field(el).value, words(el).includes("changed")]).toEqual(["7", false]);
  });

  it("can be written over", async () => {
    const { el } = await typing();
    click(button(el, "Keep my edit"));
    await pass(0.2);
    expect(words(el)).toContain("Current value is 7. Saving will overwrite it.");
    press(field(el), "Enter");
    await pass(0.2);
    expect(written()).toEqual([{ key: "a", path: [], text: "2", add: false }]);
  });

  it("when the key was removed, the text stays, and saving adds the key again", async () => {
    const page = await typing();
    page.kernel.remove("a");
    page.kernel.sendDelta();
    await pass(0.3);
    const control = field(page.el);
    expect(rowNames(page.el)).not.toContain("a");
    expect([control.value, control.closest(".nvj-detail-notices") !== null]).toEqual(["2", true]);
    press(control, "Enter");
    await pass(0.2);
    expect(written()).toEqual([{ key: "a", path: [], text: "2", add: true }]);
  });

  it("when the key was removed and another added, the field keeps the focus", async () => {
    const page = await mount();
    await page.turn();
    await begin(page, "a");
    page.kernel.remove("a");
    page.kernel.set("b", 2);
    page.kernel.sendDelta();
    await pass(0.2);
    expect(rowNames(page.el)).not.toContain("a");
    expect(fields(page.el)).toEqual([document.activeElement]);
    expect(field(page.el).closest("[hidden]")).toBe(null);
  });

  it("when the connection is lost, the text stays and is not sent", async () => {
    const page = await typing();
    page.kernel.sendStatus({ state: "lost", reason: "it went away" });
    await pass(0.5);
    expect(words(page.el)).toContain("Your edit is kept.");
    press(field(page.el), "Enter");
    await pass(0.2);
    expect([field(page.el).value, written()]).toEqual(["2", []]);
    page.kernel.sendStatus({ state: "connected" });
    await pass(0.5);
    press(field(page.el), "Enter");
    await pass(0.2);
    expect(written()).toHaveLength(1);
  });
});

describe("a value as JSON", () => {
  it("is edited in the pane, checked while typing, and written", async () => {
    const page = await mount();
    await page.turn();
    await choose(page.el, "box");
    click(button(page.el, "Edit value as JSON"));
    await pass(0.2);
    const control = field(page.el);
    expect(JSON.parse(control.value)).toEqual(STATE.box);
    type(control, '{"deep": [NaN,\n1 2]}');
    await pass(0.1);
    expect(words(page.el)).toContain("Line 2, column 3: Comma or ] expected");
    press(control, "Enter", { ctrlKey: true });
    await pass(0.1);
    expect([written(), control.selectionStart]).toEqual([[], 17]);
    type(control, '{"deep": [NaN,\n-Infinity]}');
    press(control, "Enter", { ctrlKey: true });
    await pass(0.3);
    expect(written()).toEqual([
      { key: "box", path: [], text: '{"deep": [NaN,\n-Infinity]}', add: false },
    ]);
  });

  it("of a part is begun with F2 on its row", async () => {
    const page = await mount();
    await page.turn();
    click(find(rowOf(page.el, "box"), ".nvj-twisty"));
    await pass(0.1);
    await begin(page, "deep", "F2");
    expect(JSON.parse(field(page.el).value)).toEqual([1, "two"]);
    type(field(page.el), "[]");
    press(field(page.el), "Enter", { metaKey: true });
    await pass(0.3);
    expect(written()).toEqual([{ key: "box", path: ["deep"], text: "[]", add: false }]);
  });

  it("is begun with Enter too, where a row has nothing to open and no line to type in", async () => {
    const page = await mount({}, { lines: "one\ntwo", none: [] });
    await page.turn();
    await begin(page, "lines");
    expect(field(page.el).value).toBe('"one\\ntwo"');
    press(field(page.el), "Escape");
    await pass(0.3);
    await begin(page, "none");
    expect(field(page.el).value).toBe("[]");
  });

  it("of megabytes is fetched only after confirmation", async () => {
    const long = "x".repeat(300);
    const cut = { $nvj: "cut", kind: "string", length: 5_000_000, bytes: 5_000_002, head: "x" };
    const page = await mount(
      { value: () => ({ key: "big", exists: true, value: long }) },
      { big: cut },
    );
    await page.turn();
    await begin(page, "big", "F2");
    expect(words(page.el)).toContain("This value is 5.0 MB of JSON");
    expect([fields(page.el), ops()]).toEqual([[], []]);
    click(button(page.el, "Edit anyway"));
    await pass(0.3);
    expect(JSON.parse(field(page.el).value)).toBe(long);
  });

  it("that is too large to edit shows an alternative", async () => {
    const cut = { $nvj: "cut", kind: "string", length: 9e6, bytes: 9_000_002, head: "x" };
    const page = await mount(
      { value: () => ({ key: "big", exists: true, value: cut }) },
      { big: cut },
    );
    await page.turn();
    await begin(page, "big", "F2");
    click(button(page.el, "Edit anyway"));
    await pass(0.3);
    expect(words(page.el)).toContain("use client.edit in Python");
  });
});

describe("keys", () => {
  const nameField = (el: HTMLElement) => find(el, ".nvj-edit-label textarea");
  const valueField = (el: HTMLElement) =>
    findAll(el, ".nvj-edit-label textarea")[1] ?? find(el, ".nothing");

  it("are added next to the selected one, and checked before they are sent", async () => {
    const page = await mount({}, { "box.a": 1, other: 2 });
    await page.turn();
    await choose(page.el, "box.a");
    press(rowOf(page.el, "box.a"), "n");
    await pass(0.1);
    const name = nameField(page.el);
    expect([(name as HTMLTextAreaElement).value, document.activeElement]).toEqual(["box.", name]);
    type(name, "other");
    type(valueField(page.el), "[1, NaN]");
    press(name, "Enter");
    await pass(0.2);
    expect([words(page.el).includes("Key already exists"), written()]).toEqual([true, []]);
    type(name, "box.b\n");
    expect(words(page.el)).toContain("Invisible characters: box.b⏎");
    type(valueField(page.el), "[1, NaN");
    press(name, "Enter");
    await pass(0.2);
    expect([words(page.el).includes("Invalid value: Comma or ] expected"), written()]).toEqual([
      true,
      [],
    ]);
    type(valueField(page.el), "[1, NaN]");
    press(valueField(page.el), "Enter");
    await pass(0.2);
    expect(written()).toEqual([{ key: "box.b\n", path: [], text: "[1, NaN]", add: true }]);
    page.kernel.set("box.b\n", [1]);
    page.kernel.sendDelta();
    await pass(0.2);
    expect(document.activeElement).toBe(rowOf(page.el, "b⏎"));
  });

  describe("that have been renamed", () => {
    /** Renames "name" to "title"; `tell` sends what the server tells of it. */
    const rename = async (answers: Answers = {}) => {
      const page = await mount(answers);
      const tell = () => {
        page.kernel.remove("name");
        page.kernel.set("title", "Anna");
        page.kernel.sendDelta();
      };
      await page.turn();
      await choose(page.el, "name");
      press(rowOf(page.el, "name"), "r");
      await pass(0.1);
      type(nameField(page.el), "title");
      press(nameField(page.el), "Enter");
      return { page, tell };
    };
    const chosen = (el: HTMLElement) => findAll(el, ".nvj-row[aria-selected=true]");

    it("take the focus along", async () => {
      const { page, tell } = await rename();
      await pass(0.2);
      tell();
      await pass(0.2);
      expect(asked).toEqual([["rename", { key: "name", name: "title" }]]);
      expect(document.activeElement).toBe(rowOf(page.el, "title"));
    });

    it("are selected and focused at once if the update arrives before the reply", async () => {
      let answer = (_: unknown) => {};
      const answered = new Promise((resolve) => {
        answer = resolve;
      });
      const { page, tell } = await rename({ rename: () => answered as never });
      await pass(0.2);
      tell();
      await pass(0.2);
      answer(accepted);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      press(document.activeElement as HTMLElement, "Delete");
      expect(chosen(page.el)).toEqual([rowOf(page.el, "title")]);
      expect(words(page.el)).toContain("Remove key title for all clients?");
    });

    it("leave the focus to a confirmation that was opened since", async () => {
      const { page, tell } = await rename();
      await pass(0.2);
      await choose(page.el, "on");
      press(rowOf(page.el, "on"), "Delete");
      await pass(0.1);
      tell();
      await pass(0.2);
      expect(words(page.el)).toContain("Remove key on for all clients?");
      expect(find(page.el, ".nvj-confirm").contains(document.activeElement)).toBe(true);
    });

    it("leave the focus where the user moved it in the notebook", async () => {
      const elsewhere = document.createElement("textarea");
      document.body.append(elsewhere);
      const { tell } = await rename();
      await pass(0.2);
      elsewhere.focus();
      tell();
      await pass(0.2);
      expect(document.activeElement).toBe(elsewhere);
      elsewhere.remove();
    });
  });

  it("removed by another client are neither removed nor renamed, with a message", async () => {
    const page = await mount();
    await page.turn();
    await choose(page.el, "name");
    page.kernel.remove("name");
    page.kernel.sendDelta();
    await pass(0.2);
    for (const key of ["Delete", "r"]) {
      press(document.activeElement as HTMLElement, key);
      await pass(0.1);
      expect(find(page.el, "[role=status]").textContent).toContain("name no longer exists");
    }
    expect([ops(), findAll(page.el, ".nvj-confirm")]).toEqual([[], []]);
  });

  it("keep the form when the name is refused", async () => {
    const page = await mount({ rename: () => refused });
    await page.turn();
    await choose(page.el, "name");
    click(button(page.el, "Rename (r)"));
    await pass(0.1);
    type(nameField(page.el), "title");
    press(nameField(page.el), "Enter");
    await pass(0.2);
    expect(words(page.el)).toContain("another client holds a lock on it");
    expect((nameField(page.el) as HTMLTextAreaElement).value).toBe("title");
    press(nameField(page.el), "Escape");
    await pass(0.1);
    expect(words(page.el)).not.toContain("Rename");
    expect(document.activeElement).toBe(rowOf(page.el, "name"));
  });

  it("are removed after confirmation, and the focus moves to the next", async () => {
    const page = await mount({ remove: () => ({ ...accepted, keys: ["name"] }) });
    await page.turn();
    await choose(page.el, "name");
    const index = rowNames(page.el).indexOf("name");
    press(rowOf(page.el, "name"), "Delete");
    await pass(0.1);
    expect(words(page.el)).toContain("Remove key name for all clients?");
    expect(ops()).toEqual([]);
    click(button(page.el, "Remove"));
    await pass(0.2);
    page.kernel.remove("name");
    page.kernel.sendDelta();
    await pass(0.2);
    expect(asked).toEqual([["remove", { key: "name", branch: false, count: 1 }]]);
    expect(document.activeElement).toBe(visibleRows(page.el)[index]);
  });

  it("stay when the confirmation is canceled with Escape", async () => {
    const page = await mount();
    await page.turn();
    await choose(page.el, "name");
    press(rowOf(page.el, "name"), "Delete");
    await pass(0.1);
    press(document.activeElement as HTMLElement, "Escape");
    await pass(0.1);
    expect([ops(), words(page.el).includes("Remove")]).toEqual([[], false]);
    expect(document.activeElement).toBe(rowOf(page.el, "name"));
  });

  it("of a branch are removed together, with the confirmed count, including hidden ones", async () => {
    const page = await mount(
      { remove: () => Promise.reject(new Error("there are 4 keys now, not 3")) },
      { box: 0, "box.a": 1, "box.b": 2, other: 3 },
    );
    await page.turn();
    type(find(page.el, ".nvj-search-input"), "box.a");
    await pass(0.5);
    click(rowOf(page.el, "box"));
    rowOf(page.el, "box").focus();
    await pass(0.1);
    press(rowOf(page.el, "box"), "Delete");
    await pass(0.1);
    expect(words(page.el)).toContain("Remove branch box with 3 keys for all clients?");
    expect(words(page.el)).toContain("The filter hides 2 keys of it.");
    click(button(page.el, "Remove 3 keys"));
    await pass(0.2);
    expect(asked).toEqual([["remove", { key: "box", branch: true, count: 3 }]]);
    expect(words(page.el)).toContain("Could not remove: there are 4 keys now, not 3");
  });
});

describe("undo", () => {
  it("is offered for the last edit, and reports a later change", async () => {
    let answer: object = { ...refused, note: "a has changed since" };
    const page = await mount({ undo: () => answer });
    await page.turn();
    const undo = find(page.el, ".nvj-edit-tools button:last-child") as HTMLButtonElement;
    expect(undo.disabled).toBe(true);
    page.kernel.sendEdits([{ state: "seen" }], "change a");
    await pass(0.1);
    expect([undo.disabled, undo.title]).toEqual([false, "Undo: change a (Ctrl+Z)"]);
    await choose(page.el, "a");
    press(rowOf(page.el, "a"), "z", { ctrlKey: true });
    await pass(0.2);
    expect(words(page.el)).toContain("Could not undo: a has changed since.");
    answer = accepted;
    click(button(page.el, "Undo anyway"));
    await pass(0.2);
    expect(asked).toEqual([
      ["undo", { force: false }],
      ["undo", { force: true }],
    ]);
  });

  it("is left to the field while typing", async () => {
    const page = await mount();
    await page.turn();
    page.kernel.sendEdits([{ state: "seen" }], "change a");
    await begin(page, "a");
    const event = press(field(page.el), "z", { ctrlKey: true });
    await pass(0.1);
    expect([event.defaultPrevented, ops()]).toEqual([false, ["acquire_edit_lock"]]);
  });
});

describe("the status of an edit", () => {
  it("distinguishes sent, accepted, saved and refused, and disappears", async () => {
    const page = await mount();
    await page.turn();
    const mark = () => find(rowOf(page.el, "a"), ".nvj-write-status");
    const texts: string[] = [];
    for (const state of ["sent", "accepted", "seen"] as const) {
      page.kernel.sendEdits([{ keys: ["a"], state }]);
      await pass(0.1);
      texts.push(mark().textContent ?? "");
    }
    expect(texts).toEqual(["→ Sent", "✓ Accepted", "✓✓ Saved"]);
    await pass(7);
    expect(mark().hidden).toBe(true);
    page.kernel.sendEdits([{ keys: ["a"], state: "refused", note: "locked" }]);
    await pass(0.1);
    expect([mark().textContent, mark().title, mark().dataset.tone]).toEqual([
      "✗ Refused",
      "locked",
      "bad",
    ]);
  });
});

describe("the status of an edited part of a value", () => {
  it("is shown in its row, in its key's row, and beside the selected key", async () => {
    const page = await mount();
    await page.turn();
    click(find(rowOf(page.el, "box"), ".nvj-twisty"));
    await pass(0.1);
    click(find(rowOf(page.el, "deep"), ".nvj-twisty"));
    await pass(0.1);
    await choose(page.el, "1");
    page.kernel.sendEdits([{ keys: ["box"], path: ["deep", 1], state: "accepted" }]);
    await pass(0.3);
    const marked = (name: string) => !find(rowOf(page.el, name), ".nvj-write-status").hidden;
    expect(["box", "deep", "0", "1", "a"].filter(marked)).toEqual(["box", "1"]);
    const beside = find(page.el, ".nvj-detail-head .nvj-write-status");
    expect([beside.hidden, beside.textContent]).toEqual([false, "✓ Accepted"]);
    await choose(page.el, "a");
    expect(beside.hidden).toBe(true);
  });

  it("is replaced by that of a later edit of the same part", async () => {
    const page = await mount();
    await page.turn();
    click(find(rowOf(page.el, "box"), ".nvj-twisty"));
    await pass(0.1);
    page.kernel.sendEdits([
      { keys: ["box"], path: ["deep"], state: "refused" },
      { keys: ["box"], path: ["deep"], state: "seen" },
      { keys: ["box"], path: [], state: "sent" },
    ]);
    await pass(0.3);
    const markIn = (name: string) => find(rowOf(page.el, name), ".nvj-write-status").textContent;
    expect([markIn("box"), markIn("deep")]).toEqual(["→ Sent", "✓✓ Saved"]);
  });
});

describe("leaving the page", () => {
  const leave = () => {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented ? "asks" : "goes";
  };

  it("asks while an edit is unsaved, and only then", async () => {
    const page = await mount();
    await page.turn();
    const answers = [leave()];
    await begin(page, "a");
    answers.push(leave());
    type(field(page.el), "2");
    answers.push(leave());
    press(field(page.el), "Escape");
    await pass(0.3);
    answers.push(leave());
    expect(answers).toEqual(["goes", "goes", "asks", "goes"]);
  });

  it("asks while a new key is typed, until it is saved or canceled", async () => {
    const page = await mount();
    await page.turn();
    await choose(page.el, "a");
    press(rowOf(page.el, "a"), "n");
    const answers = [leave()];
    type(find(page.el, ".nvj-detail-notices textarea"), "fresh");
    answers.push(leave());
    click(button(page.el, "Cancel"));
    answers.push(leave());
    expect(answers).toEqual(["goes", "asks", "goes"]);
  });
});

describe("hostile keys", () => {
  it.each([
    ["an empty one", ""],
    ["HTML", HOSTILE],
    ["__proto__", "__proto__"],
    ["two lines", "a\nb"],
    ["right to left", "\u202egpj"],
    ["10 kB", "k".repeat(10_000)],
  ])("%s is edited like any other", async (_name, key) => {
    const page = await mount({}, { other: 1, ...Object.fromEntries([[key, 2]]) });
    await page.turn();
    const row = visibleRows(page.el).find((each) => each.textContent?.includes("2"));
    if (row === undefined) throw new Error("no row");
    click(row);
    row.focus();
    await pass(0.1);
    press(row, "Enter");
    await pass(0.2);
    type(field(page.el), "3");
    press(field(page.el), "Enter");
    await pass(0.3);
    expect(written()).toEqual([{ key, path: [], text: "3", add: false }]);
    expect(page.el.querySelector("img")).toBeNull();
  });
});

describe("a value that is fetched to be edited", () => {
  const CUT = { $nvj: "cut", kind: "string", length: 300, bytes: 302, head: "x" };
  const late = async () => {
    const page = await mount(
      { value: () => ({ key: "big", exists: true, value: "x".repeat(300) }) },
      { big: CUT, other: 1 },
    );
    await page.turn();
    await choose(page.el, "big");
    page.kernel.busy = true;
    press(rowOf(page.el, "big"), "F2");
    await pass(0.2);
    return page;
  };
  it("does not take the focus if the user moved it", async () => {
    const page = await late();
    const elsewhere = document.createElement("textarea");
    document.body.append(elsewhere);
    elsewhere.focus();
    page.kernel.wake();
    await pass(0.3);
    const { activeElement } = document;
    elsewhere.remove();
    expect(activeElement).toBe(elsewhere);
  });
  it("is not edited once editing was switched off", async () => {
    const page = await late();
    page.box.checked = false;
    page.box.dispatchEvent(new Event("change", { bubbles: true }));
    await pass(0.1);
    page.kernel.wake();
    await pass(0.3);
    expect(fields(page.el)).toEqual([]);
  });
  it("leaves a later selection alone", async () => {
    const page = await late();
    await choose(page.el, "other");
    page.kernel.wake();
    await pass(0.3);
    expect(page.model.get("selected")).toBe("other");
  });
});

describe("answers that come late", () => {
  it("forced undo reverts the confirmed edit, not a later one", async () => {
    const page = await mount({ undo: () => ({ ...refused, note: "a has changed since" }) });
    await page.turn();
    page.kernel.sendEdits([{ state: "seen" }], "change a");
    await choose(page.el, "a");
    press(rowOf(page.el, "a"), "z", { ctrlKey: true });
    await pass(0.2);
    expect(words(page.el)).toContain("Could not undo: a has changed since.");
    // Another view of the same connection writes meanwhile.
    page.kernel.sendEdits(
      [{ state: "seen" }, { state: "seen", keys: ["name"], text: "change name" }],
      "change name",
    );
    await pass(0.1);
    const all = findAll(page.el, "button").find((b) => b.textContent === "Undo anyway");
    if (all !== undefined) click(all);
    await pass(0.2);
    expect(asked).toEqual([["undo", { force: false }]]);
  });

  describe("to a rename whose form was left", () => {
    const name = (el: HTMLElement) => find(el, ".nvj-edit-label textarea");
    const leave = async (answers: Answers = {}) => {
      const page = await mount(answers);
      await page.turn();
      await choose(page.el, "name");
      press(rowOf(page.el, "name"), "r");
      await pass(0.1);
      type(name(page.el), "title");
      page.kernel.busy = true;
      press(name(page.el), "Enter");
      await pass(0.1);
      press(name(page.el), "Escape");
      await pass(0.1);
      return page;
    };

    it("leave alone what is typed for a new key", async () => {
      const page = await leave();
      press(rowOf(page.el, "name"), "n");
      await pass(0.1);
      type(name(page.el), "brand.new");
      page.kernel.wake();
      await pass(0.3);
      expect(name(page.el)).toHaveProperty("value", "brand.new");
    });

    it("say that it was refused", async () => {
      const page = await leave({ rename: () => refused });
      page.kernel.wake();
      await pass(0.3);
      expect(page.el.textContent).toContain("another client holds a lock");
    });
  });
});

it("Escape that ends a composition does not cancel the edit", async () => {
  const page = await mount();
  await page.turn();
  await begin(page, "name");
  type(field(page.el), "にほ");
  press(field(page.el), "Escape", { isComposing: true });
  await pass(0.2);
  expect(fields(page.el)).toHaveLength(1);
});

describe("a current value of another kind", () => {
  const taken = async (theirs: PageRecord[string]) => {
    const page = await mount();
    await page.turn();
    await begin(page, "name");
    type(field(page.el), "Bob");
    page.kernel.set("name", theirs);
    page.kernel.sendDelta();
    await pass(0.3);
    click(button(page.el, "Use current value"));
    await pass(0.3);
    return page;
  };

  it("is an object as JSON, and not null", async () => {
    const { el } = await taken({ first: "B" });
    expect(field(el).value).toBe('{"first": "B"}');
  });

  it("is a number that stays one", async () => {
    const { el } = await taken(5);
    type(field(el), "6");
    press(field(el), "Enter");
    await pass(0.2);
    expect(written()).toEqual([{ key: "name", path: [], text: "6", add: false }]);
  });
});

it("null in a list is shown, not fetched, and edited", async () => {
  const page = await mount({}, { box: [null, 1], a: 1 });
  await choose(page.el, "box");
  press(rowOf(page.el, "box"), "ArrowRight");
  await pass(0.3);
  expect(rowOf(page.el, "0").textContent).toContain("null");
  expect(page.kernel.received.some(({ op }) => op === "items")).toBe(false);
  await page.turn();
  await begin(page, "0");
  expect(field(page.el).value).toBe("null");
});
