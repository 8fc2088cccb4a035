"""The kernel side of the command palette."""

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
from nanover_jupyter.widgets.palette.messages import (
    ChoicesResult,
    CommandsBody,
    FullResult,
    PeopleBody,
    PinBody,
    RunsBody,
)
from nanover_jupyter.widgets.palette.preferences import PalettePreferences
from nanover_jupyter.widgets.palette.serialization import choice_bodies, command_body, run_body
from nanover_jupyter.widgets.palette.static_html import palette_html
from nanover_jupyter.widgets.preferences import preferences
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.widgets.sync.value_encoding import from_page, to_page, to_page_as_typed
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import Value, normalize

__all__ = ["PaletteController", "PaletteSettings", "check_variable_name"]

# For a run that ends within this time, the page gets one `run_state` instead of two.
_SHORT_RUN_SECONDS: Final = 0.1


@dataclass(slots=True)
class PaletteSettings:
    """The settings of a palette, set by its widget.

    Args:
        filter: Comma-separated patterns as of `key_pattern` for the commands to show.
        command_docs: The documentation of commands.
        result_name: The notebook variable for results.
        on_result_name: Called when the page changes this name.
    """

    filter: str = ""
    command_docs: CommandDocs = field(default_factory=lambda: COMMAND_DOCS)
    result_name: str = ""
    on_result_name: Callable[[str], object] = lambda _: None


