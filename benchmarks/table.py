"""The table of `README.md`, made from `results/*.json`.

Does: read every result, check its shape, and write the lines between the two markers.
Does not: measure; a figure in the README that no result file gives cannot be.
Try it: python -m benchmarks.table            (with `--check` it writes nothing, and fails when the table is stale)
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import FOLDER, RESULTS, Figure

README = FOLDER / "README.md"
BEGIN = "<!-- made by `python -m benchmarks.table`: begin -->"
END = "<!-- end -->"
REQUIRED = ("name", "date", "commit", "command", "machine", "configuration", "figures", "repetitions")
REQUIRED_OF_MACHINE = ("processor", "cores", "memory_gib", "versions")
HEADER = (
    "| figure | ours | goal | | peer's | measured against |",
    "|---|---:|---:|---|---:|---|",
)


def read_result(path: Path) -> dict[str, Any]:
    """One result file.

    Raises:
        ValueError: A part that every result has is missing or empty, or a figure is not of the form of `Figure`.
    """
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    missing = [part for part in REQUIRED if not result.get(part)]
    machine = result.get("machine") or {}
    missing += [f"machine.{part}" for part in REQUIRED_OF_MACHINE if not machine.get(part)]
    if missing:
        raise ValueError(f"{path.name} lacks {missing}: run `python -m benchmarks.{path.stem}` again")
    for figure in result["figures"]:
        try:
            Figure(**figure)
        except TypeError as error:
            raise ValueError(f"{path.name}: figure {figure.get('name')!r} is not one: {error}") from error
    return result


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _row(figure: Figure) -> str:
    value = f"{_number(figure.value)} {figure.unit}"
    if figure.our_value is not None:
        value += f" ({_number(figure.our_value)} {figure.measured_in})"
    sign = "≥" if figure.better == "higher" else "≤"
    peer_value = (
        "" if figure.peer_value is None else f"{_number(figure.peer_value)} {figure.measured_in or figure.unit}"
    )
    verdict = "met" if figure.met else "**not met**"
    return (
        f"| {figure.name} | {value} | {sign} {_number(figure.goal)} {figure.unit} | {verdict} "
        f"| {peer_value} | {figure.peer or ''} |"
    )


def _section(result: dict[str, Any]) -> list[str]:
    machine = result["machine"]
    commit, changes, _ = result["commit"].partition("+changes")
    facts = [
        f"`{result['command']}`",
        result["date"][:10],
        f"commit {commit[:12]}{' with changes' if changes else ''}",
        f"{len(result['repetitions'])} repetitions",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB",
        ", ".join(f"{name} {number}" for name, number in machine["versions"].items()),
    ]
    rows = [_row(Figure(**figure)) for figure in result["figures"]]
    return [f"### {result['name']}", "", *HEADER, *rows, "", f"{'; '.join(facts)}.", ""]


def table() -> str:
    """The lines between the markers."""
    lines = [line for path in sorted(RESULTS.glob("*.json")) for line in _section(read_result(path))]
    return "\n".join(["", *lines])


def split_readme() -> tuple[str, str, str]:
    """The README before, between and after the markers."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between, after


def write_table() -> None:
    """Replace what stands between the markers."""
    before, _, after = split_readme()
    unfinished = README.with_suffix(".md.part")
    unfinished.write_text(f"{before}{BEGIN}\n{table()}{END}{after}", encoding="utf-8")
    unfinished.replace(README)


def main() -> int:
    """Write the table, or with `--check` only compare.

    Returns:
        The exit code: 1 when `--check` finds a difference.
    """
    if "--check" not in sys.argv[1:]:
        write_table()
        return 0
    if split_readme()[1] == f"\n{table()}":
        return 0
    print(
        "benchmarks/README.md does not show what the result files hold: python -m benchmarks.table", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
