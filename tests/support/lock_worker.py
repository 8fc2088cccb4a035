"""A process that acquires locks at random and records when it believes that it holds them.

Usage: python -m tests.support.lock_worker URL NAME LOG SEED DURATION KEY...

Ends when its standard input is closed. Appends one JSON object per line to LOG, each with `kind`
and `at`, the seconds of `lease_clock`, which all processes of a machine share:

ready       The worker is connected.
asked       It asks for `keys`.
refused     Another client holds one of them.
failed      The request failed for another reason, `why`.
held        It believes that it holds the `keys` of the lease `lease` until `ends_at`. Written when
            the lease is granted, and again when it is renewed.
ended       It does not believe so from `at` on, which is before it released the lease, or when
            the lease was lost; `how` is released, edited, lost, or handed over: the keys
            `handed_over`, `to` a worker.
edited      It wrote `value` to the key of an edit.
"""

from __future__ import annotations

import faulthandler
import json
import random
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from nanover_jupyter import connect
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.errors import LeaseLost, LockRefused, TimedOut

# Between two looks at a held lease.
_INTERVAL = 0.004
_HAND_OVER_SHARE = 0.5
_EDIT_SHARE = 0.2
_WAIT_SHARE = 0.6
# As shares of the duration. Leases are renewed after a third of it.
_LONGEST_HOLD = 0.9
_LONGEST_WAIT = 2.0


class Worker:
    """Acquires random keys, one lease at a time, and records what it believes.

    Args:
        client: The client.
        log: The file for events, line-buffered: what was written survives SIGKILL.
        keys: The keys to choose from.
        duration: Seconds for which a lock lasts without a renewal.
        choices: Makes the random choices.
    """

    def __init__(
        self,
        client: BaseClient,
        log: TextIO,
        keys: list[str],
        duration: float,
        choices: random.Random,
    ) -> None:
        self._client = client
        self._log = log
        self._keys = keys
        self._duration = duration
        self._choices = choices
        self._leases = 0
        self._pause = threading.Event()

    def run(self, closed: threading.Event) -> None:
        """Acquire locks until `closed` is set."""
        self._record("ready", lease_clock())
        while not closed.is_set():
            keys = self._choices.sample(self._keys, self._choices.randint(1, len(self._keys)))
            is_edit = self._choices.random() < _EDIT_SHARE
            timeout = None
            if self._choices.random() < _WAIT_SHARE:
                timeout = self._choices.uniform(0.2, _LONGEST_WAIT) * self._duration
            self._record("asked", lease_clock(), keys=keys[:1] if is_edit else keys)
            try:
                if is_edit:
                    self._edit(keys[0], timeout)
                else:
                    self._hold(keys, timeout)
            except LockRefused:
                self._record("refused", lease_clock())
            except (LeaseLost, TimedOut) as error:
                # A stopped process loses what it asks for.
                self._record("failed", lease_clock(), why=f"{type(error).__name__}: {error}")
            closed.wait(self._choices.uniform(0.0, 0.1))

    def _hold(self, keys: list[str], timeout: float | None) -> None:
        note = f"for {timeout:.1f} s" if timeout else ""
        lease = self._client.lock(keys, duration=self._duration, timeout=timeout, note=note)
        try:
            if not self._believe(lease):
                return
            requests = self._client.claims.requests()
            if requests and self._choices.random() < _HAND_OVER_SHARE:
                other = self._choices.choice(requests)
                wanted = list(other.keys)
                self._record_end("handed over", handed_over=wanted, to=other.name)
                with suppress(LeaseLost):  # It ended since it was looked at.
                    self._client.locks.hand_over(wanted, other.client_id)
            else:
                self._record_end("released")
        finally:
            lease.release()

    def _edit(self, key: str, timeout: float | None) -> None:
        margin = self._duration / 2
        with self._client.edit(
            key, duration=self._duration, timeout=timeout, margin=margin
        ) as draft:
            leases = self._client.leases.leases_on(key)
            if not leases or not self._believe(leases[0]):
                return
            value = int(draft.value or 0) + 1  # type: ignore[arg-type] # only workers write it
            draft.value = value
            # The draft is written after this, so that the belief may last a little longer.
            self._record_end("edited")
        self._record("edited", lease_clock(), key=key, value=value)

    def _believe(self, lease: Lease) -> bool:
        """Hold a lease for a random time; returns whether it is still held then."""
        self._leases += 1
        keys = list(lease.keys)
        until = lease_clock() + self._choices.uniform(0.0, _LONGEST_HOLD) * self._duration
        held_at: float | None = None
        ends_at = 0.0
        while True:
            # Before the status is read: what it shows was true at this time already.
            now = lease_clock()
            status = lease.status()
            if not status.is_held:
                if held_at is not None:
                    self._record_end(
                        "lost", min(self._lost_at(keys, held_at), now), why=status.note
                    )
                return False
            held_at = now
            if status.ends_at != ends_at:
                ends_at = status.ends_at
                self._record("held", now, lease=self._leases, keys=keys, ends_at=ends_at)
            if now >= until:
                return True
            self._pause.wait(_INTERVAL)

    def _lost_at(self, keys: list[str], held_at: float) -> float:
        """Return when a lease on keys was lost; `held_at`, when it was held, if unknown."""
        rows = [self._client.leases.get(key) for key in keys]
        ends = [row.ended_at for row in rows if row is not None and row.state == "lost"]
        return max(held_at, min((each for each in ends if each is not None), default=held_at))

    def _record_end(self, how: str, at: float | None = None, **details: object) -> None:
        # Written before the lease is released, as the process may be killed at any time.
        at = lease_clock() if at is None else at
        self._record("ended", at, lease=self._leases, how=how, **details)

    def _record(self, kind: str, at: float, **details: object) -> None:
        self._log.write(json.dumps({"kind": kind, "at": at, **details}) + "\n")


def main() -> None:
    url, name, log, seed, duration, *keys = sys.argv[1:]
    # For tests of a worker that hangs: prints the stacks of its threads.
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    closed = threading.Event()

    def wait_for_parent() -> None:
        sys.stdin.read()
        closed.set()

    threading.Thread(target=wait_for_parent, name="wait-for-parent", daemon=True).start()
    with (
        Path(log).open("a", buffering=1, encoding="utf-8") as file,
        connect(url, name=name) as connection,
    ):
        worker = Worker(connection.client, file, keys, float(duration), random.Random(seed))
        worker.run(closed)


if __name__ == "__main__":
    main()
