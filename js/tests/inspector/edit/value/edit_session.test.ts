import { describe, expect, it } from "vitest";
import {
  type EditLock,
  type EditLockState,
  NO_EDIT_LOCK,
} from "../../../../src/inspector/edit/value/edit_lock.ts";
import { EditSession } from "../../../../src/inspector/edit/value/edit_session.ts";
import type { Place } from "../../../../src/inspector/state/place.ts";
import { valueAt } from "../../../../src/inspector/tree/rows.ts";
import type { Host } from "../../../../src/kernel/host.ts";
import type { Entry } from "../../../../src/kernel/state_store.ts";
import type { PageValue } from "../../../../src/protocol/common.ts";
import type { Choice } from "../../../../src/ui/confirm.ts";
import { Signal } from "../../../../src/ui/signal.ts";

const EDIT = { number: 1, text: "change a", keys: ["a"], count: 1, path: [], note: "", seconds: 0 };
const accepted = { ...EDIT, state: "accepted" };
const refused = { ...EDIT, state: "refused", note: "locked" };
const LARGE = { $nvj: "cut", kind: "string", length: 5e6, bytes: 5_000_002, head: "x" };

type Reply = (op: string, body: unknown) => unknown;

function makeSession(reply: Reply = () => accepted) {
  const entries = new Map<string, Entry>();
  const set = (key: string, value: PageValue) =>
    entries.set(key, { key, value, changedAt: entries.size, rate: 0 });
  set("a", 1);
  set("name", "Anna");
  set("box", { deep: [1, "two"] });
  set("raw", { $nvj: "bytes", length: 1, hex: "00" });
  set("large", LARGE as PageValue);
  const log: string[] = [];
  const sent: [op: string, body: unknown][] = [];
  const asked: { question: string; choices: readonly Choice[] }[] = [];
  const lockState = new Signal<EditLockState>(NO_EDIT_LOCK);
  const lock: EditLock = {
    state: lockState,
    acquire: (key) => log.push(`acquire ${key}`),
    retry: () => log.push("retry"),
    release: () => log.push("release"),
  };
  const request = async (op: string, body: unknown) => {
    sent.push([op, body]);
    return reply(op, body);
  };
  const page = { refusal: "", isUnmoved: true };
  const connection = new Signal<{ blocked: string | null }>({ blocked: null });
  const session = new EditSession(
    {
      host: { request } as unknown as Host,
      lock,
      connection,
      live: ({ key, path }: Place) => {
        const entry = entries.get(key);
        return { entry, value: valueAt(key, entry?.value, path, () => undefined) };
      },
      refusal: () => page.refusal,
      watchAttention: () => () => page.isUnmoved,
      focusField: (at) => log.push(`focus ${at ?? ""}`.trim()),
      confirm: (question, choices) => asked.push({ question, choices }),
      announce: (text) => log.push(text),
      onChange: () => undefined,
    },
    new AbortController().signal,
  );
  return { session, entries, set, log, sent, asked, lockState, page, connection };
}

const at = (key: string, ...path: (string | number)[]): Place => ({ key, path });
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe("an edit", () => {
  it("of a scalar is saved by its path and closes", async () => {
    const { session, sent, log } = makeSession();
    session.begin(at("box", "deep", 1));
    session.focusEntered();
    const edit = session.current.get();
    expect([edit?.kind, edit?.draft.text]).toEqual(["text", "two"]);
    edit?.draft.type("three");
    await session.save();
    const body = { key: "box", path: ["deep", 1], text: '"three"', add: false };
    expect(sent).toEqual([["write", body]]);
    expect(session.current.get()).toBeNull();
    expect(log).toEqual(["acquire box", "Saved: change a", "release"]);
  });

  it("of any other value is JSON", async () => {
    const { session } = makeSession();
    session.begin(at("box"));
    await settle();
    const edit = session.current.get();
    expect([edit?.kind, JSON.parse(edit?.draft.text ?? "")]).toEqual([null, { deep: [1, "two"] }]);
  });

  it("without changes is closed, not saved", async () => {
    const { session, set, sent } = makeSession();
    session.begin(at("a"));
    set("a", 7);
    await session.save();
    expect([session.current.get(), sent]).toEqual([null, []]);
  });

  it("with an error is not saved, and its field gets the focus", async () => {
    const { session, sent, log } = makeSession();
    session.begin(at("box"));
    await settle();
    session.current.get()?.draft.type('{"a": 1 2}');
    await session.save();
    expect([sent, log]).toEqual([[], ["focus 8"]]);
  });

  it("that is refused stays with its text", async () => {
    const { session, log } = makeSession(() => refused);
    session.begin(at("a"));
    session.current.get()?.draft.type("2");
    await session.save();
    const draft = session.current.get()?.draft;
    expect([draft?.text, draft?.failure]).toEqual(["2", "Refused: locked. Nothing was changed."]);
    expect(log).toEqual(["Refused: locked. Nothing was changed."]);
  });

  it("does not begin while editing is refused", () => {
    const { session, page, log } = makeSession();
    page.refusal = "Editing is off";
    session.begin(at("a"));
    expect([session.current.get(), log]).toEqual([null, ["Editing is off"]]);
  });

  it("is not saved while disconnected, and requests its lock again after", async () => {
    const { session, sent, log, connection } = makeSession();
    session.begin(at("a"));
    session.current.get()?.draft.type("2");
    connection.set({ blocked: "Connection lost." });
    await session.save();
    expect([sent, log]).toEqual([[], []]);
    connection.set({ blocked: null });
    expect(log).toEqual(["retry"]);
  });
});

