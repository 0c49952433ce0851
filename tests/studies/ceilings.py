"""Work out the ceilings of all built-in settings anew, and write what is slow to `pragenv/ceiling/known.json`.

    python tests/studies/ceilings.py

About six minutes on one core. What is there already is not taken for granted.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path

import pragenv.ceiling as ceilings
from pragenv.files import write_json
from pragenv.registration import tasks

KNOWN = Path(ceilings.__file__).parent / "known.json"
SLOW = 0.5  # seconds


def main() -> None:
    """Compute, print, write."""
    known = {}
    for name in ("clarify", "twenty_questions"):
        task = tasks.make(name)
        for setting in task.SETTINGS:
            start = time.process_time()
            faced = ceilings.situations(task, setting, "test")
            found = ceilings.average(task, setting, faced)
            seconds = time.process_time() - start
            sys.stdout.write(f"{name}/{setting.name}: {found} ({seconds:.1f} s)\n")
            sys.stdout.flush()
            if seconds > SLOW and found is not None:
                known[ceilings.key_of(task, setting, faced)] = asdict(found)
    write_json(KNOWN, known)


if __name__ == "__main__":
    main()
