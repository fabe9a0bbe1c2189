"""How the site is built: Sphinx, the theme Furo, and MyST, so that the pages stay Markdown."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "backends")]

from corechat import __version__  # noqa: E402 - found by the path above

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAME = re.compile(r"(?<![`:\w])`([A-Z]\w+(?:\.\w+)?)`(?!`)")

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
autodoc_default_options = {"members": True, "exclude-members": "__init__, __new__, model_config"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # an overload's signature is longer than its screen; the text says types
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
pygments_style = "tango"
pygments_dark_style = "monokai"
html_title = f"corechat {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def prepare_docstring(
    _app: object, what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Let a name in backquotes be found in any room, and leave out a module's own docstring."""
    if what == "module":
        lines.clear()  # its page begins in its own words
    lines[:] = [NAME.sub(r"`.\1`", line) for line in lines]


def setup(app: "Sphinx") -> None:
    """Tell Sphinx what is done to docstrings."""
    app.connect("autodoc-process-docstring", prepare_docstring)
