"""Conversion of commands, choices and runs to message bodies."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from nanover_jupyter.client.commands.arguments import (
    Argument,
    Choice,
    ChoicesFrom,
    CommandDoc,
    Float,
    Int,
    Text,
)
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.client.commands.effects import Effects
from nanover_jupyter.client.commands.runs import Run
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.widgets.palette.messages import (
    ArgumentBody,
    ChoiceBody,
    CommandBody,
    EffectsBody,
    LockEffectBody,
    RunStateBody,
)
from nanover_jupyter.widgets.sync.requests import BadRequest, error_body
from nanover_jupyter.widgets.sync.value_encoding import INLINE_LIMIT, to_page, to_page_as_typed
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value, normalize

__all__ = ["choice_bodies", "command_body", "run_body"]

logger = logging.getLogger("nanover_jupyter.widgets")

_MAX_CHOICES: Final = 5_000


def command_body(command: CommandInfo, description: Description | None) -> CommandBody:
    """Return the body for a command and its documentation."""
    doc = CommandDoc() if description is None else description.doc
    arguments = {} if description is None else description.arguments
    return CommandBody(
        name=command.name,
        arguments={name: to_page(value) for name, value in command.arguments.items()},
        label=command.label or doc.label,
        icon=command.icon or doc.icon,
        sentence=doc.sentence,
        danger=doc.danger,
        danger_to=doc.danger_to,
        known=[_argument_body(name, argument) for name, argument in arguments.items()],
    )


def _argument_body(name: str, argument: Argument) -> ArgumentBody:
    number = argument if isinstance(argument, Float | Int) else None
    choice = argument if isinstance(argument, Choice) else None
    asks = choice is not None and isinstance(choice.options, ChoicesFrom)
    return ArgumentBody(
        name=name,
        kind=argument.kind,
        required=argument.is_required,
        default=None if argument.is_required else _encode(argument.default),
        help=argument.help,
        unit="" if number is None else number.unit,
        min=None if number is None else number.min,
        max=None if number is None else number.max,
        options=None
        if choice is None
        else [ChoiceBody(label=label, value=_encode(value)) for label, value in choice.pairs()],
        asks=asks,
        secret=isinstance(argument, Text) and argument.secret,
    )


def _encode(value: object) -> Any:
    try:
        return to_page_as_typed(normalize(value))
    except NanoverJupyterError:
        # Neither protocol can send such a default.
        logger.warning("! ignored the value %r of an argument: it cannot be sent", value)
        return None


def choice_bodies(source: ChoicesFrom, result: dict[str, Value]) -> list[ChoiceBody]:
    """Return the choices in the result of the command that lists them.

    Raises:
        BadRequest: The field of the result is not a list.
    """
    items = result.get(source.field)
    if not isinstance(items, list):
        raise BadRequest(
            f"field {source.field!r} in the result of {source.command!r} is not a list"
        )
    bodies = []
    for index, item in enumerate(items[:_MAX_CHOICES]):
        text = item if isinstance(item, str) else str(to_page(item, INLINE_LIMIT))
        if source.send == "index":
            bodies.append(ChoiceBody(label=f"{index} · {text}", value=index))
        else:
            bodies.append(ChoiceBody(label=text, value=to_page_as_typed(item)))
    return bodies


def run_body(run: Run) -> RunStateBody:
    """Return the body for the current state of a run; a large result is truncated."""
    return RunStateBody(
        run=run.id,
        name=run.name,
        arguments={key: to_page_as_typed(value) for key, value in run.arguments.items()},
        state=run.state,
        began=run.began,
        seconds=max(0.0, time.time() - run.began) if run.seconds is None else run.seconds,
        result=to_page(run.result, INLINE_LIMIT),
        dropped=run.result_dropped,
        error=None if run.error is None else error_body(run.error),
        progress=run.progress,
        effects=None if run.effects is None else _effects_body(run.effects),
    )


def _effects_body(effects: Effects) -> EffectsBody:
    return EffectsBody(
        added=list(effects.added),
        changed=list(effects.changed),
        removed=list(effects.removed),
        count=effects.count,
        moving=effects.moving,
        locks=[
            LockEffectBody(key=event.key, kept=event.kind == "reacquired", note=event.note)
            for event in effects.locks
        ],
    )
