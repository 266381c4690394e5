"""Multiply-adds are counted as one would by hand."""

import torch
from torch import nn

from gan_course.networks import GrowingGenerator, multiply_adds, set_stage


def test_a_linear_layer():
    assert multiply_adds(nn.Linear(5, 7), torch.zeros(3, 5)) == 3 * 5 * 7


def test_a_convolution_reads_a_patch_for_each_value():
    assert multiply_adds(nn.Conv2d(2, 3, 3, padding=1), torch.zeros(4, 2, 8, 8)) == 4 * 64 * 3 * 18
    assert multiply_adds(nn.Conv2d(2, 3, 4, 2, 1), torch.zeros(1, 2, 8, 8)) == 16 * 3 * 32
    assert (
        multiply_adds(nn.Conv2d(4, 6, 3, padding=1, groups=2), torch.zeros(1, 4, 8, 8))
        == 64 * 6 * 18
    )


def test_a_transposed_convolution_spreads_each_value():
    assert multiply_adds(nn.ConvTranspose2d(2, 3, 4, 2, 1), torch.zeros(1, 2, 8, 8)) == 128 * 48


def test_a_layer_used_twice_counts_twice():
    layer = nn.Linear(5, 5)
    assert multiply_adds(nn.Sequential(layer, nn.ReLU(), layer), torch.zeros(1, 5)) == 50


def test_blocks_that_have_not_grown_cost_nothing():
    G = GrowingGenerator(8, (1, 32, 32), 4)
    z = torch.zeros(1, 8)
    costs = [multiply_adds(set_stage(G, stage), z) for stage in range(4)]
    # z to 4x4, one convolution there, then two at each size; and a picture of one channel
    assert costs[0] == 8 * 256 + 16 * 16 * 144 + 16 * 16
    assert costs[3] - costs[2] == 1024 * 4 * (72 + 36 + 1) - 256 * 8
    assert costs == sorted(costs)


def test_counting_leaves_the_network_alone():
    layer = nn.Linear(2, 2)
    multiply_adds(layer, torch.zeros(1, 2))
    assert not layer._forward_hooks