class PaletteController:
    """Lists and runs commands, and stores preferences; implements `ToolController`.

    Runs belong to the connection: all its palettes show the same runs, which continue when a
    widget is closed.
    """

    needs_state: ClassVar[bool] = False
    label: ClassVar[str] = "Commands"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._connection = connection
        self._client = connection.client
        self._post = post
        self._settings = PaletteSettings()
        self._preferences = PalettePreferences(preferences(), connection.address, self._find_docs)
        self._avatars: int | None = None
        # Runs whose results were assigned to the notebook variable.
        self._assigned: deque[str] = deque(maxlen=MAX_FINISHED_RUNS)
        # Runs started by a page whose request has no reply yet; set when they end.
        self._starting: dict[str, threading.Event] = {}
        # Held from reading a run until it is posted, so that the last message is the latest.
        self._run_post_lock = threading.Lock()
        self._unsubscribe = [
            self._client.on_commands(self._post_commands),
            connection.command_poll.on_error(self._post_commands),
            connection.runs.on_change(self._on_run),
            self._preferences.on_change(self._post_preferences),
        ]
        self._unsubscribe_docs = self._settings.command_docs.on_change(self._post_commands)
        connection.command_poll.on_view_opened()

    def configure(self, settings: PaletteSettings) -> None:
        """Apply new settings and update the views."""
        self._unsubscribe_docs()
        self._settings = settings
        self._unsubscribe_docs = settings.command_docs.on_change(self._post_commands)
        self._post_commands()
        self._post_preferences()

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "run": self._run,
            "cancel_run": self._cancel,
            "full_result": self._full_result,
            "forget_run": self._forget,
            "refresh_commands": self._refresh,
            "choices": self._choices,
            "pin": self._pin,
            "unpin": self._unpin,
            "integers": self._integers,
            "name_result": self._name_result,
        }

    def send_initial(self, client: str) -> None:
        """Send preferences, the number of avatars, commands and runs."""
        # First what a form needs when the list of commands opens it.
        self._post("memory", self._preferences.body(self._settings.result_name), client=client)
        self._post("people", PeopleBody(avatars=self._count_avatars()), client=client)
        self._post("commands", self._body(), client=client)
        runs = [run_body(run) for run in self._connection.runs.runs()]
        self._post("runs", RunsBody(runs=runs), client=client)
        self._connection.command_poll.on_view_opened()

    def on_heartbeat(self) -> None:
        """Update the number of avatars, and poll for new commands from time to time."""
        self._connection.runs.tick()
        self._connection.command_poll.tick()
        avatars = self._count_avatars()
        if avatars != self._avatars:
            self._avatars = avatars
            self._post("people", PeopleBody(avatars=avatars))

    def static_html(self) -> str:
        """Return the commands with their arguments, and the recent runs."""
        commands = self._shown_commands()
        runs = self._connection.runs.runs()
        return palette_html(commands, runs, self._find_docs)

    def close(self) -> None:
        """Unsubscribe from the client; runs continue."""
        self._unsubscribe_docs()
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def start(self, name: str, arguments: dict[str, Any]) -> PendingCall[dict[str, Value]]:
        """Run a command as the Run button does.

        Raises:
            NanoverJupyterError: The command cannot be sent.
        """
        runs = self._connection.runs
        call = self._start_run(name, arguments, runs.new_id())
        if call is None:  # pragma: no cover - a new id is unique
            raise AssertionError(name)
        self._connection.calls.submit(lambda: self._record_run(name, arguments))
        return call

    def _start_run(
        self, name: str, arguments: dict[str, Any], run_id: str
    ) -> PendingCall[dict[str, Value]] | None:
        """Start a run; return None if `run_id` was used before."""
        description = self._find_docs(name)
        progress = None if description is None else description.doc.progress
        return self._connection.runs.start(name, arguments, run_id=run_id, progress=progress)

    def _record_run(self, name: str, arguments: dict[str, Any]) -> None:
        """Record a run in the preferences file."""
        try:
            normalized: Any = normalize(arguments)
        except InvalidValue:
            # Some values can be sent, but not entered in a form.
            normalized = {}
        self._preferences.record_run(
            name, {key: to_page_as_typed(value) for key, value in normalized.items()}
        )

    # requests -----------------------------------------------------------------------

    def _run(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        name = get_field(body, "name", str)
        run_id = get_field(body, "run", str)
        arguments = _arguments_of(body)
        if self._connection.runs.find(run_id) is not None:
            reply.ok()
            return
        ended = self._starting[run_id] = threading.Event()
        call = None
        # A command that cannot be sent is a failed run, which all views receive.
        with contextlib.suppress(NanoverJupyterError):
            call = self._start_run(name, arguments, run_id)
        if call is None:
            ended.set()

        def finish() -> None:
            ended.wait(_SHORT_RUN_SECONDS)
            self._starting.pop(run_id, None)
            reply.ok()
            if not ended.is_set():
                self._post_run(run_id)
            if call is not None:
                self._record_run(name, arguments)

        if not self._connection.calls.submit(finish):
            self._starting.pop(run_id, None)
            reply.ok()
            self._post_run(run_id)

    def _cancel(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        self._connection.runs.cancel(get_field(body, "run", str))
        reply.ok()

    def _full_result(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        run = self._connection.runs.find(get_field(body, "run", str))

        def read() -> FullResult:
            if run is None or run.result_dropped:
                return FullResult(kept=False, result=None)
            return FullResult(kept=True, result=to_page(run.result))

        reply.later(read)

    def _forget(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        run_id = body.get("run")
        if run_id is not None and not isinstance(run_id, str):
            raise BadRequest("field 'run' has the wrong type")
        self._connection.runs.forget(run_id)
        reply.ok()

    def _refresh(self, _: str, body: dict[str, Any], reply: Reply) -> None:  # noqa: ARG002
        # The client's event posts the list if it has changed.
        reply.later(self._connection.command_poll.refresh)

    def _choices(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        command, name = get_field(body, "command", str), get_field(body, "argument", str)
        description = self._find_docs(command)
        argument = None if description is None else description.arguments.get(name)
        if not isinstance(argument, Choice) or not isinstance(argument.options, ChoicesFrom):
            raise BadRequest(f"argument {name!r} does not have a list of choices")
        source = argument.options

        def read() -> ChoicesResult:
            result = self._client.run_command(source.command)
            return ChoicesResult(choices=choice_bodies(source, result))

        reply.later(read)

    def _pin(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        _arguments_of(body)
        pin = PinBody(
            id=get_field(body, "id", str),
            command=get_field(body, "command", str),
            arguments=body["arguments"],
            asks=[name for name in get_field(body, "asks", list) if isinstance(name, str)],
            label=get_field(body, "label", str),
            icon=get_field(body, "icon", str),
            tooltip=get_field(body, "tooltip", str),
        )
        reply.later(lambda: self._preferences.pin(pin))

    def _unpin(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        pin_id = get_field(body, "id", str)
        reply.later(lambda: self._preferences.unpin(pin_id))

    def _integers(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        command, names = get_field(body, "command", str), get_field(body, "names", list)
        if not all(isinstance(name, str) for name in names):
            raise BadRequest("field 'names' must be a list of strings")
        reply.later(lambda: self._preferences.set_integers(command, names))

    def _name_result(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        try:
            name = check_variable_name(get_field(body, "name", str))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        self._settings.result_name = name
        self._settings.on_result_name(name)
        self._post_preferences()
        reply.ok()

    # messages -------------------------------------------------------------------------

    def _on_run(self, run: Run | None) -> None:
        if run is None:
            runs = self._connection.runs.runs()
            self._post("runs", RunsBody(runs=[run_body(run) for run in runs]))
            return
        self._assign_result(run)
        ended = self._starting.get(run.id)
        if ended is not None and not run.is_over and run.progress is None:
            return  # posted soon, either when the run ends or with the reply
        self._post_run(run.id)
        if ended is not None and run.is_over:
            ended.set()

    def _post_run(self, run_id: str) -> None:
        with self._run_post_lock:
            run = self._connection.runs.find(run_id)
            if run is not None:
                self._post("run_state", run_body(run))

    def _assign_result(self, run: Run) -> None:
        """Assign a new result to the notebook variable."""
        is_new = run.state == "done" and run.effects is None and run.id not in self._assigned
        shell = get_ipython()
        if is_new and self._settings.result_name and shell is not None:
            self._assigned.append(run.id)
            shell.user_ns[self._settings.result_name] = run.result

    def _post_commands(self) -> None:
        self._post("commands", self._body())

    def _post_preferences(self) -> None:
        self._post("memory", self._preferences.body(self._settings.result_name))

    def _count_avatars(self) -> int:
        keys = self._client.keys()
        return sum(key.startswith("avatar.") for key in keys)

    def _find_docs(self, name: str) -> Description | None:
        return self._settings.command_docs.find(name)

    def _shown_commands(self) -> list[CommandInfo]:
        """Return the commands that match the filter, sorted by name."""
        parts = [part.strip() for part in self._settings.filter.split(",")]
        patterns = [key_pattern(part) for part in parts if part]
        return [
            command
            for name, command in sorted(self._client.available_commands.items())
            if not patterns or any(matches(name) for matches in patterns)
        ]

    def _body(self) -> CommandsBody:
        commands = [
            command_body(command, self._find_docs(command.name))
            for command in self._shown_commands()
        ]
        return CommandsBody(commands=commands, error=self._connection.command_poll.error)


def check_variable_name(name: str) -> str:
    """Return the name if it is empty or a valid variable name; raise ValueError otherwise."""
    if name and (not name.isidentifier() or keyword.iskeyword(name)):
        raise ValueError(f"{name[:40]!r} is not a valid variable name")
    return name


def _arguments_of(body: dict[str, Any]) -> dict[str, Any]:
    try:
        fields = get_field(body, "arguments", dict)
        return {key: from_page(value) for key, value in fields.items()}
    except ValueError as error:
        raise BadRequest(str(error)) from error
