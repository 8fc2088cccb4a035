"""Subcommands that take locks and give them back."""

from __future__ import annotations

from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine, nearest
from nanover_jupyter.magics.wording import how_long

__all__ = ["lock", "unlock"]


def lock(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover lock`."""
    options = order.options
    keys = [desk.text(key) for key in options.keys]
    seconds = getattr(options, "for")
    with desk.client(order) as client:
        if seconds is None:
            lease = client.lock(keys, timeout=options.wait)
            until = f"until %nanover unlock, for {how_long(lease.max_hold or 0)} at the most"
        else:
            lease = client.lock(keys, duration=seconds, auto_renew=False, timeout=options.wait)
            until = f"for {how_long(seconds)}"
    desk.keep(order, lease)
    desk.say(order, f"Locked {', '.join(lease.keys)} {until}.")


def unlock(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover unlock`."""
    with desk.client(order) as client:
        held = client.leases.held_keys()
        keys = [desk.text(key) for key in order.options.keys] or held
        for key in keys:
            if key not in held:
                near = nearest(key, held)
                hint = f"; did you mean {near!r}?" if near else ""
                raise MagicSyntaxError(f"no lock on {key!r} is held here{hint}")
        if keys:
            client.attempt_update_locks(dict.fromkeys(keys))
        # What was locked together is given back together.
        left = client.leases.held_keys()
    gone = [key for key in held if key not in left]
    desk.say(order, f"Unlocked {', '.join(gone)}." if gone else "No lock was held here.")
