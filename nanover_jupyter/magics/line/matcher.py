"""Completion of `%nanover` lines in IPython, by its matcher API.

The older hook (`complete_command`) would mix what Jedi guesses into the list and sort
it; every IPython that we run in has matchers.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from nanover_jupyter.magics.line.completion import Completion, Known, complete, complete_key

__all__ = ["Matcher"]

logger = logging.getLogger("nanover_jupyter.magics")

# `%nanover ...`, alone or behind `name =`; and the head of a cell.
_LINE: Final = re.compile(r"\s*(?:[\w.,\[\]\s]+=\s*)?%nanover\s")
_HEAD: Final = re.compile(r"\s*%%nanover\s")
_BODY: Final = re.compile(r"\s*%%nanover\s+update\b")


class Matcher:
    """Offers completions in a shell, from `install` to `remove`.

    Args:
        shell: IPython's shell.
        known: What there is to offer.
    """

    def __init__(self, shell: Any, known: Known) -> None:
        self._completer = getattr(shell, "Completer", None)
        self._known = known

    def install(self) -> None:
        """Begin."""
        matchers = getattr(self._completer, "custom_matchers", None)
        if matchers is not None and self.match not in matchers:
            matchers.append(self.match)

    def remove(self) -> None:
        """End, and leave nothing."""
        matchers = getattr(self._completer, "custom_matchers", [])
        while self.match in matchers:
            matchers.remove(self.match)

    # Before all others, so that Jedi is not even asked.
    @context_matcher(identifier="nanover_jupyter", priority=1000)  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Called by IPython for every completion."""
        try:
            found = self._found(context)
        except Exception:
            # An error in here would be printed into the line that is being written.
            logger.debug("! completion failed", exc_info=True)
            found = None
        if found is None:
            return {"completions": [], "suppress": False}
        return {
            "completions": [SimpleCompletion(text=text, type=found.kind) for text in found.offers],
            "matched_fragment": found.fragment,
            "suppress": True,
            "ordered": True,
        }

    def _found(self, context: CompletionContext) -> Completion | None:
        text = context.text_until_cursor
        match = _LINE.match(text) or (_HEAD.match(text) if context.cursor_line == 0 else None)
        if match is not None:
            return complete(text[match.end() :], self._known)
        if context.cursor_line > 0 and _BODY.match(context.full_text):
            return complete_key(text, self._known)
        return None
