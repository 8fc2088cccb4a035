"""`%nanover lock`, `unlock` and `locks`."""

from __future__ import annotations

from nanover_jupyter.magics.commands.widgets import show_panel
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import Table, duration

__all__ = ["lock", "locks", "unlock"]


def lock(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover lock`."""
    options = line.options
    keys = [context.expand(key) for key in options.keys]
    client = context.connection(line).client
    if options.duration is None:
        lease = client.lock(keys, timeout=options.wait, call_timeout=options.timeout)
        end = f"until you release it, for at most {duration(lease.max_hold or 0)}"
    else:
        lease = client.lock(
            keys,
            duration=options.duration,
            auto_renew=False,
            timeout=options.wait,
            call_timeout=options.timeout,
        )
        end = f"for {duration(options.duration)}"
    context.store(line, lease)
    context.show_line(line, f"Locked {', '.join(lease.keys)} {end}.")


def unlock(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover unlock`."""
    client = context.connection(line).client
    held = client.leases.held_keys()
    keys = [context.expand(key) for key in line.options.keys] or held
    for key in keys:
        if key not in held:
            raise MagicError(f"You hold no lock on {key!r}.{did_you_mean(key, held)}")
    if keys:
        client.attempt_update_locks(dict.fromkeys(keys), timeout=line.options.timeout)
    # Keys that were locked together are released together.
    left = client.leases.held_keys()
    released = [key for key in held if key not in left]
    context.show_line(
        line, f"Unlocked {', '.join(released)}." if released else "You held no locks."
    )


def locks(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover locks`: show the lock manager, or a table in a terminal."""
    if show_panel(context, line, "LockManager"):
        return
    table = context.connection(line).client.leases
    now = table.clock()
    rows = [
        (
            lease.key,
            lease.state,
            "" if (left := lease.left(now)) is None else duration(left),
            lease.note,
        )
        for lease in table.rows()
    ]
    if rows:
        heads = ("key", "state", "time left", "note")
        context.show(line, Table("Locks of this client:", heads, rows))
    else:
        context.show_line(line, "No locks. Run %nanover lock KEY to acquire one.")
