"""Every trick on a device that is not the CPU."""

import pretend_device
import pytest
import torch
from tricks_for_tests import TRICKS, with_trick

if not pretend_device.AVAILABLE:
    pytest.skip("needs a newer torch", allow_module_level=True)

from cells import default_device_is_pretended

import gan_course as gc
from gan_course.data import digits, ring
from gan_course.networks import mlp_discriminator, mlp_generator
from gan_course.tricks import DiffAugment


@pytest.fixture
def device():
    """Make the pretended device the default one during a test."""
    with default_device_is_pretended() as device:
        yield device


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_plays_there(trick, device):
    game = with_trick(trick, device)
    gc.play(game, ring().batches(32), 2)
    assert gc.sample(game, 4).device.type == device.type


def test_images_are_augmented_there(device):
    G, D = mlp_generator(4, (1, 16, 16), (8,)), mlp_discriminator((1, 16, 16), (8,))
    D = torch.nn.Sequential(DiffAugment("color", "translation", "cutout"), *D)
    game = gc.gan(G, D, latent=gc.Normal(4))
    assert gc.play(game, digits(16).batches(16), 2)["step"] == 2
