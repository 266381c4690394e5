"""The error rate counts wrong names, in eval mode, and leaves the network as it was."""

import pytest
import torch
from torch import nn

from gan_course import Average, average_of
from gan_course.data import Dataset, from_images
from gan_course.metrics import error_rate


def points(n=2500):
    y = torch.arange(n) % 4
    return Dataset("points", torch.eye(4)[y], y, tuple("abcd"))


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_it_counts_what_is_named_wrong(wrong):
    names = torch.eye(4)
    names[:wrong] = names[:wrong].roll(1, 1)
    network = nn.Linear(4, 4, bias=False)
    network.weight.data = names.T.contiguous()
    assert error_rate(network, points()) == pytest.approx(wrong / 4)
    assert error_rate(Average("D", average_of(network)), points()) == pytest.approx(wrong / 4)


def test_it_asks_in_eval_mode_and_changes_nothing():
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    state = torch.get_rng_state()
    assert error_rate(network, points()) == error_rate(network, points())
    assert network.training and network[2].training and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_what_cannot_be_counted_is_told():
    with pytest.raises(ValueError, match="no labels"):
        error_rate(nn.Flatten(), from_images(torch.zeros(2, 1, 8, 8)))
    with pytest.raises(ValueError, match=r"\[N, K\]"):
        error_rate(nn.Linear(4, 1), points())
