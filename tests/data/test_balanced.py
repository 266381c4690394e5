"""Balanced batches: p(y) uniform whatever the set's, p(x | y) as it is."""

import pickle

import pytest
import torch

from gan_course.data import Dataset, balanced, from_images, ring


@pytest.fixture
def uneven():
    """Classes a, b, c with 1, 9 and 90 points; x tells which point of its class it is."""
    y = torch.cat([torch.full((n,), k) for k, n in enumerate((1, 9, 90))])
    place = torch.cat([torch.arange(n) for n in (1, 9, 90)])
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    x = torch.stack([y, place], 1).float()
    return Dataset("uneven", x[order], y[order], ("a", "b", "c"))


def test_each_class_is_as_likely_and_within_it_each_sample(uneven):
    torch.manual_seed(0)
    x, y = next(balanced(uneven).batches(90_000, device="cpu"))
    assert torch.equal(x[:, 0].long(), y)
    assert torch.allclose(y.bincount() / 90_000, torch.full((3,), 1 / 3), atol=0.01)
    for k, n in enumerate((1, 9, 90)):
        shares = x[y == k, 1].long().bincount(minlength=n) / (y == k).sum()
        assert len(shares) == n and torch.allclose(shares, torch.full((n,), 1 / n), atol=0.01)


def test_plain_batches_are_not_balanced(uneven):
    torch.manual_seed(0)
    _, y = next(uneven.batches(10_000, labels=True, device="cpu"))
    assert (y == 2).float().mean().item() == pytest.approx(0.9, abs=0.01)


def test_classes_without_samples_are_not_drawn(uneven):
    torch.manual_seed(0)
    _, y = next(balanced(uneven.only("a", "c")).batches(10_000, device="cpu"))
    assert sorted(y.unique().tolist()) == [0, 2]
    assert (y == 0).float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_images_come_as_floats_and_batches_go_on_after_a_pickle():
    x = torch.rand(20, 1, 8, 8) * 2 - 1
    batches = balanced(from_images(x, torch.arange(20) % 4)).batches(6, device="cpu")
    images, y = next(pickle.loads(pickle.dumps(batches)))
    assert images.shape == (6, 1, 8, 8) and images.dtype == torch.float32 and y.dtype == torch.int64
    assert images.abs().max() <= 1


def test_what_has_no_labels_is_told():
    with pytest.raises(ValueError, match="no labels"):
        balanced(from_images(torch.zeros(2, 1, 8, 8)))
    with pytest.raises(TypeError, match="needs a data set"):
        balanced(ring())
