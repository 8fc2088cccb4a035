"""Callbacks that cannot hurt each other."""

from __future__ import annotations

import logging
import threading

from nanover_jupyter.client.listeners import Listeners


def test_listeners_are_called_in_the_order_of_subscription():
    told = []
    listeners = Listeners[int, str]()
    listeners.subscribe(lambda number, text: told.append(("first", number, text)))
    listeners.subscribe(lambda number, text: told.append(("second", number, text)))

    listeners.notify(1, "x")

    assert told == [("first", 1, "x"), ("second", 1, "x")]


def test_an_exception_of_a_listener_is_logged_and_the_others_are_called(caplog):
    told = []
    listeners = Listeners[int]()
    listeners.subscribe(lambda number: number / 0)
    listeners.subscribe(told.append)

    with caplog.at_level(logging.ERROR, "nanover_jupyter.client"):
        listeners.notify(1)

    assert told == [1]
    (record,) = caplog.records
    assert record.exc_info[0] is ZeroDivisionError


def test_an_ended_subscription_is_not_called_and_may_end_twice():
    told = []
    listeners = Listeners[int]()
    leave = listeners.subscribe(told.append)
    listeners.notify(1)
    leave()
    leave()
    listeners.notify(2)

    assert told == [1]


def test_the_same_callback_may_listen_twice_and_leave_once():
    told = []
    listeners = Listeners[int]()
    leave = listeners.subscribe(told.append)
    listeners.subscribe(told.append)
    leave()

    listeners.notify(1)

    assert told == [1]


def test_a_listener_may_unsubscribe_or_subscribe_while_it_is_called():
    told = []
    listeners = Listeners[()]()

    def once():
        leave()
        told.append("once")
        listeners.subscribe(lambda: told.append("later"))

    leave = listeners.subscribe(once)
    listeners.notify()
    listeners.notify()

    assert told == ["once", "later"]


def test_a_subscription_that_ends_during_a_notification_is_not_called():
    notified = []
    listeners = Listeners[()]()

    def end_the_next():
        unsubscribe()

    listeners.subscribe(end_the_next)
    unsubscribe = listeners.subscribe(lambda: notified.append("ended"))

    listeners.notify()

    assert notified == []
    assert listeners.count == 1


def test_finalizer_may_end_a_subscription_while_its_thread_holds_the_lock():
    listeners = Listeners[()]()
    unsubscribe = listeners.subscribe(lambda: None)
    finalizer = threading.Thread(target=unsubscribe, daemon=True)

    with listeners._lock:
        finalizer.start()
        finalizer.join(10)
        assert not finalizer.is_alive()

    assert listeners.count == 0


def test_ended_subscriptions_do_not_accumulate():
    listeners = Listeners[()]()
    for _ in range(100):
        listeners.subscribe(lambda: None)()
        assert len(listeners._subscriptions) <= 1
    listeners.notify()

    assert listeners._subscriptions == ()
