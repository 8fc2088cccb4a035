/**
 * LockManager in anywidget.
 * Synced: height. Page only: the form. The server owns the locks, the kernel the leases.
 */

import { mount, type RenderProps } from "../shared/mount.ts";
import { createLocks } from "./view.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createLocks], "needed");

export default { render };
