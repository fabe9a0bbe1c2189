"""Read a cassette in order to write it anew: whatever would be lost is refused."""

from corechat.errors import CassetteError
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse
from corechat_replay.interaction import Interaction


def load_whole(path: str) -> list[Interaction]:
    """Read a cassette of which nothing may be lost.

    Args:
        path: the file, in any dialect.

    Returns:
        As `parse_whole`.

    Raises:
        CassetteError: it cannot be read, or as `parse_whole`.
    """
    return parse_whole(read_cassette_file(path), path)


def parse_whole(data: bytes, path: str) -> list[Interaction]:
    """Read a cassette of which nothing may be lost, from its bytes.

    Args:
        data: the file's content, in any dialect.
        path: its name, for messages.

    Returns:
        Its interactions, without content coding.

    Raises:
        CassetteError: it is damaged, or holds interactions that cannot be read.
    """
    cassette = parse(data, path)
    if cassette.skipped:
        raise CassetteError(
            f"The cassette {path!r} holds interactions of other APIs that cannot be read and would "
            f"be lost: {cassette.skipped[0]}. It was left as it is; take them out first.",
            path=path,
        )
    return [without_coding(each, path) for each in cassette.interactions]
