"""Tokens are drawn as the distribution says, one number of the row's own key for each."""

import math

import pytest
import torch
from scipy import stats

from pragenv.models.sampling import _inverse, _uniforms, draw
from pragenv.protocols import Sampling
from pragenv.types import mix, uniform


def logits(rows: int, seed: int = 0, size: int = 50, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return (3 * torch.randn(rows, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))).to(dtype)


def test_numbers_are_those_of_the_scalar_functions() -> None:
    keys = [0, 1, 2**63 - 1, 12345678901234567, *(mix(7, i) for i in range(200))]
    for step in (0, 1, 127, 10_000):
        assert _uniforms(keys, step).tolist() == [uniform(mix(key, step)) for key in keys]


@pytest.mark.parametrize(("temperature", "top_p"), [(1, 1), (0.7, 1), (2, 1), (1, 0.9), (0.7, 0.5)])
def test_frequencies_are_the_sharpened_probabilities(temperature: float, top_p: float) -> None:
    row = logits(1, size=12)
    n = 20_000
    drawn = draw(row.expand(n, -1), Sampling(temperature=temperature, top_p=top_p), [mix(3, i) for i in range(n)], 0)
    p = (row[0] / temperature).softmax(-1)
    order = p.argsort(descending=True)
    kept = order[: int((p[order].cumsum(0) < top_p - 1e-12).sum()) + 1]
    expected = torch.zeros_like(p)
    expected[kept] = p[kept] / p[kept].sum()
    counts = torch.bincount(drawn.tokens, minlength=12)
    assert counts[expected == 0].sum() == 0
    rare = (expected * n < 5) & (expected > 0)
    observed = [*counts[~rare & (expected > 0)].tolist(), int(counts[rare].sum())]
    predicted = [*(expected[~rare & (expected > 0)] * n).tolist(), float(expected[rare].sum() * n)]
    if not predicted[-1]:
        observed, predicted = observed[:-1], predicted[:-1]
    if len(observed) > 1:
        assert stats.chisquare(observed, predicted).pvalue > 1e-4


@pytest.mark.parametrize("sampling", [Sampling(temperature=0), Sampling(), Sampling(temperature=0.5, top_p=0.6)])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 1e-5)])
def test_what_is_told_is_of_the_distribution_before_sharpening(
    sampling: Sampling, dtype: torch.dtype, error: float
) -> None:
    given = logits(40, dtype=dtype)
    drawn = draw(given, sampling, range(40), 3)
    exact = given.double().log_softmax(-1)
    at = drawn.tokens[:, None]
    assert torch.allclose(drawn.logprobs.double(), exact.gather(-1, at)[:, 0], atol=error)
    assert torch.allclose(drawn.entropies.double(), -(exact.exp() * exact).sum(-1), atol=error)
    if not sampling.temperature:
        assert drawn.tokens.tolist() == given.argmax(-1).tolist()


def test_a_row_draws_by_its_own_key_and_step_alone() -> None:
    given, keys = logits(30), [mix(9, i) for i in range(30)]
    together = draw(given, Sampling(), keys, 5).tokens.tolist()
    alone = [draw(given[i : i + 1], Sampling(), [keys[i]], 5).tokens.item() for i in range(30)]
    assert together == alone
    assert draw(given, Sampling(), keys, 6).tokens.tolist() != together
    same = draw(given[:1].expand(3, -1), Sampling(), [4, 5, 4], 0).tokens.tolist()
    assert same[0] == same[2]


def test_tokens_that_cannot_be_drawn_never_are() -> None:
    given = torch.full((3, 8), -math.inf, dtype=torch.float64)
    given[:, 2], given[:, 5] = 0.0, 0.0
    for sampling in (Sampling(), Sampling(temperature=0), Sampling(top_p=0.7), Sampling(temperature=3)):
        drawn = draw(given, sampling, [1, 2, 3], 0)
        assert set(drawn.tokens.tolist()) <= {2, 5}
        assert drawn.entropies.tolist() == pytest.approx([math.log(2)] * 3)
        assert drawn.logprobs.tolist() == pytest.approx([-math.log(2)] * 3)


def test_what_is_all_but_impossible_has_a_probability_all_the_same() -> None:
    given = torch.tensor([[0.0, *[-120.0] * 200_000]]).expand(20, -1)
    drawn = draw(given, Sampling(temperature=10), [mix(2, i) for i in range(20)], 0)
    far = drawn.tokens > 0
    assert far.any()
    assert drawn.logprobs[far].tolist() == pytest.approx([-120.0] * int(far.sum()))


@pytest.mark.parametrize("top_p", [1.0, 0.999])
def test_rounding_at_either_end_stays_on_tokens_with_probability(top_p: float) -> None:
    p = torch.tensor([[0.0, 0.3, 0.0, 0.7, 0.0, 0.0]], dtype=torch.float64).expand(3, -1)
    u = torch.tensor([0.0, 1 - 2.0**-53, 1.0], dtype=torch.float64)
    found = _inverse(p, top_p, u)[:, 0].tolist()
    assert found == ([1, 3, 3] if top_p == 1 else [3, 1, 1])


def test_the_token_that_crosses_the_bound_is_still_in() -> None:
    p = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
    u = torch.linspace(0, 0.999, 100, dtype=torch.float64)
    reached = {
        top_p: set(_inverse(p.expand(100, -1), top_p, u)[:, 0].tolist()) for top_p in (0.4, 0.5, 0.51, 0.8, 0.81)
    }
    assert reached == {0.4: {0}, 0.5: {0}, 0.51: {0, 1}, 0.8: {0, 1}, 0.81: {0, 1, 2}}


def test_a_large_vocabulary_in_single_precision_loses_no_tail() -> None:
    given = torch.zeros(1, 200_000)
    found = draw(given.expand(64, -1), Sampling(), [mix(1, i) for i in range(64)], 0).tokens.tolist()
    assert found == [int(uniform(mix(mix(1, i), 0)) * 200_000) for i in range(64)]
