"""The order in which threads acquire the lock."""

from __future__ import annotations

import threading

from nanover_jupyter.server.websocket.fair_lock import FairLock
from tests.support.eventually import eventually


def test_waiters_are_served_in_order_and_before_the_holder_again():
    lock, order = FairLock(), []

    def work(name):
        with lock:
            order.append(name)

    threads = []
    with lock:
        for name in range(5):
            thread = threading.Thread(target=work, args=(name,), daemon=True)
            thread.start()
            threads.append(thread)
            eventually(lambda name=name: len(lock._turns) == name + 1)
    work("holder")
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4, "holder"]
    work("free")
