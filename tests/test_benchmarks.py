"""The benchmarks compare like with like, and say so in a table and a file."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks import roofline, tables
from benchmarks.__main__ import main
from benchmarks.layers import Layer, Work, layers_of, passes, work_of
from benchmarks.networks import (
    CASES,
    UpsampledConvolution,
    as_it_is,
    transposed,
    upsampling_generator,
)
from benchmarks.speed import alternate, build_loops, flops_per_image, summarise
from gan_course import Normal, gan, play
from gan_course.networks import dcgan_discriminator, dcgan_generator

TINY = replace(CASES["MLP on 2-D points"], batch=8)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_an_upsampled_convolution_is_a_transposed_one(size):
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 5, 3, 1, 1).double()
    joined = UpsampledConvolution(convolution).double()
    x = torch.randn(2, 3, size, size, dtype=torch.float64, requires_grad=True)
    slow = convolution(nn.functional.interpolate(x, scale_factor=2))
    weights = [x, *convolution.parameters()]
    upstream = torch.randn_like(slow)
    torch.testing.assert_close(joined(x), slow, rtol=0, atol=1e-12)
    for fast, plain in zip(
        torch.autograd.grad(joined(x), weights, upstream),
        torch.autograd.grad(slow, weights, upstream),
    ):
        torch.testing.assert_close(fast, plain, rtol=0, atol=1e-12)


def images_after_training(rewrite):
    """Images of the upsampling generator after three steps, rewritten before them or not.

    Taken with batch statistics, which take away the biases in front of a batch norm: gradients
    of these are rounding error alone, and Adam makes steps of it.
    """
    torch.manual_seed(0)
    G = rewrite(upsampling_generator()).double()
    D = nn.Sequential(nn.Flatten(), nn.Linear(1024, 1)).double()

    def latent(n, device):
        return torch.randn(n, 100, dtype=torch.float64, device=device)

    game = gan(G, D, latent=latent, ema=None, device="cpu")
    play(game, [torch.rand(4, 1, 32, 32, dtype=torch.float64)], 3)
    return G(latent(4, "cpu"))


def test_the_rewritten_upsampling_generator_trains_as_the_original_does():
    images, same = images_after_training(as_it_is), images_after_training(transposed)
    torch.testing.assert_close(images, same, rtol=0, atol=1e-6)


def test_all_sides_start_from_the_same_weights_and_play_as_many_steps():
    loops = build_loops(TINY, torch.device("cpu"), compile_too=False)
    assert list(loops) == ["textbook", "train", "train, bf16"]
    ticks = iter(range(100))
    speeds = alternate(loops, 3, 2, TINY, torch.device("cpu"), lambda: next(ticks))
    assert speeds == {name: [24.0, 24.0] for name in loops}  # 3 steps of 8 images in one tick


def test_ratios_are_taken_within_a_round():
    speeds = {"textbook": [10.0, 20.0, 40.0], "train": [15.0, 40.0, 60.0]}
    row = summarise("net", speeds, flops=2.0, ceiling=160.0)[1]
    assert (row.images_per_second, row.ratio, row.lowest, row.highest) == (40.0, 1.5, 1.5, 2.0)
    assert row.share == 0.5


def test_operations_are_counted_as_by_hand():
    case = replace(TINY, G=lambda: nn.Linear(2, 2), D=lambda: nn.Linear(2, 1))
    pass_G, pass_D = 2 * 2 * 2, 2 * 2 * 1  # one product of [1, 2] and [2, out]: 2 * 2 * out
    d_move = pass_G + 2 * pass_D + 2 * pass_D  # two passes, and the gradient of D's weights
    g_move = pass_G + pass_D + pass_D + pass_G  # through D to the image, then G's weights
    assert flops_per_image(case) == d_move + g_move


def test_the_command_prints_a_table_and_writes_a_file(tmp_path, capsys):
    file = tmp_path / "speed.json"
    main(["speed", "--rounds", "1", "--steps", "2", "--device", "cpu", "--cpu-time",
          "--only", "MLP on 2-D points", "--json", str(file)])  # fmt: skip
    printed = capsys.readouterr().out
    assert "to textbook" in printed and "MLP on 2-D points" in printed
    stored = json.loads(file.read_text())
    assert stored["machine"]["threads"] == torch.get_num_threads()
    assert [row["loop"] for row in stored["rows"]] == ["textbook", "train", "train, bf16"]
    assert stored["rows"][0]["ratio"] == 1


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--steps", "0"], ["--only", "VAE"], []])
def test_mistakes_on_the_command_line_end_it(wrong):
    with pytest.raises(SystemExit):
        main(["speed", "--device", "cpu", *wrong] if wrong else [])


@pytest.mark.parametrize("name", CASES)
def test_networks_fit_their_case(name):
    case = CASES[name]
    G, D = case.G(), case.D()
    x = G(Normal(case.latent)(2))
    assert x.shape == (2, *case.shape) and D(x).shape == (2, 1)


@pytest.mark.parametrize(
    ("module", "shape", "operations", "numbers"),
    [
        # products: 2 * batch 3 * 5 in * 7 out; X, W with bias, Y
        (nn.Linear(5, 7), (3, 5), 2 * 3 * 5 * 7, 3 * 5 + 5 * 7 + 7 + 3 * 7),
        # each of 3 * 4 * 2 * 2 outputs takes 2 * 3 * 3 products
        (nn.Conv2d(2, 4, 3, 2, 1), (3, 2, 4, 4), 2 * 3 * 4 * 4 * 18, 96 + 72 + 4 + 48),
        # each of 3 * 2 * 2 * 2 inputs goes into 5 * 4 * 4 products
        (nn.ConvTranspose2d(2, 5, 4, 2, 1, bias=False), (3, 2, 2, 2), 2 * 24 * 80, 24 + 160 + 240),
    ],
)
def test_the_work_of_products_is_counted_as_by_hand(module, shape, operations, numbers):
    (layer,) = layers_of(module, torch.randn(shape))
    assert work_of(layer) == dict.fromkeys(
        ("forward", "input", "weights"), Work(operations, 4 * numbers)
    )


def test_batch_norm_and_activations_are_bound_by_bytes():
    x = torch.randn(4, 3, 2, 2)
    norm, relu = nn.BatchNorm2d(3), nn.ReLU()
    assert work_of(Layer(norm, x, norm(x)))["forward"] == Work(5 * 48, 4 * 3 * 48)
    assert work_of(Layer(relu, x, relu(x)))["input"] == Work(48, 4 * 3 * 48)


def test_the_layers_of_a_network_are_those_that_compute():
    network = nn.Sequential(nn.Linear(2, 8), nn.Identity(), nn.ReLU(), nn.Unflatten(1, (2, 4)))
    assert [layer.kind for layer in layers_of(network, torch.randn(3, 2))] == ["Linear", "ReLU"]
    layer = layers_of(network, torch.randn(3, 2))[0]
    made = {name: function() for name, function in passes(layer)}
    assert [made["input"][0].shape, made["weights"][0].shape] == [(3, 2), (8, 2)]


@pytest.fixture
def small_case(monkeypatch):
    case = replace(
        CASES["DCGAN 64x64"],
        G=lambda: dcgan_generator(8, (3, 16, 16), 8),
        D=lambda: dcgan_discriminator((3, 16, 16), 8),
        latent=8,
        shape=(3, 16, 16),
    )
    monkeypatch.setattr(roofline, "CASE", case)
    return case


def test_the_passes_of_a_step_add_up_to_what_torch_counts(small_case):
    ours = roofline._step_operations(4) / 4
    assert flops_per_image(small_case) < ours < 1.1 * flops_per_image(small_case)  # and the norms


def test_roofline_prints_its_tables_and_stores_them_by_the_device(small_case, tmp_path, capsys):
    main(["roofline", "--device", "cpu", "--batches", "4", "6", "--steps", "1",
          "--out", str(tmp_path)])  # fmt: skip
    printed = capsys.readouterr().out
    stored = json.loads((tmp_path / "roofline_cpu.json").read_text())
    assert (tmp_path / "roofline_cpu.md").read_text() == tables.layers_table(stored["layers"])
    assert (tmp_path / "roofline_cpu_games.md").read_text() in printed
    assert {row["batch"] for row in stored["layers"]} == {4, 6}
    assert all(row["forward"]["least"] > 0 for row in stored["layers"])
    assert [row["game"] for row in stored["games"]] == ["train", "train"]
