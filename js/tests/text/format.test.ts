import { expect, it } from "vitest";
import { age, count, duration, elapsed, plural, rate, size } from "../../src/text/format.ts";
import { label, visible } from "../../src/text/visible_text.ts";

it("formats ages", () => {
  expect([0, 4.25, 9.96, 41, 60, 125, 7300, 200_000].map(age)).toEqual([
    "0.0 s",
    "4.3 s",
    "9 s",
    "41 s",
    "1 min",
    "2 min",
    "2 h",
    "2 d",
  ]);
});

it("formats durations", () => {
  expect([8, 72, 120, 3600, 7500].map(duration)).toEqual([
    "8 s",
    "1 min 12 s",
    "2 min",
    "1 h",
    "2 h 5 min",
  ]);
  expect([0, 0.004, 0.314, 2.44, 72].map(elapsed)).toEqual([
    "1 ms",
    "4 ms",
    "0.31 s",
    "2.4 s",
    "1 min 12 s",
  ]);
});

it("formats sizes, counts and rates", () => {
  expect([680, 1899, 18_990, 1_899_000].map(size)).toEqual(["680 B", "1.9 kB", "19 kB", "1.9 MB"]);
  expect([1, 999, 2412, 100_000].map(count)).toEqual(["1", "999", "2\u202f412", "100\u202f000"]);
  expect([plural(1, "key"), plural(0, "key")]).toEqual(["1 key", "0 keys"]);
  expect([0, 0.52, 30.4].map(rate)).toEqual(["—", "0.5/s", "30/s"]);
});

it("makes control characters visible", () => {
  expect(visible("a\nb\tc\u0000d")).toBe("a⏎b⇥c␀d");
  expect(visible("\u202egnp.exe\u200b")).toBe("\\u202egnp.exe\\u200b");
  expect(visible("x".repeat(50), 10)).toBe(`${"x".repeat(10)}…`);
  expect(visible("ملف Ünïcode 字")).toBe("ملف Ünïcode 字");
});

it("labels key segments", () => {
  expect(label("6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2")).toBe("6f1c…e2");
  expect(label("")).toBe("(empty)");
  expect(label("root")).toBe("root");
});

it("never shows 1000 kB or 60.0 s", () => {
  expect([9_960, 999_400, 999_600, 999_700_000].map(size)).toEqual([
    "10 kB",
    "999 kB",
    "1.0 MB",
    "1.0 GB",
  ]);
  expect([0.994, 0.996, 59.94, 59.96].map(elapsed)).toEqual(["0.99 s", "1.0 s", "59.9 s", "1 min"]);
});
