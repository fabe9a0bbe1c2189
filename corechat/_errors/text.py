"""Texts of messages: those from elsewhere made fit to be shown, and the name that was meant."""

import difflib
import re
from collections.abc import Iterable

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

MAX_ERROR_TEXT = 1000
_CUT = " … "
_LETTERS = 2
_LONGEST_NAME = 24  # the keys of providers have 32 characters and more
_LIKE_A_KEY = re.compile("(sk|gsk|xai|pk|csk|hf|nvapi)[-_]", re.IGNORECASE)
_MOST_SHOWN = 160
_MOST_OF_ONE = 100


def escape_controls(text: str) -> str:
    r"""Replace what could steer a terminal or hide text by its escape; newline and tab stay.

    C0 and C1 controls, invisible and bidirectional characters and lone surrogates are written as
    ``\x1b`` or ``\u202e``. The joiners that Persian, Indic scripts and emoji need stay.
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escape_json(text: str) -> str:
    """Replace the characters of `escape_controls` in JSON by its own escapes (RFC 8259 §7)."""
    return _UNSAFE.sub(lambda match: _json_escape(match[0]), text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def bound(text: str, limit: int = MAX_ERROR_TEXT) -> str:
    """Shorten a text to so many bytes of UTF-8, controls escaped.

    Its middle goes, since its end often says what to do.
    """
    text = escape_controls(text)
    data = text.encode()
    if len(data) <= limit:
        return text
    room = limit - len(_CUT.encode())
    tail = room // 3
    head = data[: room - tail].decode(errors="ignore")
    return head + _CUT + data[-tail:].decode(errors="ignore")


def exception_text(error: BaseException) -> str:
    """Say what an exception says, for a message; some say nothing, or raise when asked."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a bug of that exception's author
        return "(it does not say what is wrong)"


def describe_exception(error: BaseException, limit: int = 300) -> str:
    """Name an exception's class and say what it says, in one line for a message."""
    return excerpt(f"{type(error).__name__}: {exception_text(error)}", limit)


def excerpt(text: str, limit: int = MAX_ERROR_TEXT) -> str:
    """Shorten a text to one line of so many characters: white space folded, controls escaped."""
    line = escape_controls(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def brief_repr(name: str, fields: Iterable[tuple[str | None, object]]) -> str:
    """Write a representation that fits a screen line or two: texts and lists are cut."""
    told = ", ".join(f"{field}={_brief(value)}" for field, value in fields)
    return f"{name}({told if len(told) <= _MOST_SHOWN else told[:_MOST_SHOWN] + '…'})"


def _brief(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) > 1:
        return f"[{_brief(value[0])}, … {len(value) - 1} more]"
    whole = repr(value[:_MOST_OF_ONE] if isinstance(value, str) else value)
    return whole if len(whole) <= _MOST_OF_ONE else f"{whole[: _MOST_OF_ONE - 1]}…"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that a misspelt one probably means."""
    matches = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def near_miss(word: object, known: Iterable[str]) -> str | None:
    """Find the known word that a text misspells by a letter or two; None if it is known itself."""
    words = list(known)
    if not isinstance(word, str) or word in words:
        return None
    close = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.75)
    return next((one for one in close if abs(len(one) - len(word)) <= _LETTERS), None)


def shown_name(name: str) -> str:
    """Write a name that is not known; one that may be a key in the wrong place is not shown."""
    if len(name) <= _LONGEST_NAME and not _LIKE_A_KEY.match(name):
        return repr(name)
    return f"with a text of {len(name)} characters, not shown here (a key is given as api_key=)"


def one_of(word: str, known: Iterable[str], others: Iterable[str] = ()) -> str:
    """Write what follows «not a known name»: ``"Did you mean 'httpx'? Known: aiohttp, httpx."``.

    What might have been meant too, and is not listed, goes in `others`.
    """
    names = list(known)
    guess = nearest(word, [*names, *others])
    listed = f"Known: {', '.join(names)}." if names else "None are known."
    return f"Did you mean {guess!r}? {listed}" if guess else listed
