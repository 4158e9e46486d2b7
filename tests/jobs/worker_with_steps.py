"""The real worker, which knows the tests' kind of job too."""

import sys

from causerie.jobs import worker
from causerie.jobs.kinds import KINDS

KINDS["steps"] = "tests.jobs.steps_kind"

if __name__ == "__main__":
    sys.exit(worker.main())
