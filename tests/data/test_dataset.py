"""Data sets in memory and their endless batches."""

import copy
import pickle

import numpy as np
import pytest
import torch

from gan_course.data import (
    Batches,
    Dataset,
    Mixture,
    from_images,
    glyphs,
    grid,
    ring,
    swiss_roll,
    two_moons,
)
from gan_course.data.pixels import bytes_to_images, images_to_bytes, resize


def numbered(n=10):
    """Images whose every pixel is the image's number, labelled by parity."""
    stored = torch.arange(n, dtype=torch.uint8).view(n, 1, 1, 1).expand(n, 1, 2, 2).contiguous()
    return Dataset("numbered", stored, torch.arange(n) % 2, ("even", "odd"))


def numbers(x):
    return x[:, 0, 0, 0].add(1).mul(127.5).round().long()


def test_pixels_survive_the_way_to_images_and_back():
    stored = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    images = bytes_to_images(stored)
    assert images.min() == -1 and images.max() == 1
    assert torch.equal(images_to_bytes(images), stored)


def test_batches_are_tuples_of_images_and_labels_when_asked():
    batches = numbered().batches(4, device="cpu")
    (x,) = next(batches)
    assert x.shape == (4, 1, 2, 2) and x.dtype == torch.float32 and x.abs().max() <= 1
    x, y = next(numbered().batches(4, labels=True, device="cpu"))
    assert torch.equal(numbers(x) % 2, y) and y.dtype == torch.int64


def test_points_are_drawn_as_they_are():
    points = torch.randn(5, 2)
    (x,) = next(Dataset("points", points).batches(3, device="cpu"))
    assert all(any(torch.equal(row, point) for point in points) for row in x)


def test_a_batch_may_be_larger_than_the_data():
    (x,) = next(numbered(3).batches(100, device="cpu"))
    assert len(x) == 100


def test_one_seed_gives_the_same_batches_and_another_gives_others():
    def run(seed):
        torch.manual_seed(seed)
        batches = numbered(200).batches(50, device="cpu")
        return torch.cat([next(batches)[0] for _ in range(3)])

    assert torch.equal(run(0), run(0))
    assert not torch.equal(run(0), run(1))


def test_draws_are_independent_and_uniform():
    torch.manual_seed(0)
    batches = numbered(10).batches(20_000, device="cpu")
    first, second = numbers(next(batches)[0]), numbers(next(batches)[0])
    joint = torch.zeros(10, 10).index_put_(
        (first, second), torch.ones(20_000), accumulate=True
    )  # counts of pairs, 200 expected in each cell
    chi2 = ((joint - 200) ** 2 / 200).sum()
    assert chi2 < 148  # the 99.9 % quantile for 99 degrees of freedom


def test_a_loop_goes_on_after_an_exception_in_its_body():
    batches = numbered().batches(2, device="cpu")
    with pytest.raises(KeyboardInterrupt):
        for _ in batches:
            raise KeyboardInterrupt
    assert len(next(batches)[0]) == 2


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_batches_can_be_copied_and_pickled(clone):
    batches = numbered().batches(6, labels=True, device="cpu")
    other = clone(batches)
    torch.manual_seed(3)
    expected = next(batches)
    torch.manual_seed(3)
    assert all(torch.equal(a, b) for a, b in zip(next(other), expected, strict=True))


@pytest.mark.parametrize("n", [0, -1, 2.5, None])
def test_a_batch_size_must_be_a_positive_whole_number(n):
    with pytest.raises(ValueError, match="at least 1 sample"):
        numbered().batches(n, device="cpu")


def test_any_source_can_be_drawn_from_without_end():
    batches = Batches(lambda n: (torch.zeros(n),), 5)
    assert iter(batches) is batches and next(batches)[0].shape == (5,)


def test_labels_that_are_absent_cannot_be_asked_for():
    with pytest.raises(ValueError, match="has no labels"):
        from_images(torch.zeros(2, 1, 4, 4)).batches(1, labels=True, device="cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is present")
