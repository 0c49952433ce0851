"""What has been read is found by content, and kept within a bound."""

import os
from pathlib import Path

import pytest
import torch

from pragenv.models.prefixes import Prefix, Prefixes, common, digests
from pragenv.models.slots import SlotCache, _room
from pragenv.types import Message

KINDS = ("conv", "full_attention")


def cache(rows: int = 1, capacity: int = 10) -> SlotCache:
    """Rows that hold their number, of 8 * (4 + 2 * 6) bytes a token."""
    made = SlotCache(KINDS, rows, capacity)
    number = torch.arange(rows, dtype=torch.float64)[:, None, None, None]
    made._slotted[0].fill((number.repeat(1, 1, capacity, 4),))
    made._slotted[1].fill((number.repeat(1, 2, capacity, 3), number.repeat(1, 2, capacity, 3)))
    made.reach = capacity
    made.ids = [list(range(100 * i, 100 * i + capacity - 1)) for i in range(rows)]
    return made


ROW = cache().bytes


def test_a_cache_knows_its_size() -> None:
    assert ROW == 8 * (4 + 2 * 6) * 10
    assert cache(3).bytes == 3 * ROW
    assert SlotCache(KINDS, 3, 10).bytes == 0  # nothing is held before anything is read


def test_the_longest_known_beginning_is_found() -> None:
    kept, held = Prefixes(10 * ROW), cache(3)
    kept.add(b"1", Prefix(held, 0))
    kept.add(b"12", Prefix(held, 1))
    assert kept.find([b"1", b"12", b"123"]) == Prefix(held, 1)
    assert kept.find([b"1", b"1x"]) == Prefix(held, 0)
    assert kept.find([b"2"]) is None
    assert kept.find([]) is None


def test_a_row_that_has_gone_on_to_another_text_has_less_in_common() -> None:
    held = cache()
    prefix = Prefix(held, 0)
    assert prefix.common([0, 1, 2, 99]) == 3
    held.ids[0] = [0, 7]
    assert prefix.common([0, 1, 2, 99]) == 1
    held.ids[0] = []
    assert prefix.common([0, 1]) == 0


def test_those_unused_for_longest_go_first() -> None:
    kept = Prefixes(3 * ROW)
    for digest in (b"a", b"b", b"c"):
        kept.add(digest, Prefix(cache(), 0))
    assert kept.find([b"a"])
    kept.add(b"d", Prefix(cache(), 0))
    assert [bool(kept.find([digest])) for digest in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    assert kept.held == 3 * ROW


def test_a_batch_counts_once_and_until_its_last_row_is_forgotten() -> None:
    kept, batch = Prefixes(5 * ROW), cache(3)
    for i in range(3):
        kept.add(b"%d" % i, Prefix(batch, i))
        assert kept.held == 3 * ROW
    kept.add(b"1", Prefix(batch, 2))  # the same text, read elsewhere
    assert (len(kept), kept.held) == (3, 3 * ROW)
    kept.add(b"x", Prefix(cache(), 0))
    kept.add(b"y", Prefix(cache(), 0))
    assert kept.held == 5 * ROW
    kept.add(b"z", Prefix(cache(), 0))
    assert (len(kept), kept.held) == (3, 3 * ROW)
    assert kept.find([b"1"]) is None


def test_of_a_batch_that_is_too_large_single_rows_are_kept() -> None:
    kept, batch = Prefixes(2 * ROW), cache(4)
    for i in range(4):
        kept.add(b"%d" % i, Prefix(batch, i))
        assert kept.held <= 2 * ROW
    found = kept.find([b"3"])
    assert found is not None
    assert found.cache is not batch
    assert (found.cache.rows, found.cache.capacity, found.cache.ids) == (1, 9, [batch.ids[3]])
    assert all((t == 3).all() for layer in found.cache._slotted for t in layer.tensors())
    kept.add(b"huge", Prefix(cache(1, 100), 0))
    assert kept.find([b"huge"]) is None
    assert kept.find([b"3"])


def test_rows_are_copied_not_shared() -> None:
    batch = cache(3)
    some = batch.taken([2, 0])
    assert (some.rows, some.ids) == (2, [batch.ids[2], batch.ids[0]])
    target = SlotCache(KINDS, 2, 20)
    target.put(1, batch, 2, 4)
    assert target.ids == [(), batch.ids[2][:4]]
    for layer in batch._slotted:
        for held in layer.tensors():
            held.fill_(9)
    for layer, inputs in zip(target._slotted, (layer.tensors() for layer in some._slotted), strict=True):
        for held, taken in zip(layer.tensors(), inputs, strict=True):
            assert (held[1, :, :4] == 2).all()
            assert not held[1, :, 4:].any()
            assert not held[0].any()
            assert (taken[0] == 2).all()
            assert (taken[1] == 0).all()


@pytest.mark.parametrize(
    ("rows", "length"),
    [([[1, 2], [1, 2]], 2), ([[1, 2, 3], (1, 2)], 2), ([[1, 2], [3]], 0), ([[], [1]], 0), ([[4, 5, 6], [4, 7, 6]], 1)],
)
def test_common_beginnings(rows: list[list[int]], length: int) -> None:
    assert common(rows) == common(rows[::-1]) == length


def test_digests_tell_every_beginning_apart() -> None:
    dialogue = (Message("system", "a"), Message("user", "b"), Message("assistant", "\ud800"))
    chain = digests(dialogue)
    assert len(set(chain)) == 3
    assert digests(dialogue[:2]) == chain[:2]
    assert digests((Message("system", "a"), Message("assistant", "b")))[-1] != chain[1]
    # Neither moving text between messages nor writing what separates them makes one dialogue of two.
    assert digests((Message("user", "ab"), Message("user", "c"))) != digests(
        (Message("user", "a"), Message("user", "bc"))
    )
    forged = Message("user", "auser:1:b")
    assert digests((forged,))[-1] != digests((Message("user", "a"), Message("user", "b")))[-1]
    assert digests(()) == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not say what a process holds")
def test_slots_that_were_never_written_to_take_no_memory() -> None:
    def held() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = held()
    slots = _room(torch.zeros(1, 4, 1, 32), 64, 4096)  # 128 MiB
    assert not slots[:, :, :16].any()
    slots[:, :, :16] = 1.0
    assert held() - before < 2**24
    assert slots.sum() == 64 * 4 * 16 * 32
