"""Linear separability: 1 where planes part the answers, the questions' entropy where nothing does."""

import numpy as np
import pytest
import torch

from gan_course.metrics import linear_separability


def latents(n=2000, d=5, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def test_planes_that_part_perfectly_leave_nothing_open():
    x = latents()
    answers = 10 * (x @ np.random.default_rng(1).standard_normal((5, 3)))
    assert linear_separability(x, answers) == pytest.approx(1, abs=0.02)
    assert linear_separability(torch.from_numpy(x), torch.from_numpy(answers)) < 1.02


@pytest.mark.parametrize("questions", [1, 3])
def test_answers_that_have_nothing_to_do_with_it_leave_all_bits_open(questions):
    answers = np.random.default_rng(1).standard_normal((2000, questions))
    found = linear_separability(latents(), answers)
    assert 2**questions * 0.97 < found <= 2**questions + 1e-9


def test_a_rare_yes_leaves_its_entropy_open():
    answers = np.where(np.arange(2000) % 10 == 0, 1.0, -1.0)[:, None]
    p = 0.1
    bits = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    found = linear_separability(latents(), answers, keep=1.0)
    assert found == pytest.approx(2**bits, rel=0.02)


def test_a_machine_that_is_right_nine_times_of_ten_leaves_what_it_errs():
    side = np.where(np.arange(2000) % 2, 1.0, -1.0)
    flipped = np.where(np.arange(2000) // 2 % 10 == 0, -side, side)
    found = linear_separability(side[:, None], flipped[:, None], keep=1.0)
    p = 0.1
    assert found == pytest.approx(2 ** (-p * np.log2(p) - (1 - p) * np.log2(1 - p)), rel=1e-6)


def test_the_least_sure_answers_are_left_out():
    x = latents()
    sure = 10 * x[:, :1]
    noise = np.random.default_rng(1).standard_normal((2000, 1))
    unsure = np.where(np.abs(x[:, :1]) > np.median(np.abs(x[:, :1])), sure, 0.01 * noise)
    assert linear_separability(x, unsure) < 1.02
    assert linear_separability(x, unsure, keep=1.0) > 1.3


def test_a_question_with_one_answer_adds_nothing_and_wrong_shapes_are_refused():
    x = latents(100)
    assert linear_separability(x, np.ones((100, 2))) == 1
    for answers, keep in [(np.ones((99, 1)), 0.5), (np.ones((100, 1)), 0.0)]:
        with pytest.raises(ValueError, match="as many latents"):
            linear_separability(x, answers, keep)
