"""Completion of `%nanover` lines in IPython.

This uses IPython's matcher API. With the older `complete_command` hook, IPython would mix
Jedi's guesses into the list and sort it.
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

from nanover_jupyter.magics.line.completion import Completion, LiveNames, complete, complete_key

__all__ = ["Matcher"]

logger = logging.getLogger("nanover_jupyter.magics")

# `%nanover ...`, also after `name =`, and the first line of a `%%nanover` cell.
_LINE: Final = re.compile(r"\s*(?:[\w.,\[\]\s]+=\s*)?%nanover\s")
_FIRST_LINE: Final = re.compile(r"\s*%%nanover\s")
_UPDATE_CELL: Final = re.compile(r"\s*%%nanover\s+update\b")


class Matcher:
    """Completes `%nanover` lines in a shell from `install` to `remove`.

    Args:
        shell: IPython's shell.
        live: The names and values to offer.
    """

    def __init__(self, shell: Any, live: LiveNames) -> None:
        self._completer = getattr(shell, "Completer", None)
        self._live = live

    def install(self) -> None:
        """Add the matcher to the shell. Idempotent."""
        matchers = getattr(self._completer, "custom_matchers", None)
        if matchers is not None and self.match not in matchers:
            matchers.append(self.match)

    def remove(self) -> None:
        """Remove the matcher from the shell. Idempotent."""
        matchers = getattr(self._completer, "custom_matchers", [])
        while self.match in matchers:
            matchers.remove(self.match)

    # Before all other matchers, so that Jedi does not run.
    @context_matcher(identifier="nanover_jupyter", priority=1000)  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return completions for IPython."""
        try:
            found = self._complete(context)
        except Exception:
            # IPython would print the error into the line that is being typed.
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

    def _complete(self, context: CompletionContext) -> Completion | None:
        text = context.text_until_cursor
        match = _LINE.match(text) or (_FIRST_LINE.match(text) if context.cursor_line == 0 else None)
        if match is not None:
            return complete(text[match.end() :], self._live)
        if context.cursor_line > 0 and _UPDATE_CELL.match(context.full_text):
            return complete_key(text, self._live)
        return None
