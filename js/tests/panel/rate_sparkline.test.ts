// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { Timed } from "../../src/kernel/session.ts";
import { createRateSparkline } from "../../src/panel/rate_sparkline.ts";
import type { HeartbeatBody } from "../../src/protocol/common.ts";
import { Signal } from "../../src/ui/signal.ts";

function sparkOf(beats: readonly (readonly [at: number, rate: number])[]) {
  const heartbeat = new Signal<Timed<HeartbeatBody> | null>(null);
  const element = createRateSparkline(heartbeat, new AbortController().signal);
  for (const [at, rate] of beats) {
    const body = { epoch: "e", rev: 1, seq: 1, keys: 1, age: 0, rate, frames: 0, size: 1 };
    heartbeat.set({ body, at });
  }
  const path = element.querySelector("path")?.getAttribute("d") ?? "";
  return { path, points: path.match(/[ML]/g)?.length ?? 0, lines: path.match(/M/g)?.length ?? 0 };
}

const steady = (count: number, from = 0) =>
  Array.from({ length: count }, (_, second) => [from + second, 30] as const);

describe("the rate sparkline", () => {
  it("has a point for each heartbeat of the last minute", () => {
    expect(sparkOf(steady(10)).points).toBe(10);
    expect(sparkOf(steady(300)).points).toBe(61);
  });

  it("is at the top for a steady rate and at the bottom for zero", () => {
    const heights = ({ path }: { path: string }) =>
      new Set([...path.matchAll(/ ([\d.]+)/g)].map(([, y]) => y));
    expect(heights(sparkOf(steady(5)))).toEqual(new Set(["1.5"]));
    expect(heights(sparkOf([...steady(5), [5, 0]]))).toEqual(new Set(["1.5", "12.5"]));
  });

  it("has a gap without heartbeats", () => {
    expect(sparkOf(steady(5)).lines).toBe(1);
    expect(sparkOf([...steady(5), ...steady(5, 20)]).lines).toBe(2);
  });

  it("ignores a repeated heartbeat", () => {
    expect(sparkOf([...steady(5), [4.1, 30]]).points).toBe(5);
  });
});
