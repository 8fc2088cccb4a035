"""Sphinx directives for tables that are generated from the code."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

import traitlets
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nanover_jupyter.client.imd.imd_client import NanoverImdClient
from nanover_jupyter.client.imd.names import NAMES, NOT_PROVIDED
from nanover_jupyter.magics.commands.help import markdown_reference
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS

_PACKAGE = "nanover_jupyter."


class _Table(SphinxDirective):
    """Base class of directives that render a table."""

    heading: Sequence[str] = ()

    def run(self) -> list[nodes.Node]:
        lines = [self.heading, ["---"] * len(self.heading), *self.rows()]
        return self.parse_text_to_nodes(
            "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
        )

    def rows(self) -> Iterable[Sequence[str]]:
        raise NotImplementedError


class TraitsTable(_Table):
    """```{traits} nanover_jupyter.StateInspector```: the traits that this package defines."""

    required_arguments = 1
    heading = ("trait", "type", "default", "description")

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield one row for each public trait."""
        module, _, name = self.arguments[0].rpartition(".")
        found: dict[str, traitlets.TraitType[Any, Any]] = {}
        for owner in reversed(getattr(import_module(module), name).__mro__):
            if owner.__module__.startswith(_PACKAGE):
                found |= {
                    trait: kind
                    for trait, kind in vars(owner).items()
                    if isinstance(kind, traitlets.TraitType) and not trait.startswith("_")
                }
        for trait, kind in sorted(found.items()):
            default = "" if kind.default_value is traitlets.Undefined else f"`{kind.default()!r}`"
            yield f"`{trait}`", type(kind).__name__, default, str(kind.help).replace("|", "\\|")


class ImdClientTable(_Table):
    """```{imd-client}```: the names of NanoVer's `NanoverImdClient` and what becomes of each."""

    heading = ("name", "provided", "remarks")

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield one row for each name."""
        for name, note in NAMES.items():
            member = getattr(NanoverImdClient, name)
            call = f"({', '.join(_parameters(member))})" if callable(member) else ""
            provided = "no" if note in NOT_PROVIDED.values() else "yes"
            yield f"`{name}{call}`", provided, note


def _parameters(function: Any) -> Iterator[str]:
    """Yield the parameters of a method without `self` and without types."""
    for name, parameter in inspect.signature(function).parameters.items():
        if name != "self":
            star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
            default = parameter.default
            has_default = default is not parameter.empty
            yield star.get(parameter.kind, "") + name + (f"={default!r}" if has_default else "")


class SubcommandsTable(_Table):
    """```{subcommands}```: the subcommands of `%nanover`."""

    heading = ("`%nanover` ...", "description")

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield one row for each subcommand."""
        for name, subcommand in SUBCOMMANDS.items():
            yield f"`{name}`", subcommand.summary


class SubcommandsReference(SphinxDirective):
    """```{subcommands-reference}```: the subcommands of `%nanover` with all options."""

    def run(self) -> list[nodes.Node]:
        """Return the tables of all groups."""
        return self.parse_text_to_nodes(markdown_reference())


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("traits", TraitsTable)
    app.add_directive("imd-client", ImdClientTable)
    app.add_directive("subcommands", SubcommandsTable)
    app.add_directive("subcommands-reference", SubcommandsReference)
    return {"parallel_read_safe": True}
