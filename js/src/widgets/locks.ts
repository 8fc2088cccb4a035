/**
 * LockManager in anywidget.
 * Synced: height. Page only: the form. The server owns the locks, the kernel the leases.
 */

import { createLocks } from "../locks/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createLocks], "needed");

export default { render };
