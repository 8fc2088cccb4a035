"""Sphinx configuration; scripts/docs builds the documentation and treats warnings as errors."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nanover_jupyter

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "nanover-jupyter"
author = "the nanover-jupyter developers"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = nanover_jupyter.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "myst_nb",
    "docstrings",
    "generated_tables",
]
exclude_patterns = ["_build", "_extensions"]
nitpicky = True
# Names of other projects are not linked, because their inventories need network access.
nitpick_ignore_regex = [("py:.*", r"(?!nanover_jupyter\.[A-Z]).*")]

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
# Show the stored outputs; scripts/notebooks runs the notebooks.
nb_execution_mode = "off"
nb_mime_priority_overrides = [
    ("html", "text/html", 0),
    ("html", "application/vnd.jupyter.widget-view+json", None),
]

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "nanover-jupyter"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False


def _copy_notebooks() -> None:
    """Copy the notebooks into the docs folder, because Sphinx reads no files outside it."""
    target = HERE / "tutorials" / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        ROOT / "notebooks", target, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.cfg")
    )


_copy_notebooks()
