"""Lines drawn with letters and painted by a translator in a live kernel."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

from gan_course.networks import unet
from gan_course.widgets import lines_of, sketch, text_of

torch.manual_seed(0)
G = unet((1, 3), (4, 4)).eval()
EXAMPLES = 2 * torch.randint(0, 2, (3, 1, 8, 8)).float() - 1


def test_a_text_is_read_as_it_is_drawn_and_written_back():
    for example in EXAMPLES:
        assert torch.equal(lines_of(text_of(example), 8)[0], example)
    assert text_of(torch.tensor([[[1.0, -1.0], [-1.0, 1.0]]])) == "#.\n.#"


def test_what_is_missing_of_a_text_is_ground_and_any_other_letter_too():
    lines = lines_of("#x \n\n #\n\n", 3)
    assert lines.shape == (1, 1, 3, 3) and (lines > 0).nonzero()[:, 2:].tolist() == [[0, 0], [2, 1]]
    assert torch.equal(lines_of("", 4), -torch.ones(1, 1, 4, 4))


def test_what_is_no_drawing_is_one_clear_sentence():
    with pytest.raises(
        ValueError, match="at most 2 rows of 2 characters, got 1 rows, the longest of 3"
    ):
        lines_of("###", 2)
    with pytest.raises(ValueError, match="at most 2 rows"):
        lines_of("#\n#\n#", 2)
    with pytest.raises(ValueError, match=r"one drawing \[1, H, W\], got \[3, 1, 8, 8\]"):
        text_of(EXAMPLES)
    with pytest.raises(ValueError, match=r"examples \[N, 1, H, H\], got \[1, 8, 8\]"):
        sketch(G, EXAMPLES[0])


def test_every_control_of_the_sketch_changes_the_picture():
    state = torch.get_rng_state()
    example, _, text, noise, picture = sketch(G, EXAMPLES).children
    for control, value in ((example, 1), (text, "##\n##"), (noise, 3)):
        before = picture.value
        control.value = value
        assert picture.value != before, control.description
    example.value = 2
    assert text.value == text_of(EXAMPLES[2])
    assert torch.equal(state, torch.get_rng_state()) and not plt.get_fignums()
