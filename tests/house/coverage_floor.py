"""Combines the coverage of all test processes and fails under the floors: 90 % of all lines, 70 % of any file.

Does: print the table of files that are not fully covered. Does not: run tests.
Try it: make coverage
"""

import io
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage

TOTAL_FLOOR = 90.0
"""Least share of lines covered in the whole package, in percent; it only ever rises."""
FILE_FLOOR = 70.0
"""Least share of lines covered in any one file, in percent."""


def line_shares(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, float]:
    """Percent of covered lines by file, from coverage's JSON report; an empty file counts as covered."""
    shares = {}
    for name, entry in report["files"].items():
        lines, covered = entry["summary"]["num_statements"], entry["summary"]["covered_lines"]
        shares[name] = 100.0 * covered / lines if lines else 100.0
    return shares


def main() -> int:
    """Print what falls short; 0 when nothing does."""
    data = coverage.Coverage()
    data.load()
    data.report(file=sys.stdout, skip_covered=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        # coverage announces the file that it writes; nobody needs to read that.
        output, sys.stdout = sys.stdout, io.StringIO()
        try:
            data.json_report(outfile=str(path))
        finally:
            sys.stdout = output
        report = json.loads(path.read_text(encoding="utf-8"))
    totals = report["totals"]
    total = 100.0 * totals["covered_lines"] / totals["num_statements"]
    low = {name: share for name, share in line_shares(report).items() if share < FILE_FLOOR}
    for name, share in low.items():
        print(f"{name}: {share:.1f} % of its lines are covered; {FILE_FLOOR:.0f} % is the least")
    if total < TOTAL_FLOOR:
        print(f"{total:.1f} % of all lines are covered; {TOTAL_FLOOR:.0f} % is the least")
    print(f"lines covered: {total:.1f} %")
    return 1 if low or total < TOTAL_FLOOR else 0


if __name__ == "__main__":
    raise SystemExit(main())
