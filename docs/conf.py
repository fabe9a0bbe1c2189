"""How the site is built: Sphinx, the theme Furo, and MyST, so that the pages stay Markdown."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "backends")]

from corechat import __version__  # noqa: E402 - found by the path above

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "corechat"
author = "the corechat contributors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = False  # a docstring names types of libraries, which are described elsewhere

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["misc.highlighting_failure"]

default_role = "py:obj"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": True, "exclude-members": "__new__"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # an overload's signature is longer than its screen; the text says types
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"corechat {version}"
html_copy_source = False
html_show_sphinx = False


def drop_module_docstring(_app: object, what: str, *rest: object) -> None:
    """Leave out a module's own docstring: its page begins in its own words."""
    lines = rest[-1]
    if what == "module" and isinstance(lines, list):
        lines.clear()


def setup(app: "Sphinx") -> None:
    """Tell Sphinx what is done to docstrings."""
    app.connect("autodoc-process-docstring", drop_module_docstring)
