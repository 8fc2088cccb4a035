/** The camera of a view: follows the trait, the gestures, and fits while it is automatic. */

import type { CameraTrait, Host } from "../kernel/host.ts";
import { fitCamera, interpolate, zoom } from "./scene/camera.ts";
import type { Camera, Positions } from "./types.ts";

const MOVE_MS = 280;
/** The length that is shown around one atom, in nm. */
const ATOM_HEIGHT = 1.2;

export interface CameraControl {
  get(): Camera;
  /** Change the camera by a gesture. */
  change(step: (camera: Camera) => Camera): void;
  /** Show the whole molecule from the same direction. */
  fit(): void;
  /** Show the whole molecule as at first. */
  reset(): void;
  lookAt(target: Camera["target"]): void;
  /** Fit again if the user has not moved the camera: the molecule or the size has changed. */
  refit(): void;
}

export function createCameraControl(
  host: Host,
  scene: {
    readonly positions: () => Positions | null;
    readonly aspect: () => number;
    /** Whether there are people, who stand upright. */
    readonly hasPeople: () => boolean;
  },
  onChange: () => void,
  signal: AbortSignal,
): CameraControl {
  let camera: Camera = fitCamera(null, 1);
  let animation: number | null = null;
  /** What this view has set; the model reports it, too. */
  let own: CameraTrait | null = null;

  const wanted = (): CameraTrait => host.get("camera") ?? {};
  const fitted = (trait: CameraTrait): Camera => {
    const fit = fitCamera(
      scene.positions(),
      scene.aspect(),
      trait.rotation ?? null,
      scene.hasPeople(),
    );
    const { target, height } = trait;
    return zoom({ ...fit, target: target ?? fit.target, height: height ?? fit.height }, 1);
  };
  const stop = () => {
    if (animation !== null) cancelAnimationFrame(animation);
    animation = null;
  };
  signal.addEventListener("abort", stop, { once: true });
  const put = (next: Camera) => {
    camera = next;
    onChange();
  };
  const moveTo = (next: Camera) => {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      put(next);
      return;
    }
    const from = camera;
    const start = performance.now();
    const step = (time: number) => {
      const share = Math.min(1, Math.max(0, (time - start) / MOVE_MS));
      animation = share < 1 ? requestAnimationFrame(step) : null;
      put(share < 1 ? interpolate(from, next, share * share * (3 - 2 * share)) : next);
    };
    animation = requestAnimationFrame(step);
  };
  const save = (next: CameraTrait) => {
    own = next;
    host.set("camera", next);
  };
  const choose = (next: CameraTrait) => {
    save(next);
    moveTo(fitted(next));
  };

  host.observe(
    "camera",
    () => {
      if (!isSame(wanted(), own)) moveTo(fitted(wanted()));
    },
    signal,
  );
  return {
    get: () => camera,
    change(step) {
      stop();
      put(step(camera));
      save(camera);
    },
    fit: () => choose({ rotation: camera.rotation }),
    reset: () => choose({}),
    lookAt(target) {
      choose({ ...camera, target, height: Math.min(camera.height, ATOM_HEIGHT) });
    },
    refit() {
      stop();
      put(fitted(wanted()));
    },
  };
}

/** Whether two values of the trait are the same; the kernel sends a copy. */
const isSame = (a: CameraTrait, b: CameraTrait | null): boolean =>
  b !== null &&
  a.height === b.height &&
  `${a.target}` === `${b.target}` &&
  `${a.rotation}` === `${b.rotation}`;