def test_cuda_asked_for_and_absent_is_refused():
    with pytest.raises(RuntimeError, match="CUDA"):
        numbered().batches(1, device="cuda")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_the_default_draws_there():
    x, y = next(numbered().batches(4, labels=True))
    assert x.is_cuda and y.is_cuda and torch.equal(numbers(x) % 2, y)


def test_a_split_parts_the_samples_and_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    first, second = numbered(10).split(0.7, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    together = torch.cat([numbers(first.x), numbers(second.x)])
    assert (len(first), len(second)) == (7, 3) and set(together.tolist()) == set(range(10))
    assert torch.equal(numbers(first.x) % 2, first.y)


@pytest.mark.parametrize("fraction", [0, 1, 0.01, -2, 1.5])
def test_a_split_that_leaves_a_part_empty_is_refused(fraction):
    with pytest.raises(ValueError, match="both parts"):
        numbered().split(fraction)


def test_only_keeps_the_named_classes():
    assert numbers(numbered().only("odd").x).tolist() == [1, 3, 5, 7, 9]
    assert len(numbered().only("odd", "even")) == 10
    with pytest.raises(ValueError, match=r"has the classes even, odd; asked for 'prime'"):
        numbered().only("prime")


def test_taking_samples_takes_their_factors_along():
    ds = Dataset("f", torch.randn(4, 2), factors={"angle": torch.arange(4.0)})
    assert ds.take(torch.tensor([3, 0])).factors["angle"].tolist() == [3, 0]


def test_own_images_are_stored_as_bytes_with_numbered_classes():
    ds = from_images(torch.linspace(-1, 1, 8).view(2, 1, 2, 2), torch.tensor([0, 2]))
    assert ds.stored.dtype == torch.uint8 and ds.classes == ("0", "1", "2")
    assert ds.shape == (1, 2, 2) and "2 samples of (1, 2, 2), 3 classes" in repr(ds)


@pytest.mark.parametrize("scale", [1.001, 255.0, float("nan")])
def test_images_out_of_range_are_refused(scale):
    with pytest.raises(ValueError, match=r"lie in \[-1, 1\]"):
        from_images(torch.full((1, 1, 4, 4), scale))


@pytest.mark.parametrize("x", [torch.zeros(1, 1, 4, 4, dtype=torch.uint8), [[0.0]]])
def test_images_of_another_type_are_refused(x):
    with pytest.raises(TypeError, match="floating point"):
        from_images(x)


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4), (1, 2, 3, 4, 5)])
def test_samples_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[N, C, H, W\] or points \[N, d\]"):
        Dataset("bad", torch.zeros(shape))


@pytest.mark.parametrize("samples", [torch.zeros(2, 1, 4, 4), torch.zeros(2, 3).double()])
def test_samples_of_another_dtype_are_refused(samples):
    with pytest.raises(TypeError, match="uint8"):
        Dataset("bad", samples)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0)])
def test_empty_data_are_refused(shape):
    with pytest.raises(ValueError, match="at least one sample"):
        Dataset("bad", torch.zeros(shape))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (torch.tensor([0, 2]), ValueError, r"0..1"),
        (torch.tensor([-1, 0]), ValueError, r"0..1"),
        (torch.tensor([0]), ValueError, "one per sample"),
        (torch.tensor([0.0, 1.0]), TypeError, "int64"),
    ],
)
def test_wrong_labels_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        Dataset("bad", torch.zeros(2, 2), y, ("a", "b"))


def test_factors_need_one_value_per_sample():
    with pytest.raises(ValueError, match="'angle'"):
        Dataset("bad", torch.zeros(2, 2), factors={"angle": torch.zeros(3)})


