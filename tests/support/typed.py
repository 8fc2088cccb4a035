"""Checks plain data against the TypedDicts that describe it."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)


def misfit(value: Any, kind: Any, place: str = "body") -> str | None:
    """Where and how `value` is not a `kind`; None if it is."""
    origin = get_origin(kind)
    if kind is Any:
        return None
    if is_typeddict(kind):
        return _misfit_of_fields(value, kind, place)
    if origin in {NotRequired, Required}:
        return misfit(value, get_args(kind)[0], place)
    if origin in {Union, UnionType}:
        found = [misfit(value, option, place) for option in get_args(kind)]
        return None if None in found else found[0]
    if origin is Literal:
        return None if value in get_args(kind) else f"{place}: {value!r} is not in {kind}"
    if origin is list:
        if not isinstance(value, list):
            return f"{place}: {value!r} is no list"
        (item,) = get_args(kind)
        found = [misfit(entry, item, f"{place}[{n}]") for n, entry in enumerate(value)]
        return next((text for text in found if text), None)
    return _misfit_of_scalar(value, origin or kind, place)


def _misfit_of_fields(value: Any, kind: Any, place: str) -> str | None:
    if not isinstance(value, dict):
        return f"{place}: {value!r} is no object"
    hints = get_type_hints(kind, include_extras=True)
    # Not __required_keys__: that knows nothing of annotations that are text.
    required = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    missing, extra = required - value.keys(), value.keys() - hints.keys()
    if missing or extra:
        return f"{place}: missing {sorted(missing)}, unknown {sorted(extra)}"
    found = [misfit(value[name], hints[name], f"{place}.{name}") for name in value]
    return next((text for text in found if text), None)


def _misfit_of_scalar(value: Any, kind: Any, place: str) -> str | None:
    if kind is None or kind is NoneType:
        fits = value is None
    elif kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, kind)
    return None if fits else f"{place}: {value!r} is no {kind}"
