"""The kernel half of the command palette."""

from __future__ import annotations

import contextlib
import keyword
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from IPython.core.getipython import get_ipython

from nanover_jupyter.client.commands.arguments import Choice, ChoicesFrom
from nanover_jupyter.client.commands.docs import COMMAND_DOCS, CommandDocs, Description
from nanover_jupyter.client.commands.runs import MAX_FINISHED_RUNS, Run
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.widgets.palette.bodies import choice_bodies, command_body, run_body
from nanover_jupyter.widgets.palette.memory import PaletteMemory
from nanover_jupyter.widgets.palette.messages import (
    ChoicesResult,
    CommandsBody,
    PeopleBody,
    PinBody,
    RunsBody,
    WholeResult,
)
from nanover_jupyter.widgets.palette.static_html import palette_html
from nanover_jupyter.widgets.preferences import preferences
from nanover_jupyter.widgets.sync.page_values import from_page, to_page, to_page_as_typed
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value, normalize

__all__ = ["PaletteController", "PaletteSettings", "checked_name"]

# What a press is answered with costs the page as much as the result: a run that is over by
# then is told by its result alone.
_QUICK: Final = 0.1


def _ignore(_: str) -> None:
    """Nobody else wants to know the name of results."""


@dataclass(slots=True)
class PaletteSettings:
    """What a widget decides for its palette.

    Args:
        filter: Patterns as of `key_pattern`, with commas between; only what fits is shown.
        guide: What is known of commands.
        result_name: The name of the last result in the kernel.
        on_result_name: Called when the page chose another such name.
    """

    filter: str = ""
    guide: CommandDocs = field(default_factory=lambda: COMMAND_DOCS)
    result_name: str = ""
    on_result_name: Callable[[str], object] = _ignore