def test_a_digest_names_samples_labels_and_classes_and_nothing_else():
    ds = numbered()
    same = Dataset("another name", ds.stored.clone(), ds.y.clone(), ["even", "odd"])
    with_factors = Dataset("f", ds.stored, ds.y, ds.classes, {"angle": torch.rand(10)})
    strided = ds.stored.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)
    assert len(ds.digest) == 16 and int(ds.digest, 16) >= 0
    for twin in (ds, same, with_factors, Dataset("strided", strided, ds.y, ds.classes)):
        assert twin.digest == numbered().digest
    changed = ds.stored.clone()
    changed[3, 0, 1, 1] += 1
    others = [
        Dataset("changed", changed, ds.y, ds.classes),
        Dataset("classes swapped", ds.stored, ds.y, ("odd", "even")),
        Dataset("labels swapped", ds.stored, 1 - ds.y, ds.classes),
        Dataset("no labels", ds.stored, None, ds.classes),
        Dataset("another shape", ds.stored.view(10, 1, 1, 4), ds.y, ds.classes),
        Dataset("points", ds.stored.float().flatten(1), ds.y, ds.classes),
        numbered(11),
        ds.take(torch.arange(9, -1, -1)),
    ]
    assert len({ds.digest, *(other.digest for other in others)}) == 9


def test_a_digest_does_not_change_with_versions():
    assert numbered().digest == "7da4b631eecb22f6"


def test_resizing_keeps_constants_and_the_native_size():
    flat = torch.full((5, 3, 28, 28), 77, dtype=torch.uint8)
    assert (resize(flat, 32) == 77).all() and resize(flat, 32).shape == (5, 3, 32, 32)
    assert resize(flat, 28) is flat
    with pytest.raises(ValueError, match="at least 8"):
        resize(flat, 4)


def test_what_is_not_a_tensor_is_refused_by_its_type():
    images = torch.zeros(2, 1, 8, 8)
    with pytest.raises(TypeError, match="Samples must be a tensor, got a ndarray"):
        Dataset("points", np.zeros((2, 2), "float32"))
    with pytest.raises(TypeError, match="Labels must be an int64 tensor, got a list"):
        from_images(images, [0, 1])
    assert next(from_images(images).batches(np.int64(3), device="cpu"))[0].shape == (3, 1, 8, 8)


@pytest.mark.parametrize("toy", [ring, grid, swiss_roll, two_moons])
def test_a_toy_of_fewer_than_no_modes_is_refused(toy):
    with pytest.raises(ValueError):
        toy(-1)


NO_COUNTS = [3.7, 3.0, True, "5", None, float("nan"), 0, -1]


@pytest.mark.parametrize("n", NO_COUNTS)
def test_what_is_no_count_is_refused_at_the_door(n):
    for ask in (ring().draw, numbered().draw, lambda n: numbered().batches(n, device="cpu")):
        with pytest.raises(ValueError, match=r"at least.*whole number; got") as error:
            ask(n)
        assert str(error.value).count(".") <= 2  # one sentence, and the point of a number
    for ask in (glyphs, ring, grid, swiss_roll, two_moons, lambda n: resize(numbered().stored, n)):
        with pytest.raises(ValueError):
            ask(n)


@pytest.mark.parametrize("seed", [1.5, "0", None, -1, True])
def test_a_seed_is_a_whole_number(seed):
    for ask in (lambda s: numbered().split(0.5, s), lambda s: glyphs(4, 8, seed=s)):
        with pytest.raises(ValueError, match="seed .*must be a whole number|seed must be a whole"):
            ask(seed)


@pytest.mark.parametrize("fraction", ["0.5", None, float("nan"), True, 1])
def test_a_fraction_is_a_number(fraction):
    with pytest.raises(ValueError, match="fraction between 0 and 1"):
        numbered().split(fraction)


def test_numpys_whole_numbers_are_counts():
    assert len(numbered().draw(np.int64(3))[0]) == 3 and len(ring(np.int32(5)).modes) == 5


