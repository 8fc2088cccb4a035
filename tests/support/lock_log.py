"""Reads the logs of `lock_worker` processes and checks them together.

All times are seconds of `lease_clock`, which all processes of a machine share.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple


class Belief(NamedTuple):
    """A time in which a worker believed that it holds a key."""

    key: str
    worker: str
    starts_at: float
    ends_at: float


class Stop(NamedTuple):
    """A time in which a worker was stopped."""

    worker: str
    starts_at: float
    ends_at: float


@dataclass(slots=True)
class WorkerLog:
    """The events of one worker, and when it was killed; inf for never."""

    worker: str
    events: list[dict[str, Any]]
    killed_at: float = math.inf

    @classmethod
    def read(cls, worker: str, path: Path, killed_at: float = math.inf) -> WorkerLog:
        """Read the file of a worker, which may be running."""
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        # Without the rest of a line that is being written.
        return cls(worker, [json.loads(line) for line in text.split("\n")[:-1]], killed_at)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of one kind."""
        return [event for event in self.events if event["kind"] == kind]

    def beliefs(self) -> list[Belief]:
        """Return when the worker believed that it held keys.

        Each ends by the deadline that the worker knew, whether it was stopped then or not, and
        earlier if it released the key, lost it, or was killed.
        """
        ends = {event["lease"]: event["at"] for event in self.of_kind("ended")}
        found: list[Belief] = []
        for lease, group in groupby(self.of_kind("held"), lambda event: event["lease"]):
            held = list(group)
            deadline = max(event["ends_at"] for event in held)
            ends_at = min(deadline, ends.get(lease, math.inf), self.killed_at)
            starts_at = held[0]["at"]
            found += [Belief(key, self.worker, starts_at, ends_at) for key in held[0]["keys"]]
        return found


@dataclass(slots=True)
class LockLogs:
    """The logs of all workers, and the times in which they were stopped."""

    logs: Sequence[WorkerLog]
    stops: Sequence[Stop] = ()
    beliefs: list[Belief] = field(init=False)

    def __post_init__(self) -> None:
        found = [each for log in self.logs for each in log.beliefs()]
        self.beliefs = sorted(found, key=lambda each: (each.key, each.starts_at))

    def grants(self) -> dict[str, int]:
        """Return the number of leases by worker."""
        return {
            log.worker: len({event["lease"] for event in log.of_kind("held")}) for log in self.logs
        }

    def without_grants(self) -> list[str]:
        """Return the workers that never acquired a lock and were not killed."""
        grants = self.grants()
        return [
            log.worker for log in self.logs if not grants[log.worker] and math.isinf(log.killed_at)
        ]

    def count(self, kind: str) -> int:
        """Return the number of events of a kind."""
        return sum(len(log.of_kind(kind)) for log in self.logs)

    def ends(self) -> dict[str, int]:
        """Return how often leases ended in each way."""
        return dict(Counter(event["how"] for log in self.logs for event in log.of_kind("ended")))

    def lost_awake(self) -> int:
        """Return how many leases were lost by workers that were not stopped meanwhile."""
        count = 0
        for log in self.logs:
            started = {event["lease"]: event["at"] for event in reversed(log.of_kind("held"))}
            for event in log.of_kind("ended"):
                starts_at, ends_at = started[event["lease"]], event["at"]
                if event["how"] == "lost":
                    count += not self.stops_between(starts_at, ends_at + 0.1, log.worker)
        return count

    def overlaps(self) -> list[tuple[Belief, Belief]]:
        """Return the times in which two workers believed that they held the same key."""
        found = []
        for _, beliefs in groupby(self.beliefs, lambda each: each.key):
            latest: Belief | None = None
            for each in beliefs:
                if latest is None:
                    latest = each
                    continue
                if each.starts_at < latest.ends_at and each.worker != latest.worker:
                    found.append((latest, each))
                latest = max(latest, each, key=lambda belief: belief.ends_at)
        return found

    def next_grant(self, key: str, at: float) -> Belief | None:
        """Return who acquired a key first after a time."""
        return next(
            (each for each in self.beliefs if each.key == key and each.starts_at > at), None
        )

    def crashes(self) -> list[Crash]:
        """Return the keys that workers held when they were killed."""
        found = []
        for log in self.logs:
            for held in log.beliefs():
                at = held.ends_at
                if at != log.killed_at:
                    continue
                taken = self.next_grant(held.key, at)
                until = math.inf if taken is None else taken.starts_at
                stops = self.stops_between(at, until)
                killed = [each for each in self.logs if at < each.killed_at < until]
                found.append(Crash(held, taken, len(stops) + len(killed)))
        return found

    def stops_between(self, starts_at: float, ends_at: float, *workers: str) -> list[Stop]:
        """Return the stops of workers, by default of all, that overlap a time."""
        return [
            stop
            for stop in self.stops
            if stop.starts_at < ends_at and starts_at < stop.ends_at
            if not workers or stop.worker in workers
        ]

    def hand_overs(self) -> HandOvers:
        """Return what happened to the keys that workers handed over."""
        killed_at = {log.worker: log.killed_at for log in self.logs}
        found = HandOvers([], 0, 0)
        for log in self.logs:
            for event in log.of_kind("ended"):
                at, to = event["at"], event.get("to", "")
                for key in event.get("handed_over", ()):
                    taken = self.next_grant(key, at)
                    until = math.inf if taken is None else taken.starts_at
                    is_killed = min(log.killed_at, killed_at[to]) < until
                    if is_killed or self.stops_between(at, until, log.worker, to):
                        found.disturbed += 1
                    elif taken is not None and taken.worker == to:
                        found.seconds.append(taken.starts_at - at)
                    else:
                        found.missed += 1
        found.seconds.sort()
        return found

    def repeated_edits(self) -> int:
        """Return how many edits were lost because another one wrote the same value."""
        edits = [(e["key"], e["value"]) for log in self.logs for e in log.of_kind("edited")]
        return len(edits) - len(set(edits))


@dataclass(slots=True)
class HandOvers:
    """What happened to keys that workers handed over.

    Attributes:
        seconds: Sorted times until the other worker held a key.
        missed: How many keys another worker acquired first. The one to which a key was handed
            over did not wait any more, or waited for other keys too.
        disturbed: How many are not counted, because one of the two was stopped or killed.
    """

    seconds: list[float]
    missed: int
    disturbed: int


class Crash(NamedTuple):
    """A key that a worker held when it was killed, and who acquired it next.

    `disturbances` is how many other workers were stopped or killed before the key was acquired.
    """

    held: Belief
    taken: Belief | None
    disturbances: int

    @property
    def seconds(self) -> float:
        """Seconds until the key was acquired; inf for never."""
        return math.inf if self.taken is None else self.taken.starts_at - self.held.ends_at


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile of sorted values; nan for none."""
    return values[min(int(len(values) * percent / 100), len(values) - 1)] if values else math.nan
