"""``corechat cassette serve``: a cassette as a server on loopback, for any client."""

from collections.abc import Sequence

import click

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError
from corechat.errors._text import escape_controls
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.reader import load
from corechat_replay.cli.counted import counted
from corechat_replay.cli.replay_server import ReplayServer


@click.command()
@click.argument("file")
@click.option("--port", default=8089, show_default=True, help="The port; 0 for a free one.")
@click.option("--ignore", multiple=True, metavar="FIELD", help="A body field that may differ.")
@click.option("--once", is_flag=True, help="Play each recording once only; then answer 404.")
def serve(*, file: str, port: int, ignore: Sequence[str], once: bool) -> None:
    """Answer any client from FILE, on loopback and without a key, until Ctrl-C.

    Point the client's base URL at the address that is printed. A request that is not recorded gets
    a 404 in OpenAI's form that says what is different. Recordings of the same request are played
    in their order, the last one again and again.
    """
    with readable_errors():
        cassette = load(file)
        interactions = [without_coding(each, file) for each in cassette.interactions]
        try:
            server = ReplayServer(
                file, interactions, port=port, ignore=ignore, repeat_last=not once, log=_log
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise CassetteError(
                f"The port {port} of 127.0.0.1 cannot be used: {reason}. Give another --port, or 0."
            ) from None
    count = len(cassette.interactions)
    held = counted(count, "recording")
    click.echo(escape_controls(f"{held} of {file} at {server.url}/v1; Ctrl-C ends it"))
    click.echo(f"export GROQ_BASE_URL={server.url} OPENAI_BASE_URL={server.url}/v1")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo(f"{count - len(server.unplayed())} of {held} played", err=True)


def _log(line: str) -> None:
    click.echo(escape_controls(line), err=True)