def test_samples_that_are_handed_out_can_be_changed_without_changing_the_set():
    points = Dataset("points", torch.randn(6, 2), torch.arange(6) % 2, ("a", "b"))
    for ds in (points, numbered()):
        before = ds.digest
        first, second = ds.split(0.5)
        (x, y), batch = ds.draw(4, labels=True), next(ds.batches(4, labels=True, device="cpu"))
        for tensor in (
            ds.x,
            x,
            y,
            *batch,
            first.x,
            second.stored,
            second.y,
            ds.only("a" if ds is points else "odd").stored,
        ):
            tensor.zero_()
        ds.take(torch.arange(len(ds))).stored.zero_()
        assert ds.digest == before


def test_positions_and_masks_must_fit_the_set():
    ds = numbered()
    mask = torch.zeros(10, dtype=torch.bool)
    mask[2] = True
    assert numbers(ds.take(mask).x).tolist() == [2] == numbers(ds.take([-8]).x).tolist()
    for index in (torch.tensor([10]), torch.tensor([-11]), mask[:9]):
        with pytest.raises(IndexError, match="must fit the 10 samples"):
            ds.take(index)
    for index in (torch.tensor([0.5]), torch.tensor(3), 3, mask.byte(), torch.zeros(2, 2).long()):
        with pytest.raises(TypeError, match="An index must be int64"):
            ds.take(index)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stored": torch.tensor([[1.0, torch.nan]])}, ValueError, "Points must be finite"),
        ({"stored": torch.zeros(1, 2, requires_grad=True)}, ValueError, "detach"),
        ({"classes": "ab"}, TypeError, "tuple of names"),
        ({"classes": (0, 1)}, TypeError, "tuple of names"),
        ({"classes": ("a", "a")}, ValueError, "'a' twice"),
        ({"factors": {"angle": [1.0]}}, ValueError, "'angle' must be a tensor"),
    ],
)
def test_other_parts_that_make_no_data_set_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        Dataset("bad", **{"stored": torch.zeros(1, 2), **options})


def test_classes_without_labels_cannot_be_chosen_from():
    ds = Dataset("bare", torch.zeros(3, 2), None, ("a", "b"))
    for ask in (lambda: ds.only("a"), lambda: ds.draw(2, labels=True)):
        with pytest.raises(ValueError, match="bare has no labels"):
            ask()


def test_a_mixture_is_evaluated_at_whole_numbers_as_at_floats():
    points = torch.tensor([[1, 0], [2, 3]])
    mixture = ring(8, radius=1.5, spread=0.7)
    assert torch.equal(mixture.log_prob(points), mixture.log_prob(points.float()))


def test_a_mixture_may_be_very_narrow():
    narrow = ring(1, spread=1e-200)
    at_mode = narrow.log_prob(narrow.modes.double()).item()
    assert at_mode == pytest.approx(2 * 200 * np.log(10) - np.log(2 * np.pi))


@pytest.mark.parametrize(
    "modes", [[[0.0, 1.0]], torch.zeros(3, 2).long(), torch.full((1, 2), torch.inf)]
)
def test_modes_are_finite_floats(modes):
    with pytest.raises(ValueError, match="^modes must be"):
        Mixture("bad", modes, 0.1)


@pytest.mark.parametrize("value", [None, "2", float("nan"), True, 10**400])
def test_sizes_of_toys_are_finite_numbers(value):
    for make in (lambda v: ring(8, v), lambda v: grid(3, v), lambda v: ring(8, 1.0, v)):
        with pytest.raises(ValueError, match="(radius|step|spread) must be"):
            make(value)


@pytest.mark.parametrize("value", [None, "ab", 3, object(), {0.5}])
def test_parts_of_another_kind_are_refused_in_our_words(value):
    for make in (
        lambda: Dataset("bad", torch.zeros(2, 2), classes=value),
        lambda: Dataset("bad", torch.zeros(2, 2), factors=value),
        lambda: numbered().take(value),
    ):
        with pytest.raises(TypeError, match="must be"):
            make()
