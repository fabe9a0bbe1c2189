"""Read a cassette in order to write it anew: whatever would be lost is refused."""

from corechat.errors import CassetteError
from corechat_replay.entry import without_coding
from corechat_replay.interaction import Cassette, Interaction
from corechat_replay.reader import load


def load_whole(path: str) -> tuple[Cassette, list[Interaction]]:
    """Read a cassette of which nothing may be lost.

    Args:
        path: the file, in any dialect.

    Returns:
        The cassette, and its interactions without content coding.

    Raises:
        CassetteError: it is damaged, or holds interactions that cannot be read.
    """
    cassette = load(path)
    if cassette.skipped:
        raise CassetteError(
            f"The cassette {path!r} holds interactions of other APIs that cannot be read and would "
            f"be lost: {cassette.skipped[0]}. It was left as it is; take them out first.",
            path=path,
        )
    return cassette, [without_coding(each, path) for each in cassette.interactions]
