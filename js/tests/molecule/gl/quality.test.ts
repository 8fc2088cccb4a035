import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createQualityControl, type QualityControl } from "../../../src/molecule/gl/quality.ts";

/** The part of WebGL that measures pictures; each one takes `milliseconds`. */
class FakeGl {
  readonly SYNC_GPU_COMMANDS_COMPLETE = 1;
  readonly SYNC_STATUS = 2;
  readonly SIGNALED = 3;
  milliseconds = 5;
  #doneAt = 0;
  fenceSync(): object {
    this.#doneAt = performance.now() + this.milliseconds;
    return {};
  }
  deleteSync(): void {}
  flush(): void {}
  isContextLost(): boolean {
    return false;
  }
  getSyncParameter(): number {
    return performance.now() >= this.#doneAt ? this.SIGNALED : 0;
  }
}

describe("the quality", () => {
  let gl: FakeGl;
  let control: QualityControl;
  beforeEach(() => {
    vi.useFakeTimers();
    gl = new FakeGl();
    control = createQualityControl(gl as unknown as WebGL2RenderingContext);
  });
  afterEach(() => vi.useRealTimers());

  const draw = (pictures: number, milliseconds: number) => {
    gl.milliseconds = milliseconds;
    for (let i = 0; i < pictures; i += 1) {
      control.drawn(0);
      vi.advanceTimersByTime(milliseconds + 10);
    }
  };

  it("falls step by step while pictures are slow", () => {
    draw(2, 100);
    expect(control.quality()).toBe("full");
    draw(1, 100);
    expect(control.quality()).toBe("reduced");
    draw(3, 100);
    expect(control.quality()).toBe("low");
    draw(10, 100);
    expect(control.quality()).toBe("low");
  });

  it("rises again when they are fast, but later each time", () => {
    draw(3, 100);
    draw(59, 2);
    expect(control.quality()).toBe("reduced");
    draw(1, 2);
    expect(control.quality()).toBe("full");
    draw(3, 100);
    draw(60, 2);
    expect(control.quality()).toBe("reduced");
  });

  it("stays if a single picture is slow", () => {
    for (let i = 0; i < 10; i += 1) {
      draw(2, 100);
      draw(1, 2);
    }
    expect(control.quality()).toBe("full");
  });

  it("can be forced", () => {
    control.setQuality("full");
    draw(10, 500);
    expect(control.quality()).toBe("full");
    control.setQuality("automatic");
    draw(3, 500);
    expect(control.quality()).toBe("reduced");
  });

  it("leaves no timer behind", () => {
    control.drawn(0);
    control.reset();
    expect(vi.getTimerCount()).toBe(0);
  });
});