class PaletteController:
    """Lists commands, runs them, and keeps what people set up; implements `Tool`.

    Runs are the connection's: every palette of it shows the same, and they stay when a
    widget is closed.
    """

    needs_state: ClassVar[bool] = False
    label: ClassVar[str] = "Commands"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._connection = connection
        self._client = connection.client
        self._post = post
        self._settings = PaletteSettings()
        self._memory = PaletteMemory(preferences(), connection.address, self._known_of)
        self._avatars: int | None = None
        # The runs whose results have been given to the variable.
        self._named: deque[str] = deque(maxlen=MAX_FINISHED_RUNS)
        # Runs that were pressed in a page and not answered yet; set when they are over.
        self._pressed: dict[str, threading.Event] = {}
        # Held from reading a run until it is posted: what is told last is what is so.
        self._telling = threading.Lock()
        self._unsubscribe = [
            self._client.on_commands(self._tell),
            connection.command_poll.on_error(self._tell),
            connection.runs.on_change(self._on_run),
            self._memory.on_change(self._tell_memory),
        ]
        self._unsubscribe_guide = self._settings.guide.on_change(self._tell)
        connection.command_poll.on_view_opened()

    def use(self, settings: PaletteSettings) -> None:
        """Follow what a widget decided, and tell the views."""
        self._unsubscribe_guide()
        self._settings = settings
        self._unsubscribe_guide = settings.guide.on_change(self._tell)
        self._tell()
        self._tell_memory()

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "run": self._run,
            "cancel_run": self._cancel,
            "whole_result": self._whole_result,
            "forget_run": self._forget,
            "refresh_commands": self._refresh,
            "choices": self._choices,
            "pin": self._pin,
            "unpin": self._unpin,
            "integers": self._integers,
            "name_result": self._name_result,
        }

    def greet(self, client: str) -> None:
        """Tell what is kept, how many people there are, commands and runs."""
        # First what decides of a form that is opened: what stands in it, and whether it asks.
        self._post("memory", self._memory.body(self._settings.result_name), client=client)
        self._post("people", PeopleBody(avatars=self._count_avatars()), client=client)
        self._post("commands", self._body(), client=client)
        runs = [run_body(run) for run in self._connection.runs.runs()]
        self._post("runs", RunsBody(runs=runs), client=client)
        self._connection.command_poll.on_view_opened()

    def beat(self) -> None:
        """Look whether people came or went, and now and then for new commands."""
        self._connection.runs.tick()
        self._connection.command_poll.tick()
        avatars = self._count_avatars()
        if avatars != self._avatars:
            self._avatars = avatars
            self._post("people", PeopleBody(avatars=avatars))

    def picture(self) -> str:
        """The commands with their arguments, and the last runs."""
        commands = self._listed()
        runs = self._connection.runs.runs()
        return palette_html(commands, runs, self._known_of)

    def close(self) -> None:
        """Stop listening; the runs go on."""
        self._unsubscribe_guide()
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def start(self, name: str, arguments: dict[str, Any]) -> PendingCall[dict[str, Value]]:
        """Run a command, as a press does.

        Raises:
            NanoverJupyterError: Nothing could be sent.
        """
        runs = self._connection.runs
        call = self._begin(name, arguments, runs.new_id())
        if call is None:  # pragma: no cover - ids made by the book are new
            raise AssertionError(name)
        self._connection.calls.submit(lambda: self._note(name, arguments))
        return call

    def _begin(
        self, name: str, arguments: dict[str, Any], run_id: str
    ) -> PendingCall[dict[str, Value]] | None:
        """Start a run; None where `run_id` was started before."""
        description = self._known_of(name)
        progress = None if description is None else description.doc.progress
        return self._connection.runs.start(name, arguments, run_id=run_id, progress=progress)

    def _note(self, name: str, arguments: dict[str, Any]) -> None:
        """Remember what was run; writes a file."""
        try:
            kept: Any = normalize(arguments)
        except InvalidValue:
            # Some wire carries what no form could ask for again.
            kept = {}
        self._memory.note_run(name, {key: to_page_as_typed(value) for key, value in kept.items()})

    # requests -----------------------------------------------------------------------

    def _run(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        name = field_of(body, "name", str)
        run_id = field_of(body, "run", str)
        arguments = _arguments_of(body)
        if self._connection.runs.find(run_id) is not None:
            answer.ok()
            return
        over = self._pressed[run_id] = threading.Event()
        call = None
        # The book has what could not be sent: every view is told of a run that failed.
        with contextlib.suppress(NanoverJupyterError):
            call = self._begin(name, arguments, run_id)
        if call is None:
            over.set()

        def settle() -> None:
            over.wait(_QUICK)
            self._pressed.pop(run_id, None)
            answer.ok()
            if not over.is_set():
                self._tell_run(run_id)
            if call is not None:
                self._note(name, arguments)

        if not self._connection.calls.submit(settle):
            self._pressed.pop(run_id, None)
            answer.ok()
            self._tell_run(run_id)

    def _cancel(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._connection.runs.cancel(field_of(body, "run", str))
        answer.ok()

    def _whole_result(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        run = self._connection.runs.find(field_of(body, "run", str))

        def read() -> WholeResult:
            if run is None or run.result_dropped:
                return WholeResult(kept=False, result=None)
            return WholeResult(kept=True, result=to_page(run.result))

        answer.later(read)

    def _forget(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        run_id = body.get("run")
        if run_id is not None and not isinstance(run_id, str):
            raise BadRequest("the field 'run' is missing or wrong")
        self._connection.runs.forget(run_id)
        answer.ok()

    def _refresh(self, _: str, body: dict[str, Any], answer: Answer) -> None:  # noqa: ARG002
        # A list that changed is told by the client's own event.
        answer.later(self._connection.command_poll.refresh)

    def _choices(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        command, name = field_of(body, "command", str), field_of(body, "argument", str)
        description = self._known_of(command)
        argument = None if description is None else description.arguments.get(name)
        if not isinstance(argument, Choice) or not isinstance(argument.options, ChoicesFrom):
            raise BadRequest(f"nothing lists the choices for {name!r}")
        source = argument.options

        def ask() -> ChoicesResult:
            result = self._client.run_command(source.command)
            return ChoicesResult(choices=choice_bodies(source, result))

        answer.later(ask)

    def _pin(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        _arguments_of(body)
        pin = PinBody(
            id=field_of(body, "id", str),
            command=field_of(body, "command", str),
            arguments=body["arguments"],
            asks=[name for name in field_of(body, "asks", list) if isinstance(name, str)],
            label=field_of(body, "label", str),
            icon=field_of(body, "icon", str),
            tooltip=field_of(body, "tooltip", str),
        )
        answer.later(lambda: self._memory.pin(pin))

    def _unpin(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        pin_id = field_of(body, "id", str)
        answer.later(lambda: self._memory.unpin(pin_id))

    def _integers(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        command, names = field_of(body, "command", str), field_of(body, "names", list)
        if not all(isinstance(name, str) for name in names):
            raise BadRequest("the field 'names' must hold texts")
        answer.later(lambda: self._memory.set_integers(command, names))

    def _name_result(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        try:
            name = checked_name(field_of(body, "name", str))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        self._settings.result_name = name
        self._settings.on_result_name(name)
        self._tell_memory()
        answer.ok()

    # what is told ---------------------------------------------------------------------

    def _on_run(self, run: Run | None) -> None:
        if run is None:
            runs = self._connection.runs.runs()
            self._post("runs", RunsBody(runs=[run_body(run) for run in runs]))
            return
        self._name(run)
        over = self._pressed.get(run.id)
        if over is not None and not run.is_over and run.progress is None:
            return  # the page that pressed knows, and the others are told in a moment
        self._tell_run(run.id)
        if over is not None and run.is_over:
            over.set()

    def _tell_run(self, run_id: str) -> None:
        with self._telling:
            run = self._connection.runs.find(run_id)
            if run is not None:
                self._post("run_state", run_body(run))

    def _name(self, run: Run) -> None:
        """Give a new result to the variable that was chosen for it."""
        is_news = run.state == "done" and run.effects is None and run.id not in self._named
        shell = get_ipython()
        if is_news and self._settings.result_name and shell is not None:
            self._named.append(run.id)
            shell.user_ns[self._settings.result_name] = run.result

    def _tell(self) -> None:
        self._post("commands", self._body())

    def _tell_memory(self) -> None:
        self._post("memory", self._memory.body(self._settings.result_name))

    def _count_avatars(self) -> int:
        keys = self._client.keys()
        return sum(key.startswith("avatar.") for key in keys)

    def _known_of(self, name: str) -> Description | None:
        return self._settings.guide.find(name)

    def _listed(self) -> list[CommandInfo]:
        """The commands that the widget lets pass, by name."""
        parts = [part.strip() for part in self._settings.filter.split(",")]
        patterns = [key_pattern(part) for part in parts if part]
        return [
            command
            for name, command in sorted(self._client.available_commands.items())
            if not patterns or any(fits(name) for fits in patterns)
        ]

    def _body(self) -> CommandsBody:
        commands = [
            command_body(command, self._known_of(command.name)) for command in self._listed()
        ]
        return CommandsBody(commands=commands, error=self._connection.command_poll.error)


def checked_name(name: str) -> str:
    """The name of a variable, or empty for none; raises ValueError if it cannot be one."""
    if name and (not name.isidentifier() or keyword.iskeyword(name)):
        raise ValueError(f"{name[:40]!r} cannot be the name of a variable in Python")
    return name


def _arguments_of(body: dict[str, Any]) -> dict[str, Any]:
    try:
        fields = field_of(body, "arguments", dict)
        return {key: from_page(value) for key, value in fields.items()}
    except ValueError as error:
        raise BadRequest(str(error)) from error
