"""A worker that says a line without end and dies, or one that does not end when it is told to (`HOLD` is set)."""

import os
import sys
import time

if __name__ == "__main__":
    if os.environ.get("CAUSERIE_TEST_HOLD"):
        time.sleep(60)
    sys.stderr.write("x" * 200_000 + "\n")
    sys.exit(3)
