"""Requests from the page: each is answered exactly once, whatever becomes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.widgets.sync.messages import VERSION, ErrorBody, ReplyBody

__all__ = [
    "Answer",
    "BadRequest",
    "Handler",
    "answer_request",
    "error_body",
    "field_of",
    "text_list",
]

logger = logging.getLogger("nanover_jupyter.widgets")


class BadRequest(ValueError):
    """The page asked for something that makes no sense; the message says why."""


def error_body(error: BaseException) -> ErrorBody:
    """An error in its own words, if it is one of ours or a bad request."""
    if isinstance(error, NanoverJupyterError | BadRequest):
        return ErrorBody(kind=type(error).__name__, message=str(error))
    return ErrorBody(
        kind="Fault", message=f"this is a fault of ours: {type(error).__name__}: {error}"
    )


class Answer:
    """The one reply to a request; the first of its methods to be called wins.

    May be kept and used later, from any thread.

    Args:
        reply: Takes the body of the reply.
        calls: Where slow work is done.
    """

    def __init__(self, reply: Callable[[ReplyBody], None], calls: BoundedExecutor) -> None:
        self._reply = reply
        self._calls = calls
        self._once = threading.Lock()

    def ok(self, result: Any = None) -> None:
        """The request succeeded."""
        if self._once.acquire(blocking=False):
            self._reply(ReplyBody(ok=True, result=result))

    def fail(self, error: BaseException) -> None:
        """The request failed; our own errors and bad requests are told in their words."""
        if not self._once.acquire(blocking=False):
            return
        if not isinstance(error, NanoverJupyterError | BadRequest):
            logger.error("! a request from the page failed", exc_info=error)
        self._reply(ReplyBody(ok=False, error=error_body(error)))

    def later(self, work: Callable[[], Any]) -> None:
        """Answer with what `work` returns or raises, on a thread where it may take its time."""

        def run() -> None:
            try:
                self.ok(work())
            except Exception as error:  # noqa: BLE001 - the page is told, and waits for it
                self.fail(error)

        if not self._calls.submit(run):
            self.fail(BadRequest("too many calls are running; wait for one to end"))


Handler = Callable[[str, Any, Answer], None]


def answer_request(
    handlers: Mapping[str, Handler], content: Mapping[str, Any], client: str, answer: Answer
) -> None:
    """Find the handler of a request and see that it is answered."""
    try:
        handler, body = _find(handlers, content)
        handler(client, body, answer)
    except Exception as error:  # noqa: BLE001 - the page is told, and waits for it
        answer.fail(error)


def _find(
    handlers: Mapping[str, Handler], content: Mapping[str, Any]
) -> tuple[Handler, dict[str, Any]]:
    if content.get("v") != VERSION:
        raise BadRequest("the page and the kernel run different versions: reload the page")
    handler = handlers.get(str(content.get("op")))
    if handler is None:
        raise BadRequest(f"there is no request {content.get('op')!r}")
    body = content.get("body")
    if not isinstance(body, dict):
        raise BadRequest("the request has no body")
    return handler, body


def field_of(body: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """A field of a request; raises BadRequest when it is missing or of another type."""
    value = body.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadRequest(f"the field {name!r} is missing or wrong")
    return value


def text_list(body: Mapping[str, Any], name: str) -> list[str]:
    """A non-empty list of strings of a request; raises BadRequest if it is none."""
    values = field_of(body, name, list)
    if not values or not all(isinstance(value, str) for value in values):
        raise BadRequest(f"the field {name!r} must hold one text or more")
    return list(values)
