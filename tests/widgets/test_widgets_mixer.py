"""Two faces mixed by layers, truncated and edited in a live kernel."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

from gan_course import Normal
from gan_course.networks import mix, style_generator
from gan_course.widgets import mixed_styles, mixer

torch.manual_seed(0)
G = style_generator(latent=4, shape=(3, 8, 8), widths=(4, 4), dim=4).eval()
with torch.no_grad():
    G.mean_w.normal_()
A, B = torch.randn(2, 5, 3, 4)  # five pairs of faces, three layers


def test_layers_that_hear_b_have_its_style_and_the_others_keep_that_of_a():
    ws = mixed_styles(A, B, [True, False, True], G.mean_w)
    assert torch.allclose(ws[:, [0, 2]], B[:, [0, 2]]) and torch.allclose(ws[:, 1], A[:, 1])
    assert torch.allclose(mixed_styles(B, A, [True, True, False], G.mean_w), mix(A, B, 2))


def test_psi_0_is_the_mean_face_and_minus_psi_its_opposite():
    nobody, both = (mixed_styles(A, A, [False] * 3, G.mean_w, psi) for psi in (0.0, 1.0))
    assert torch.equal(nobody, G.mean_w.expand_as(A)) and torch.allclose(both, A)
    opposite = mixed_styles(A, A, [False] * 3, G.mean_w, -0.5)
    assert torch.allclose((A + 2 * opposite) / 3, G.mean_w.expand_as(A), atol=1e-6)


def test_a_push_is_added_after_truncation_where_it_acts():
    push = torch.zeros(3, 4)
    push[1, 2] = 2.0
    moved, plain = (mixed_styles(A, B, [True] * 3, G.mean_w, 0.3, p) for p in (push, 0.0))
    assert torch.allclose(moved - plain, push.expand_as(A), atol=1e-6)


def test_what_is_no_pair_of_styles_is_one_clear_sentence():
    with pytest.raises(ValueError, match="a choice for each layer"):
        mixed_styles(A, B, [True], G.mean_w)
    with pytest.raises(ValueError, match="of one shape"):
        mixed_styles(A, B[:2], [True] * 3, G.mean_w)
    with pytest.raises(ValueError, match=r"edit 'smile' must have shape \[3, 4\], got \[4\]"):
        mixer(G, Normal(4), {"smile": torch.zeros(4)})


def test_every_control_of_the_mixer_changes_the_picture():
    state = torch.get_rng_state()
    box = mixer(G, Normal(4), {"smile": torch.randn(3, 4, generator=torch.Generator())})
    *controls, picture = box.children
    assert [one.description for one in controls] == ["A", "B", "B's layers", "ψ", "smile"]
    for control, value in zip(controls, (7, 9, (1, 2), 1.0, 1.0), strict=True):
        before = picture.value
        control.value = value
        assert picture.value != before, control.description
    assert torch.equal(state, torch.get_rng_state()) and not plt.get_fignums()
