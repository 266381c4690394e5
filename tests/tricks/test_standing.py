"""Standing statistics: batch norm set to what passes now, and G itself left as it was."""

import math

import pytest
import torch
from torch import nn

from gan_course import Normal, Truncated, generate
from gan_course.networks import biggan_generator
from gan_course.tricks import standing_statistics


def variance(t):
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * t * density / math.erf(t / math.sqrt(2))


@pytest.mark.parametrize("t", [0.3, 1.0])
def test_the_statistics_are_those_of_the_latent(t):
    """Batch norm on A z + b: mean b, variances those of A times the truncated variance."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4))
    standing = standing_statistics(G, Truncated(6, t), batch=500, passes=40)[1]
    A, b = G[0].weight.detach(), G[0].bias.detach()
    assert torch.allclose(standing.running_mean, b, atol=0.02)
    assert torch.allclose(standing.running_var, A.square().sum(1) * variance(t), rtol=0.05)


def test_they_are_plain_means_over_the_batches():
    G = nn.Sequential(nn.BatchNorm1d(3))
    seen = []

    def latent(n, device=None):
        seen.append(torch.randn(n, 3) * (1 + len(seen)))
        return seen[-1]

    norm = standing_statistics(G, latent, batch=8, passes=5)[0]
    assert torch.allclose(
        norm.running_mean, torch.stack([z.mean(0) for z in seen]).mean(0), atol=1e-6
    )
    assert torch.allclose(
        norm.running_var, torch.stack([z.var(0) for z in seen]).mean(0), atol=1e-5
    )
    assert norm.momentum == 0.1


def test_g_itself_and_the_random_state_are_left_alone():
    torch.manual_seed(0)
    G = biggan_generator(12, (1, 16, 16), 8, attention=8, embedding=4)
    state = {k: v.clone() for k, v in G.state_dict().items()}
    before = torch.get_rng_state()
    standing = standing_statistics(G, Truncated(12, 0.5), passes=2)
    assert torch.equal(before, torch.get_rng_state()) and G.training and not standing.training
    assert all(torch.equal(v, state[k]) for k, v in G.state_dict().items())
    changed = [k for k, v in standing.state_dict().items() if not torch.equal(v, state[k])]
    assert changed and all("running" in k or "num_batches" in k for k in changed)


def test_truncated_samples_are_spread_again_where_batch_norm_divides_by_their_spread():
    """Without: features at t are as narrow as z. With: of variance 1, as in training."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)).train()
    for _ in range(200):
        G(torch.randn(256, 8))
    narrow = generate(G, Truncated(8, 0.5), 4_000)
    wide = generate(standing_statistics(G, Truncated(8, 0.5), 256, 40), Truncated(8, 0.5), 4_000)
    assert narrow.var(0).mean().item() == pytest.approx(variance(0.5), rel=0.15)
    assert wide.var(0).mean().item() == pytest.approx(1, rel=0.1)


def test_a_seed_fixes_them():
    G = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    once, again, other = (
        standing_statistics(G, Normal(2), seed=s)[1].running_var for s in (0, 0, 1)
    )
    assert torch.equal(once, again) and not torch.equal(once, other)


def test_what_has_no_statistics_is_told():
    with pytest.raises(ValueError, match="no batch norm"):
        standing_statistics(nn.Linear(2, 2), Normal(2))
    with pytest.raises(ValueError, match="at least 2"):
        standing_statistics(nn.BatchNorm1d(2), Normal(2), batch=1)
    with pytest.raises(ValueError, match="1 pass"):
        standing_statistics(nn.BatchNorm1d(2), Normal(2), passes=0)
