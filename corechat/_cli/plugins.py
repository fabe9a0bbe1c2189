"""``corechat plugins``: what is installed, whose it is, and what is broken."""

from importlib.metadata import EntryPoint
from typing import Any

import click
from pydantic_core import to_json

from corechat._cli.output import write_table
from corechat.errors import CorechatError, MissingDependencyError
from corechat.plugins._entries import all_entries, entries, load_entry, owner
from corechat.plugins._making import check_needs
from corechat.plugins._named import collect


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plugins(*, as_json: bool) -> None:
    """List the plugins: name, kind, distribution, version and state."""
    rows = list_plugins()
    if as_json:
        click.echo(to_json(rows, indent=2).decode())
        return
    write_table(
        ("name", "kind", "distribution", "version", "state"), [[*row.values()] for row in rows]
    )


def list_plugins() -> list[dict[str, str]]:
    """Ask every installed plugin what it offers; a broken one does not stop the others."""
    enabled = entries()
    claims = [entry.name for entry in all_entries()]
    return [_row(entry, enabled, claims.count(entry.name)) for entry in all_entries()]


def _row(entry: EntryPoint, enabled: tuple[EntryPoint, ...], claims: int) -> dict[str, str]:
    name, version = owner(entry)
    row = {"name": entry.name, "kind": "?", "distribution": name, "version": version, "state": "ok"}
    if entry not in enabled:
        return row | {"state": "disabled by CORECHAT_DISABLE_PLUGINS"}
    try:
        backends, providers = collect(load_entry(entry), entry.name)
    except MissingDependencyError as error:
        return row | {"state": f"not usable: {error.message}"}
    except CorechatError as error:
        return row | {"state": f"broken: {error.message}"}
    kinds: dict[str, Any] = {"backend": backends, "provider": providers}
    row["kind"] = ", ".join(kind for kind, offered in kinds.items() if offered) or "hooks"
    if claims > 1:
        row["state"] = f"broken: {claims} distributions claim this name"
    elif entry.name in backends:
        try:
            check_needs(entry.name, backends[entry.name])
        except CorechatError as error:
            row["state"] = f"not usable: {error.message}"
    return row
