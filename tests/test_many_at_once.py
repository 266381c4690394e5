"""Chapter 17's recipe: members that train at once do what each would do alone."""

import sys
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from models.label_splits import sets  # noqa: E402
from models.many_at_once import Given, batches, classifiers, errors, mean_gaps  # noqa: E402

from gan_course.data import few_labels  # noqa: E402


def member(network, k):
    """The k-th member of a network, as a network of one."""
    state = {name: value[k : k + 1] for name, value in network.state_dict().items()}
    one = classifiers(1, 64, 10, noise=0)
    one.load_state_dict(state)
    return one


def test_each_member_has_the_gradient_of_its_own_loss():
    torch.manual_seed(0)
    D = classifiers(3, 64, 10, noise=0)
    x, y = torch.randn(3 * 8, 1, 8, 8), torch.randint(10, (3 * 8,))
    cross_entropy(D(x), y).backward()
    for k in range(3):
        one, rows = member(D, k), slice(8 * k, 8 * k + 8)
        assert torch.allclose(one(x[rows]), D(x)[rows], atol=1e-6)
        cross_entropy(one(x[rows]), y[rows]).backward()
        for mine, of_all in zip(one.parameters(), D.parameters(), strict=True):
            assert torch.allclose(mine.grad[0], 3 * of_all.grad[k], atol=1e-6)


def test_features_are_matched_within_each_member():
    torch.manual_seed(0)
    D = classifiers(2, 64, 10, noise=0)
    fake, real = torch.randn(2, 2 * 8, 1, 8, 8)
    halves = (slice(0, 8), slice(8, 16))
    expected = []
    for k, rows in enumerate(halves):
        features = member(D, k)[:-2]
        expected.append(
            (features(fake[rows]).mean(1) - features(real[rows]).mean(1)).square().sum()
        )
    assert mean_gaps(D)(fake, real).item() == pytest.approx(sum(expected).item() / 2, rel=1e-5)


def test_a_batch_and_a_table_hold_the_members_one_after_the_other():
    pools = [sets(seed)[1] for seed in (0, 1)]
    labelled = [few_labels(pool, 1, seed=0).labelled for pool in pools]
    x, y, u = next(batches(labelled, pools, 16))
    assert x.shape == u.shape == (32, 1, 8, 8) and y.shape == (32,)
    for k, pool in enumerate(pools):
        rows = slice(16 * k, 16 * k + 16)
        assert all((pool.x == row).flatten(1).all(1).any() for row in u[rows])
        assert all((labelled[k].x == row).flatten(1).all(1).any() for row in x[rows])
    G = Given(torch.stack([pool.x for pool in pools]))
    made = G(torch.tensor([[-1.0], [1.0], [-1.0], [1.0]]))
    assert torch.equal(made[0], pools[0].x[0]) and torch.equal(made[3], pools[1].x[-1])


def test_nobody_chooses_by_a_digit_that_somebody_tests_on():
    choose, pool, test = sets(3)
    assert (len(choose), len(pool), len(test)) == (297, 1000, 500)
    seen = torch.cat([pool.x, test.x]).flatten(1)
    both = torch.cdist(choose.x.flatten(1), seen).amin(1)
    assert (both > 0).float().mean() > 0.99  # a digit or two may have a twin
    assert torch.equal(sets(4)[0].x, choose.x) and not torch.equal(sets(4)[1].x, pool.x)


def test_errors_are_counted_for_each_member():
    torch.manual_seed(0)
    D = classifiers(2, 64, 10, noise=0.5)
    test = sets(0)[2]
    expected = [(member(D, k).eval()(test.x).argmax(1) != test.y).float().mean() for k in (0, 1)]
    assert errors(D, [test, test]) == pytest.approx([value.item() for value in expected], abs=1e-4)
