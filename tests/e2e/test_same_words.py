"""Language models on both sides say the same in a batch as alone, and after a kill.

Over 5,000 turns it is `studies/same_words.py` that says so.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "studies"))

from same_words import compare, turns


@pytest.mark.slow
def test_batching_and_a_kill_change_no_word(tmp_path: Path) -> None:
    together, alone, hit = compare(tmp_path, 8)
    assert hit
    assert len(together) == 8
    assert turns(together) > 8 * 5
    assert together == alone
