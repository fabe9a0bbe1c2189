"""Measure corechat beside the others, and write docs/performance.md with its tables and plots.

Run by ``make bench``; for some parts only: ``make bench PARTS="cpu threads"``. ``--scale 0.02``
shows in a minute or two that everything works; its figures say nothing. ``--draw`` measures
nothing, and writes tables and plots of the figures that are there.
"""

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from page import PAGE, write_page
from peers_environment import PACKAGES, peers_python
from run import Results, Run

PARTS = ("cpu", "core", "threads", "replay", "startup", "memory", "growth")
LIBRARIES = ("corechat", "pydantic", "httpx", "httpx2", "aiohttp", "pyreqwest", "groq", "openai")


def machine() -> Results:
    """Say where and when, and how busy it was before."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    versions = {name: version(name) for name in (*LIBRARIES, "vcrpy")}
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "processor": processor,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def _rounded(found: Any) -> Any:
    """Keep four digits that count."""
    if isinstance(found, dict):
        return {name: _rounded(of) for name, of in found.items()}
    if isinstance(found, list | tuple):
        return [_rounded(of) for of in found]
    return float(f"{found:.4g}") if isinstance(found, float) else found


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--scale", type=float, default=1.0, help="how long to measure")
    parser.add_argument("--peers", type=Path, help="a folder for the environment of litellm etc.")
    parser.add_argument("--docs", type=Path, default=PAGE.parent)
    parser.add_argument("--draw", action="store_true")
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    file: Path = chosen.docs / "performance" / "figures.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    found: Results = json.loads(file.read_text()) if file.is_file() else {}
    if not chosen.draw:
        run = Run(peers_python(chosen.peers) if chosen.peers else None, chosen.scale)
        for part in chosen.parts or PARTS:
            started, where = time.monotonic(), machine()
            if run.peers:
                where["peers"] = PACKAGES
            found[part] = {**where, "found": importlib.import_module(part).measure(run)}
            file.write_text(json.dumps(_rounded(found), separators=(",", ":")) + "\n")
            sys.stderr.write(f"{part}: {time.monotonic() - started:.0f} s\n")
    write_page(chosen.docs, found)


if __name__ == "__main__":
    main()
