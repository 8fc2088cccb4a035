"""Runs `lock_worker` processes, stops and kills them at random, and collects their logs."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nanover_jupyter.client.locks.claims.protocol import BELIEF_SHARE
from nanover_jupyter.client.locks.clock import lease_clock
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.lock_log import LockLogs, Stop, WorkerLog

ROOT = Path(__file__).resolve().parents[2]

_KILL_SHARE = 0.2
_MAX_STOPPED = 2
_SHORTEST_STOP, _LONGEST_STOP = 0.2, 3.0  # as shares of the ttl
# A worker that is stopped when it should end waits for a lock for a few seconds at most.
_END_SECONDS = 20.0


@dataclass(slots=True)
class _Process:
    """A worker process. `stopped_at` is set while it is stopped, and `killed_at` forever."""

    name: str
    url: str
    log: Path
    process: subprocess.Popen[bytes]
    resumes_at: float = math.inf
    stopped_at: float | None = None
    killed_at: float = math.inf

    @property
    def is_ready(self) -> bool:
        return self.log.exists() and self.log.stat().st_size > 0

    @property
    def last_event(self) -> str:
        """The kind of the last event in its log."""
        events = WorkerLog.read(self.name, self.log).events
        return str(events[-1]["kind"]) if events else ""

    @property
    def errors(self) -> str:
        return self.log.with_suffix(".stderr").read_text()


class LockProcesses:
    """Workers that all acquire the same keys.

    Args:
        urls: The address to which each worker connects.
        keys: The keys.
        folder: The folder for logs.
        duration: Seconds for which a lock lasts without a renewal.
        seed: Seed of all random choices.
    """

    def __init__(
        self, urls: Sequence[str], keys: Sequence[str], folder: Path, duration: float, seed: int
    ) -> None:
        self.ttl = duration / BELIEF_SHARE
        self.kills = 0
        self._keys = keys
        self._folder = folder
        self._duration = duration
        self._choices = random.Random(seed)
        self._stops: list[Stop] = []
        self._killed: list[_Process] = []
        self._running: list[_Process] = []
        for url in urls:
            self._start(url)
        eventually(lambda: all(each.is_ready for each in self._running), seconds=60)

    def run(self, seconds: float) -> None:
        """Stop, continue, kill and replace workers at random times."""
        ends_at = lease_clock() + seconds
        acts_at = 0.0
        while (now := lease_clock()) < ends_at:
            if now >= acts_at:
                acts_at = now + self.ttl * self._choices.uniform(0.2, 1.4)
                self._act(now)
            for each in self._running:
                if now >= each.resumes_at:
                    self._resume(each)
            time.sleep(0.01)
        for each in self._running:
            self._resume(each)

    def logs(self) -> LockLogs:
        """Read the logs of all workers."""
        every = [*self._killed, *self._running]
        logs = [WorkerLog.read(each.name, each.log, each.killed_at) for each in every]
        return LockLogs(logs, self._stops)

    def killed_names(self) -> set[str]:
        """Return the names of the workers that were killed."""
        return {each.name for each in self._killed}

    def finish(self) -> None:
        """End all workers, and require that they end by themselves and without errors."""
        for each in self._running:
            assert each.process.stdin is not None
            each.process.stdin.close()
        for each in self._running:
            try:
                each.process.wait(_END_SECONDS * TIME_SCALE)
            except subprocess.TimeoutExpired:
                each.process.send_signal(signal.SIGUSR1)  # It prints the stacks of its threads.
                time.sleep(1)
                raise AssertionError(f"{each.name} does not end\n{each.errors}") from None
            assert each.process.returncode == 0, f"{each.name} failed\n{each.errors}"
            assert not each.errors, f"{each.name}\n{each.errors}"

    def kill_all(self) -> None:
        """Kill the processes that are still running."""
        for each in self._running:
            each.process.kill()
            each.process.wait()
            assert each.process.stdin is not None
            each.process.stdin.close()

    # internals --------------------------------------------------------------------------

    def _start(self, url: str) -> None:
        name = f"worker-{len(self._running) + len(self._killed)}"
        log = self._folder / f"{name}.log"
        arguments = [url, name, log, self._choices.randrange(10**6), self._duration, *self._keys]
        with log.with_suffix(".stderr").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.lock_worker", *map(str, arguments)],
                stdin=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        self._running.append(_Process(name, url, log, process))

    def _act(self, now: float) -> None:
        """Stop or kill one worker, unless too many are stopped or starting."""
        ready = [each for each in self._running if each.is_ready]
        if len(ready) == len(self._running) and self._choices.random() < _KILL_SHARE:
            self._kill(self._choose(ready, "held"))
            return
        awake = [each for each in ready if each.stopped_at is None]
        if len(self._running) - len(awake) < _MAX_STOPPED:
            worker = self._choose(awake, self._choices.choice(["held", "asked", "any"]))
            worker.process.send_signal(signal.SIGSTOP)
            worker.stopped_at = lease_clock()
            worker.resumes_at = now + self.ttl * self._choices.uniform(
                _SHORTEST_STOP, _LONGEST_STOP
            )

    def _choose(self, workers: list[_Process], last_event: str) -> _Process:
        """Return a worker, if possible one with this last event."""
        found = [each for each in workers if each.last_event == last_event]
        return self._choices.choice(found or workers)

    def _resume(self, worker: _Process) -> None:
        if worker.stopped_at is not None:
            self._stops.append(Stop(worker.name, worker.stopped_at, lease_clock()))
            worker.stopped_at, worker.resumes_at = None, math.inf
            worker.process.send_signal(signal.SIGCONT)

    def _kill(self, worker: _Process) -> None:
        """Kill a worker, which may be stopped, and start another one at the same address."""
        worker.killed_at = lease_clock()
        worker.process.kill()
        worker.process.wait()
        if worker.stopped_at is not None:
            self._stops.append(Stop(worker.name, worker.stopped_at, worker.killed_at))
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        self.kills += 1
        self._running.remove(worker)
        self._killed.append(worker)
        self._start(worker.url)
