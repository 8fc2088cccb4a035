"""Read and edit keys of the shared state under a lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.errors import InvalidArgument, InvalidValue, LeaseLost
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value, copy_value, normalize, same_value

__all__ = ["StateDraft", "WaitPolicy", "draft_from", "held_state"]


class _Client(Protocol):
    def catch_up(self) -> None: ...
    def snapshot(self) -> dict[str, Value]: ...
    def attempt_update_state(self, change: DictionaryChange, /) -> bool: ...


class StateDraft(MutableMapping[str, Value]):
    """An editable mapping of locked keys to their values, returned by `client.edit`.

    Values may be changed in place or replaced, keys removed with `del`, and locked keys
    that do not exist yet can be added. If there is only one key, `value` is its value and
    can be assigned.

    Args:
        keys: The locked keys; others cannot be set.
        values: The values of the keys that exist; owned by the draft.
    """

    def __init__(self, keys: tuple[str, ...], values: Mapping[str, Value]) -> None:
        self._keys = keys
        self._before = {key: copy_value(value) for key, value in values.items()}
        self._values = dict(values)

    @property
    def value(self) -> Value:
        """The value of the only key; None if it does not exist.

        Raises:
            InvalidArgument: Several keys are locked; use `draft["scene"]`.
        """
        return self._values.get(self._only())

    @value.setter
    def value(self, value: Value) -> None:
        self._values[self._only()] = value

    def change(self) -> DictionaryChange:
        """Return the difference to the initial values, as plain values.

        Raises:
            InvalidValue: A value cannot be sent.
        """
        updates: dict[str, Value] = {}
        for key, value in self._values.items():
            try:
                plain = normalize(value)
            except InvalidValue as error:
                raise error.within(key) from None
            if not same_value(plain, self._before.get(key, ABSENT)):
                updates[key] = plain
        return DictionaryChange(updates, self._before.keys() - self._values.keys())

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __setitem__(self, key: str, value: Value) -> None:
        if key not in self._keys:
            raise KeyError(f"{key!r} is not locked; pass it to client.edit(...)")
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"StateDraft({self._values!r})"

    def _only(self) -> str:
        if len(self._keys) != 1:
            example = f"draft[{next(iter(self._keys), 'KEY')!r}]"
            reason = f"{len(self._keys)} keys are locked; use {example}"
            raise InvalidArgument("draft.value", reason)
        return self._keys[0]


class WaitPolicy(NamedTuple):
    """How to wait for locks of other clients; see `Lease.acquire`."""

    wait: bool
    timeout: float | None


@contextmanager
def held_state(client: _Client, lease: Lease, policy: WaitPolicy) -> Iterator[dict[str, Value]]:
    """See `LockAccess.locked`."""
    with lease.acquire(wait=policy.wait, timeout=policy.timeout):
        yield _values(client, lease)


@contextmanager
def draft_from(
    client: _Client, lease: Lease, policy: WaitPolicy, margin: float
) -> Iterator[StateDraft]:
    """See `LockAccess.edit`."""
    with lease.acquire(wait=policy.wait, timeout=policy.timeout):
        draft = StateDraft(lease.keys, _values(client, lease))
        yield draft
        change = draft.change()
        lease.check(margin)
        if change and not client.attempt_update_state(change):
            raise LeaseLost(lease.keys, "the server refused the change; held by another client")


def _values(client: _Client, lease: Lease) -> dict[str, Value]:
    """Return copies of the current values of locked keys, read after the lock was granted."""
    client.catch_up()
    state = client.snapshot()
    return {key: copy_value(state[key]) for key in lease.keys if key in state}
