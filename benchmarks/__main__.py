"""Run the benchmarks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import layers, report
from .goals import Outcome, outcomes
from .rounds import Measured, Row, measure
from .site import Site, serve
from .works import USUAL, WORKS

PAGES, QUICK_PAGES = 100, 20


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    _forget_the_caller()
    with serve(QUICK_PAGES if options.quick else PAGES) as site:
        # The workers read these; requests and Python's ssl each have their own name for it.
        os.environ.update(SSL_CERT_FILE=site.ca_file, REQUESTS_CA_BUNDLE=site.ca_file)
        if options.profile:
            return _profile(site)
        return _run(site, options.works or list(USUAL), options.quick, options.check)


def _profile(site: Site) -> int:
    tables: list[str] = []
    for title, by_layer, by_function in layers.profiles(site):
        print(f"\n{title}\n\n{report.aligned(by_layer)}\n\n{report.aligned(by_function)}", flush=True)
        tables.append(f"{title}\n\n{report.markdown(by_layer)}")
    report.fill_in(profile="\n\n".join(tables))
    return 0


def _run(site: Site, works: Sequence[str], quick: bool, check: bool) -> int:
    told = report.conditions()
    print(", ".join(f"{name} {value}" for name, value in told.items()))
    rows: list[Row] = []
    measured: dict[str, Measured] = {}
    for row in (row for name in works for row in WORKS[name](site)):
        measured[row.name] = measure(row, quick=quick)
        rows.append(row)
        print(f"\n{row.title}\n{report.aligned(report.row_lines(measured[row.name]))}", flush=True)
    found = outcomes(measured)
    print(f"\n{report.aligned(report.goal_lines(found))}")
    if not quick and not check and list(works) == list(USUAL):
        report.write(rows, measured, found, told)
    return _verdict(found) if check else 0


def _verdict(found: Sequence[Outcome]) -> int:
    failed = [each.goal.title for each in found if each.failed]
    for title in failed:
        print(f"worse than its bound by more than may be: {title}", file=sys.stderr)
    return 1 if failed else 0


def _forget_the_caller() -> None:
    """Take out of the environment what would send calls through a proxy or sign them as somebody else."""
    for name in list(os.environ):
        if name.startswith("TASKCLUSTER_") or name.lower().endswith("_proxy"):
            del os.environ[name]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Measure against the official client and the floor. A full run, without options, also "
        "writes benchmarks/results and the tables and the plot of docs/performance.md; --profile its profile.",
    )
    parser.add_argument(
        "works", nargs="*", type=_work, metavar="WORK", help=f"only these, of: {', '.join(WORKS)}"
    )
    parser.add_argument(
        "--check", action="store_true", help="fail when a bound of goals.toml is missed by over 15 %%"
    )
    parser.add_argument("--quick", action="store_true", help="few rounds and a short walk, for a first look")
    parser.add_argument("--profile", action="store_true", help="show where the CPU time of a signed GET goes")
    return parser


def _work(name: str) -> str:
    if name not in WORKS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(WORKS)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
