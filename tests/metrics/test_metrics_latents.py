"""What is measured inside a generator with styles: a linear map's R^2, and inversion."""

import numpy as np
import pytest
import torch

from gan_course.metrics import invert, linear_r2
from gan_course.networks import style_generator


def test_a_linear_column_has_r2_of_1_and_a_foreign_one_of_about_0():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 5))
    y = np.column_stack([x @ rng.normal(size=5) + 7, rng.normal(size=2000), np.full(2000, 3.0)])
    linear, foreign, constant = linear_r2(x, y)
    assert linear == pytest.approx(1, abs=1e-12)
    assert abs(foreign) < 0.03
    assert np.isnan(constant)


def test_r2_is_one_less_the_share_of_noise():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50_000, 3))
    y = x[:, :1] + 0.5 * rng.normal(size=(50_000, 1))
    assert linear_r2(x, y)[0] == pytest.approx(1 / 1.25, abs=0.01)


def test_r2_is_of_the_last_rows_and_blind_to_affine_changes_of_either_side():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(100, 4)), rng.normal(size=(100, 2))
    A = rng.normal(size=(4, 4))
    assert linear_r2(x @ A - 3, 5 * y + 1, 0.3) == pytest.approx(linear_r2(x, y, 0.3))
    X = np.column_stack([x, np.ones(100)])
    B = np.linalg.lstsq(X[:70], y[:70], rcond=None)[0]
    rest, spread = y[70:] - X[70:] @ B, y[70:] - y[70:].mean(0)
    assert linear_r2(x, y, 0.3) == pytest.approx(1 - (rest**2).sum(0) / (spread**2).sum(0))


@pytest.mark.parametrize(
    ("x", "y", "held_out"), [((9, 2), (8, 1), 0.2), ((9, 8), (9, 1), 0.2), ((9, 2), (9, 1), 1.0)]
)
def test_r2_refuses_what_it_cannot_fit(x, y, held_out):
    with pytest.raises(ValueError, match="Expected"):
        linear_r2(np.zeros(x), np.zeros(y), held_out)


def generator():
    """Return a small G with random weights, and a centre of W."""
    torch.manual_seed(0)
    G = style_generator(latent=8, shape=(3, 8, 8), widths=(8, 8), dim=8, depth=2)
    G.mean_w.copy_(G.mapping(torch.randn(500, 8)).mean(0).detach())
    return G


def test_inversion_finds_an_image_that_g_has_made():
    G = generator()
    with torch.no_grad():
        images = G.eval().synthesis(G.mapping(torch.randn(4, 8)))
        mean = G.synthesis(G.mean_w.expand(4, -1))
    G.train()
    ws = invert(G, images, steps=300)
    assert G.training and ws.shape == (4, G.layers, 8) and not ws.requires_grad
    assert all(p.grad is None for p in G.parameters())
    with torch.no_grad():
        left = (G.eval().synthesis(ws) - images).square().mean()
    assert (ws == ws[:, :1]).all() and left < 0.02 * (mean - images).square().mean()


def test_each_layer_comes_nearer_to_what_g_never_makes_and_images_do_not_meet():
    G = generator()
    images = torch.rand(3, 3, 8, 8) * 2 - 1
    one, each = invert(G, images, steps=60), invert(G, images, each_layer=True, steps=60)
    with torch.no_grad():
        far, near = ((G.eval().synthesis(ws) - images).square().mean() for ws in (one, each))
    assert near < far and (each != each[:, :1]).any()
    alone = invert(G, images[1:2], each_layer=True, steps=60)
    assert torch.allclose(alone, each[1:2], atol=1e-4)


def test_inversion_refuses_images_of_another_shape_and_no_steps():
    with pytest.raises(ValueError, match=r"Expected images \[2, 3, 8, 8\]"):
        invert(generator(), torch.zeros(2, 3, 16, 16), steps=1)
    with pytest.raises(ValueError, match="steps"):
        invert(generator(), torch.zeros(2, 3, 8, 8), steps=0)
    with pytest.raises(ValueError, match="lr > 0"):
        invert(generator(), torch.zeros(2, 3, 8, 8), lr=0.0)
