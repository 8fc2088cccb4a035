"""Handling of requests from the page; each gets exactly one reply."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.widgets.sync.messages import VERSION, ErrorBody, ReplyBody

__all__ = [
    "BadRequest",
    "Handler",
    "Reply",
    "error_body",
    "get_field",
    "get_string_list",
    "handle_request",
]

logger = logging.getLogger("nanover_jupyter.widgets")


class BadRequest(ValueError):
    """A request from the page is invalid; the message says why."""


def error_body(error: BaseException) -> ErrorBody:
    """Return the body of an error reply."""
    if isinstance(error, NanoverJupyterError | BadRequest):
        return ErrorBody(kind=type(error).__name__, message=str(error))
    return ErrorBody(kind="Fault", message=f"internal error: {type(error).__name__}: {error}")


class Reply:
    """The single reply to a request; only the first call has an effect. Thread-safe.

    Args:
        send: Sends the body of the reply.
        calls: Runs slow work on background threads.
    """

    def __init__(self, send: Callable[[ReplyBody], None], calls: BoundedExecutor) -> None:
        self._send = send
        self._calls = calls
        self._once = threading.Lock()

    def ok(self, result: Any = None) -> None:
        """Reply that the request succeeded."""
        if self._once.acquire(blocking=False):
            self._send(ReplyBody(ok=True, result=result))

    def fail(self, error: BaseException) -> None:
        """Reply that the request failed, and log unexpected errors."""
        if not self._once.acquire(blocking=False):
            return
        if not isinstance(error, NanoverJupyterError | BadRequest):
            logger.error("! a request from the page failed", exc_info=error)
        self._send(ReplyBody(ok=False, error=error_body(error)))

    def later(self, work: Callable[[], Any], calls: BoundedExecutor | None = None) -> None:
        """Run `work` on a background thread, and reply with its result or error.

        Args:
            work: Returns the result.
            calls: Runs it instead of the executor of all requests, for work that may take so
                long that it would keep others from running.
        """

        def run() -> None:
            try:
                self.ok(work())
            except Exception as error:  # noqa: BLE001 - the page waits for a reply
                self.fail(error)

        if not (calls or self._calls).submit(run):
            self.fail(BadRequest("too many calls are running; try again later"))


Handler = Callable[[str, Any, Reply], None]


def handle_request(
    handlers: Mapping[str, Handler], content: Mapping[str, Any], client: str, reply: Reply
) -> None:
    """Call the handler of a request, and reply with an error if it raises."""
    try:
        handler, body = _find(handlers, content)
        handler(client, body, reply)
    except Exception as error:  # noqa: BLE001 - the page waits for a reply
        reply.fail(error)


def _find(
    handlers: Mapping[str, Handler], content: Mapping[str, Any]
) -> tuple[Handler, dict[str, Any]]:
    if content.get("v") != VERSION:
        raise BadRequest("the page and the kernel use different versions; reload the page")
    handler = handlers.get(str(content.get("op")))
    if handler is None:
        raise BadRequest(f"unknown request {content.get('op')!r}")
    body = content.get("body")
    if not isinstance(body, dict):
        raise BadRequest("the request has no body")
    return handler, body


def get_field(body: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """Return a field of a request; raises BadRequest if it is missing or of another type."""
    value = body.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadRequest(f"field {name!r} is missing or has the wrong type")
    return value


def get_string_list(body: Mapping[str, Any], name: str) -> list[str]:
    """Return a non-empty list of strings of a request; raises BadRequest otherwise."""
    values = get_field(body, name, list)
    if not values or not all(isinstance(value, str) for value in values):
        raise BadRequest(f"field {name!r} must be a non-empty list of strings")
    return list(values)
