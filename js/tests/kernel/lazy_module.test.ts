import { describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/kernel/host.ts";
import { loadModule } from "../../src/kernel/lazy_module.ts";

type Ask = Host["request"];
const hostOf = (ask: () => Promise<unknown>) => ({ request: vi.fn(ask) as unknown as Ask });

describe("a lazy module", () => {
  it("is requested and imported once", async () => {
    const host = hostOf(async () => ({ name: "one", source: "text" }));
    const importer = vi.fn(async (source: string) => ({ source }));
    const both = [loadModule(host, "one", importer), loadModule(host, "one", importer)];
    expect(await Promise.all(both)).toEqual([{ source: "text" }, { source: "text" }]);
    expect(importer).toHaveBeenCalledTimes(1);
    expect(host.request).toHaveBeenCalledWith("module", { name: "one" });
  });

  it("that failed to load is requested again", async () => {
    let tries = 0;
    const host = hostOf(async () => {
      tries += 1;
      if (tries === 1) throw new Error("the kernel has gone");
      return { name: "two", source: "text" };
    });
    const importer = async () => ({ fine: true });
    await expect(loadModule(host, "two", importer)).rejects.toThrow("gone");
    await expect(loadModule(host, "two", importer)).resolves.toEqual({ fine: true });
  });
});
