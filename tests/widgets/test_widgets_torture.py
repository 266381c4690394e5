"""The torture test with a dial in a live kernel, and what is stored for it."""

from importlib import import_module

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from gan_course.widgets import torture

widget = import_module("gan_course.widgets.torture")  # the name in the package is its function
TEST = widget.stored()


def test_all_sets_have_512_samples_in_whole_steps():
    for features in (TEST.x, TEST.held_out, TEST.fresh, *TEST.broken.values()):
        assert features.shape == (512, 64)
        assert (features / widget.STEP == np.rint(features / widget.STEP)).all()


def test_copies_are_the_real_images_and_fifty_are_fifty():
    assert (TEST.broken["training copies"] == TEST.x).all()
    assert len(np.unique(TEST.broken["50 images only"], axis=0)) == 50


def test_a_share_of_the_samples_is_broken():
    y = TEST.samples("blur", 0.25)
    assert (y[:128] == TEST.broken["blur"][:128]).all() and (y[128:] == TEST.fresh[128:]).all()


def test_a_perfect_generator_is_bad_by_no_score():
    assert max(map(abs, TEST.worse(TEST.fresh).values())) < widget.SEES


def test_scores_follow_what_chapter_7_has_proven():
    half = TEST.scores(TEST.samples("training copies", 0.5))
    assert half["memorisation"] == pytest.approx((1 + 0.5) / 2, abs=0.03)  # (7.7)
    seven = TEST.scores(TEST.samples("7 of 10 classes", 1.0))
    covered = 0.7 * (1 - (1 + 10 / 7) ** -5)  # (7.6)
    assert seven["coverage"] == pytest.approx(covered, abs=0.04)
    assert TEST.scores(TEST.x)["Fréchet"] == pytest.approx(0, abs=1e-9)


def test_who_is_blind_to_what_is_said_with_the_right_sign():
    worse = TEST.worse(TEST.samples("training copies", 1.0))
    assert worse["1-NN"] > 10 and worse["memorisation"] > 10
    assert worse["precision"] < -4 and worse["Fréchet"] < 0
    garbage = TEST.worse(TEST.samples("garbage", 0.1))
    assert garbage["Fréchet"] > 4 > abs(garbage["recall"])


@pytest.mark.parametrize("failure, share", [("melting", 0.5), ("blur", 1.5), ("blur", "half")])
def test_a_wrong_failure_or_share_is_one_clear_sentence(failure, share):
    with pytest.raises(ValueError, match="Expected"):
        TEST.samples(failure, share)


def test_bytes_survive_packing():
    levels = np.arange(256).reshape(4, 64)
    assert (widget.unpacked(widget.packed(levels), 64) == levels).all()


def test_its_picture_follows_every_control():
    box = torture()
    failure, share, picture = box.children
    pictures = [picture.value]
    failure.value = "garbage"
    pictures.append(picture.value)
    share.value = 0.6
    pictures.append(picture.value)
    assert len(set(pictures)) == 3
