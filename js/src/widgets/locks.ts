/**
 * Entry of the LockManager widget.
 * Synced trait: height. The form is local to the page. The server owns the locks, the kernel the
 * leases.
 */

import { createLocks } from "../locks/tool.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createLocks], "needed");

export default { render };
