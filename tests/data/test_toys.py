"""Two-dimensional toys: their modes, densities and endless batches."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from gan_course.data.toys import Mixture, grid, ring, swiss_roll, two_moons

TOYS = [ring, grid, swiss_roll, two_moons]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_the_ring_is_pacgans():
    toy = ring()
    assert toy.modes.shape == (8, 2) and toy.spread == 0.01
    expected = [[math.cos(2 * math.pi * i / 8), math.sin(2 * math.pi * i / 8)] for i in range(8)]
    torch.testing.assert_close(toy.modes, torch.tensor(expected))


def test_the_ring_does_not_close_on_its_first_mode():
    assert torch.pdist(ring().modes).min() == pytest.approx(2 * math.sin(math.pi / 8), abs=1e-6)


def test_the_grid_is_pacgans():
    toy = grid()
    assert toy.modes.shape == (25, 2) and toy.spread == 0.05
    axis = (-4, -2, 0, 2, 4)
    assert {tuple(mode) for mode in toy.modes.tolist()} == {(x, y) for x in axis for y in axis}


def test_the_grid_stays_centred_for_any_side():
    torch.testing.assert_close(grid(side=4, step=1.0).modes.mean(0), torch.zeros(2))
    assert grid(side=1).modes.tolist() == [[0, 0]]


def test_two_moons_are_scikit_learns_moved_and_scaled():
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.make_moons(128, shuffle=False, noise=None)
    expected = (torch.tensor(x) - torch.tensor([0.5, 0.25])) * 4 / 3
    torch.testing.assert_close(two_moons().modes, expected.float())
    assert y[:64].sum() == 0  # the first half is the upper moon


def test_the_swiss_roll_lies_on_its_spiral():
    modes = 7 * swiss_roll().modes
    t = modes.norm(dim=1)
    expected = t[:, None] * torch.stack([t.cos(), t.sin()], 1)
    torch.testing.assert_close(modes, expected, rtol=0, atol=1e-4)
    assert t.min() == pytest.approx(1.5 * math.pi) and t.max() == pytest.approx(4.5 * math.pi)


@pytest.mark.parametrize("toy", [swiss_roll(), two_moons()], ids=lambda toy: toy.name)
def test_curves_look_continuous(toy):
    ends = len(toy.modes) // 2 if toy.name == "two moons" else len(toy.modes)
    gaps = toy.modes[:ends].diff(dim=0).norm(dim=1)
    assert gaps.max() < toy.spread
    assert gaps.max() < 1.1 * gaps.min()
    assert toy.modes.abs().max() < 2.1


@pytest.mark.parametrize("make", TOYS)
class TestEveryToy:
    def test_log_prob_agrees_with_torch_distributions(self, make):
        toy = make()
        modes = toy.modes.double()
        components = Independent(Normal(modes, torch.full_like(modes, toy.spread)), 1)
        expected = MixtureSameFamily(Categorical(torch.ones(len(modes)).double()), components)
        x = torch.cat([toy.sample(50), torch.randn(50, 2)]).double()
        torch.testing.assert_close(toy.log_prob(x), expected.log_prob(x), rtol=1e-10, atol=1e-10)

    def test_the_density_has_mass_one(self, make):
        toy = make(spread=0.1)
        axis = torch.arange(-6, 6, 0.04, dtype=torch.float64)
        mass = toy.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * 0.04**2
        assert float(mass) == pytest.approx(1, abs=1e-6)

    def test_samples_have_the_moments_of_the_mixture(self, make):
        toy, n = make(), 50_000
        x = toy.sample(n)
        torch.testing.assert_close(x.mean(0), toy.modes.mean(0), rtol=0, atol=0.05)
        variance = toy.modes.var(0, unbiased=False) + toy.spread**2
        torch.testing.assert_close(x.var(0), variance, rtol=0.03, atol=0)

    def test_one_seed_gives_one_sample(self, make):
        torch.manual_seed(1)
        first = make().sample(10)
        torch.manual_seed(1)
        assert torch.equal(first, make().sample(10))

    def test_a_spread_can_be_chosen(self, make):
        assert make(spread=0.3).spread == 0.3


def test_draws_come_with_the_mode_they_are_from():
    x, k = grid().draw(1000, labels=True)
    assert k.dtype == torch.int64
    assert (x - grid().modes[k]).norm(dim=1).max() < 6 * 0.05
    assert k.unique().numel() == 25


def test_batches_are_fresh_endless_tuples():
    batches = ring().batches(16, device="cpu")
    assert iter(batches) is batches
    (first,), (second,) = next(batches), next(batches)
    assert first.shape == (16, 2) and first.dtype == torch.float32
    assert not torch.equal(first, second)


def test_batches_give_labels_when_asked():
    x, k = next(ring().batches(16, labels=True, device="cpu"))
    assert x.shape == (16, 2) and k.shape == (16,)


def test_batches_replay_from_the_global_random_state():
    batches = ring().batches(16, device="cpu")
    state = torch.get_rng_state()
    first = next(batches)[0]
    torch.set_rng_state(state)
    assert torch.equal(first, next(batches)[0])


def test_batches_go_on_after_a_loop_is_left():
    batches = ring().batches(4, device="cpu")
    for _ in batches:
        break
    assert next(batches)[0].shape == (4, 2)


def test_log_prob_has_a_gradient_towards_the_nearest_mode():
    x = torch.tensor([[1.02, 0.0]], dtype=torch.float64, requires_grad=True)
    (score,) = torch.autograd.grad(ring().log_prob(x).sum(), x)
    torch.testing.assert_close(score, torch.tensor([[-200.0, 0.0]], dtype=torch.float64))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batches_are_drawn_on_the_gpu_by_default():
    x, k = next(ring().batches(16, labels=True))
    assert x.is_cuda and k.is_cuda


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ring(modes=0), "modes must be centres"),
        (lambda: grid(side=0), "modes must be centres"),
        (lambda: ring(spread=0), "spread must be a positive number"),
        (lambda: grid(spread=math.nan), "spread must be a positive number"),
        (lambda: two_moons(modes=7), "even number of modes"),
        (lambda: Mixture("mine", torch.zeros(3), 1.0), "modes must be centres"),
        (lambda: ring().sample(0), "at least one sample"),
        (lambda: ring().batches(0), "at least 1 sample"),
        (lambda: ring().log_prob(torch.zeros(3)), "points"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
