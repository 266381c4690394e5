"""Few labels: as many of each class, chosen by a seed, and all samples without."""

import pickle

import pytest
import torch

from gan_course.data import Dataset, FewLabels, digits, few_labels, from_images, ring


def numbered(sizes=(5, 9, 2)):
    """Points that tell their row, of classes of these sizes."""
    y = torch.cat([torch.full((n,), k) for k, n in enumerate(sizes)])
    x = torch.stack([torch.arange(len(y)), y], 1).float()
    return Dataset("numbered", x, y, tuple("abc"))


@pytest.mark.parametrize("per_class", [1, 2])
def test_each_class_keeps_as_many_labels(per_class):
    data = numbered()
    few = few_labels(data, per_class, seed=1)
    assert few.labelled.y.bincount().tolist() == [per_class] * 3
    assert torch.equal(few.labelled.x[:, 1].long(), few.labelled.y)
    assert len(few.labelled.x[:, 0].unique()) == 3 * per_class  # no sample twice
    assert few.unlabelled.y is None and torch.equal(few.unlabelled.x, data.x)


def test_the_seed_chooses_and_nothing_else_is_drawn():
    before = torch.get_rng_state()
    rows = [few_labels(digits(8), 2, seed).labelled.digest for seed in (0, 0, 1, 2)]
    assert rows[0] == rows[1] and len(set(rows)) == 3
    assert torch.equal(before, torch.get_rng_state())
    chosen = {int(few_labels(numbered(), 1, seed).labelled.x[1, 0]) for seed in range(60)}
    assert chosen == set(range(5, 14))  # each sample of class b has its turn


def test_classes_that_do_not_occur_are_not_asked_for():
    few = few_labels(digits(8).only("3", "7"), 4)
    assert few.labelled.y.unique().tolist() == [3, 7] and len(few.labelled) == 8


def test_batches_are_of_both_and_survive_a_pickle():
    few = few_labels(digits(8), 1)
    batches = pickle.loads(pickle.dumps(few.batches(200, device="cpu")))
    x, y, u = next(batches)
    assert x.shape == u.shape == (200, 1, 8, 8) and y.shape == (200,) and y.dtype == torch.int64
    assert len(x.flatten(1).unique(dim=0)) == 10 and len(u.flatten(1).unique(dim=0)) > 150
    known = {tuple(row.tolist()): int(k) for row, k in zip(few.labelled.x.flatten(1), few.labelled.y, strict=True)}  # fmt: skip
    assert all(known[tuple(row.tolist())] == k for row, k in zip(x.flatten(1), y.tolist(), strict=True))  # fmt: skip


def test_a_mixture_may_stand_for_the_unlabelled():
    few = FewLabels(numbered(), ring())
    x, _, u = next(few.batches(7, device="cpu"))
    assert x.shape == u.shape == (7, 2)


def test_what_cannot_be_chosen_is_told():
    with pytest.raises(ValueError, match="2 samples of class 'c'"):
        few_labels(numbered(), 3)
    with pytest.raises(ValueError, match="per_class"):
        few_labels(numbered(), 0)
    with pytest.raises(ValueError, match="no labels"):
        few_labels(from_images(torch.zeros(2, 1, 8, 8)), 1)
    with pytest.raises(TypeError, match="needs a data set"):
        few_labels(ring(), 1)
