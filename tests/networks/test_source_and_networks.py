"""Showing source, multilayer perceptrons, and small things."""

import pytest
import torch
from torch import nn

from gan_course import gan, show
from gan_course.device import resolve_device
from gan_course.networks import mlp, mlp_discriminator, mlp_generator


def test_show_gives_the_code_without_its_docstring():
    text = repr(show(gan))
    assert text.startswith("def gan(") and "Goodfellow" not in text
    assert "objective.d(d_real, d_fake)" in text
    assert "Goodfellow" in repr(show(gan, docstring=True))
    assert show(gan)._repr_markdown_().startswith("```python\ndef gan(")
    compile(text, "shown", "exec")


def test_show_refuses_what_has_no_source():
    with pytest.raises(TypeError, match="written in Python"):
        show(3)
    with pytest.raises(TypeError, match="written in Python"):
        show(len)


def test_mlp_shapes_and_layers():
    assert mlp(3, 2)(torch.randn(5, 3)).shape == (5, 2)
    assert len(mlp(3, 2, hidden=())) == 1
    assert [type(m) for m in mlp(3, 2, (4, 4), nn.Tanh)] == [
        nn.Linear,
        nn.Tanh,
        nn.Linear,
        nn.Tanh,
        nn.Linear,
    ]
    with pytest.raises(ValueError, match="at least one feature"):
        mlp(0, 2)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16)])
def test_image_networks_have_the_right_shapes_ranges_and_gradients(shape):
    G, D = mlp_generator(10, shape), mlp_discriminator(shape, dropout=0.3)
    images = G(torch.randn(6, 10))
    assert images.shape == (6, *shape) and images.abs().max() <= 1
    logits = D(images)
    assert logits.shape == (6, 1)
    logits.sum().backward()
    for net in (G, D):
        assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_resolve_device():
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
