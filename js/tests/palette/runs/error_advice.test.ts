import { describe, expect, it } from "vitest";
import { adviceFor } from "../../../src/palette/runs/error_advice.ts";

const advice = (kind: string, message: string) => adviceFor({ kind, message });
const failed = (message: string) =>
  advice("CommandFailed", `command 'x' failed: Exception calling application: ${message}`);

describe("advice", () => {
  it("names a missing argument", () => {
    const words = "load() missing 1 required positional argument: 'index'";
    expect(failed(words)).toMatchObject({ add: "index" });
    expect(failed(words)?.text).toContain("index");
  });

  it("names an unexpected argument", () => {
    const found = failed("play() got an unexpected keyword argument 'speed'");
    expect(found).toMatchObject({ add: null });
    expect(found?.text).toContain("speed");
  });

  it("says whether anything was sent", () => {
    expect(advice("ConnectError", "")?.text).toContain("Nothing was sent");
    expect(advice("InvalidValue", "")?.text).toContain("Nothing was sent");
    expect(advice("InvalidArgument", "")?.text).toContain("Nothing was sent");
    expect(advice("ConnectionLost", "")?.text).toContain("may have run");
    expect(advice("TimedOut", "")?.text).toContain("may still be running");
  });

  it("is null for unknown errors", () => {
    expect(failed("no <b>fuse</b> left")).toBeNull();
    expect(advice("Fault", "missing 1 required positional argument: 'x'")).toBeNull();
  });
});