describe("a second edit", () => {
  it("replaces an unchanged one, and not a changed one", () => {
    const { session, log } = makeSession();
    session.begin(at("a"));
    session.begin(at("name"));
    expect(session.current.get()?.draft.place.key).toBe("name");
    session.current.get()?.draft.type("Bob");
    session.begin(at("a"));
    expect(session.current.get()?.draft.text).toBe("Bob");
    expect(log).toEqual(["release", "Save or cancel the edit of name first", "focus"]);
  });

  it("waits while one is saved, unless it is canceled", async () => {
    for (const canceled of [false, true]) {
      const { session } = makeSession();
      session.begin(at("a"));
      session.current.get()?.draft.type("2");
      const saved = session.save();
      session.begin(at("name"));
      if (canceled) expect(session.cancelNext()).toBe(true);
      await saved;
      expect(session.current.get()?.draft.place.key).toBe(canceled ? undefined : "name");
      expect(session.cancelNext()).toBe(false);
    }
  });
});

describe("a conflict", () => {
  it("is announced once", () => {
    const { session, set, entries, log } = makeSession();
    session.begin(at("a"));
    set("a", 7);
    session.announceConflict();
    session.announceConflict();
    entries.delete("a");
    session.announceConflict();
    expect(log).toEqual([
      "Value was changed by another client",
      "Value was removed by another client",
    ]);
  });

  it("is resolved with the current value, in a field of its kind", async () => {
    const { session, set } = makeSession();
    session.begin(at("a"));
    session.current.get()?.draft.type("2");
    set("a", 7);
    await session.takeRemote();
    expect(session.current.get()?.draft.text).toBe("7");
    set("a", { x: 1 });
    await session.takeRemote();
    await settle();
    expect([session.current.get()?.kind, session.current.get()?.draft.text]).toEqual([
      null,
      '{"x": 1}',
    ]);
  });

  it("with a removed key adds the key again", async () => {
    const { session, entries, sent } = makeSession();
    session.begin(at("a"));
    entries.delete("a");
    await session.save();
    expect(sent).toEqual([["write", { key: "a", path: [], text: "1", add: true }]]);
  });
});

describe("the focus", () => {
  it("keeps a changed draft without its lock when it leaves, and closes an unchanged one", () => {
    const { session, log } = makeSession();
    session.begin(at("a"));
    session.current.get()?.draft.type("2");
    session.focusLeft();
    expect([session.current.get()?.draft.text, log]).toEqual(["2", ["release"]]);
    session.current.get()?.draft.type("1");
    session.focusLeft();
    expect(session.current.get()).toBeNull();
  });
});

describe("a truncated value", () => {
  const full: Reply = (op) => (op === "value" ? { exists: true, value: "xyz" } : accepted);

  it("is loaded in full after confirmation if it is large", async () => {
    const { session, asked, sent } = makeSession(full);
    session.begin(at("large"));
    expect([asked[0]?.question, sent]).toEqual([
      "This value is 5.0 MB of JSON. Editing it may be slow.",
      [],
    ]);
    asked[0]?.choices[0]?.run();
    await settle();
    expect(session.current.get()?.draft.text).toBe('"xyz"');
  });

  it("is not edited if the user has moved on meanwhile", async () => {
    const { session, asked, page } = makeSession(full);
    session.begin(at("large"));
    asked[0]?.choices[0]?.run();
    page.isUnmoved = false;
    await settle();
    expect(session.current.get()).toBeNull();
  });

  it("that a page cannot hold is not edited, and the message says what to do", async () => {
    const { session, asked } = makeSession(() => ({ exists: true, value: LARGE }));
    session.begin(at("large"));
    asked[0]?.choices[0]?.run();
    await settle();
    expect(asked[1]?.question).toContain("Cannot edit large: it is too large to edit here");
  });
});

it("bytes are not edited as JSON", async () => {
  const { session, asked } = makeSession();
  session.begin(at("raw"));
  await settle();
  expect([session.current.get(), asked[0]?.question]).toEqual([
    null,
    "Cannot edit raw: it contains bytes, which JSON cannot represent.",
  ]);
});
