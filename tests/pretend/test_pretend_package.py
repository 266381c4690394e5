"""The package's public functions, on a device that is not the CPU."""

import math
from functools import partial

import numpy as np
import pretend_device
import pytest
import torch
from torch import nn

if not pretend_device.AVAILABLE:
    pytest.skip("needs a newer torch", allow_module_level=True)

from cells import default_device_is_pretended

import gan_course as gc
from gan_course import divergences, metrics, plots
from gan_course.arguments import as_floats
from gan_course.checkpoint import load, load_generator, save, save_generator
from gan_course.data import (
    digits,
    edges,
    few_labels,
    from_images,
    glyphs,
    ink_of,
    matched,
    painted,
    paired,
    ring,
    twins,
    two_moons,
)
from gan_course.device import device_of, resolve_device
from gan_course.networks import (
    Chain,
    ConcatEmbedding,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Gaussian,
    JointDiscriminator,
    Projection,
    code_of,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_generator,
    patch_discriminator,
    spectral,
    style_generator,
    style_transfer_network,
    unet,
)
from gan_course.objectives import GaussianMixture, mmd
from gan_course.tricks import feature_gap
from gan_course.widgets import guess, mixer, sampler, sketch


@pytest.fixture
def device():
    """Make the pretended device the default one during a test."""
    with default_device_is_pretended() as device:
        yield device


def points(**options):
    """Return a game of points from one seed."""
    torch.manual_seed(0)
    return gc.gan(mlp(2, 2), mlp(2, 1), latent=gc.Normal(2), **options)


def labelled(make=gc.gan, outputs=1, **options):
    """Return a conditional game of points."""
    torch.manual_seed(0)
    G = Chain(ConcatOneHot(8), *mlp(2 + 8, 2))
    D = Chain(ConcatEmbedding(8, (4,)), *mlp(2 + 4, 1)) if make is gc.gan else mlp(2, outputs)
    return make(G, D, latent=gc.Normal(2), **options)


def pictures(classes=10):
    """Return a conditional game of digits with most kinds of layers."""
    torch.manual_seed(0)
    norm = partial(ConditionalBatchNorm2d, classes=classes)
    G = dcgan_generator(8, (1, 16, 16), 4, norm=norm)
    head = partial(Projection, classes=classes)
    D = spectral(dcgan_discriminator((1, 16, 16), 4, norm=nn.Identity, head=head))
    return gc.gan(G, D, gc.hinge, latent=gc.Normal(8))


def test_the_default_device_is_followed_everywhere(device):
    assert resolve_device() == gc.default_device() == device
    assert resolve_device("cpu").type == "cpu"
    assert device_of(mlp(2, 1).to(device)) == device == points().device
    assert next(ring().batches(4))[0].device == device
    assert next(digits().batches(4, labels=True))[1].device == device


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"penalties": [(1, gc.gradient_penalty), (1, gc.r1), (1, gc.r2)], "n_critic": 2},
        {"objective": gc.relativistic, "simultaneous": True},
        {"objective": gc.wasserstein, "ema": None},
        {"latent": gc.Uniform(2)},
        {"latent": gc.Categorical(2)},
    ],
)
def test_a_game_is_played_with_the_numbers_of_the_cpu(device, options):
    torch.manual_seed(0)
    build = partial(gc.gan, **{"latent": gc.Normal(2), **options})
    records = []
    for place in (device, "cpu"):
        torch.manual_seed(0)
        game = build(mlp(2, 2), mlp(2, 1), device=place)
        records.append(gc.play(game, ring().batches(16, device=place), 3))
        assert gc.sample(game, 5).device == torch.device(place)
    for key in records[0].keys() - {"seconds"}:
        assert math.isclose(records[0][key], records[1][key], rel_tol=1e-3, abs_tol=1e-5), key


def test_bf16_games_are_played(device):
    assert math.isfinite(gc.play(points(bf16=True), ring().batches(8), 2)["D_loss"])


def test_data_on_the_cpu_reach_a_game_elsewhere(device):
    loader = torch.utils.data.DataLoader(ring().sample(64), batch_size=8)
    assert math.isfinite(gc.play(points(), loader, 10)["G_loss"])


def test_a_diverging_loss_is_named(device):
    game = points()
    nn.init.constant_(game.networks["D"][0].weight, math.nan)
    with pytest.raises(gc.NonFiniteLoss):
        gc.play(game, ring().batches(8), 2)


@pytest.mark.parametrize("build", [labelled, partial(labelled, gc.acgan, 9)])
def test_conditional_games_are_played_and_sampled(device, build):
    game, y = build(), torch.arange(8)
    assert gc.play(game, ring().batches(16, labels=True), 2)["step"] == 2
    for labels in (y, y.to(device)):
        assert gc.sample(game, 8, labels).device == device
        assert gc.generate(game.networks["G"], game.latent, 8, labels).device == device


def test_games_with_a_code_or_a_kernel_are_played(device):
    torch.manual_seed(0)
    G, D = Chain(ConcatOneHot(3), *mlp(2 + 3, 2)), mlp(2, 1 + 3)
    coded = gc.infogan(G, D, codes=3, latent=gc.Normal(2))
    kernel = GaussianMixture((0.1, 1.0))
    alone = gc.moment_matching(mlp(2, 2), kernel, latent=gc.Normal(2))
    learned = gc.gan(mlp(2, 2), mlp(2, 4), mmd(kernel), latent=gc.Normal(2))
    for game in (coded, alone, learned):
        assert math.isfinite(gc.play(game, ring().batches(16), 2)["G_loss"])
    assert gc.sample(coded, 6, torch.arange(6) % 3).device == device


def test_games_with_an_encoder_are_played(device):
    torch.manual_seed(0)
    draws, latent = Gaussian(mlp(2, 6)), gc.Normal(3)
    D = JointDiscriminator(mlp(2 + 3, 1))
    games = [
        gc.ali(draws, mlp(3, 2), D, latent=latent, penalties=[(1.0, gc.r1)]),
        gc.vae(Gaussian(mlp(2, 6)), mlp(3, 2), noise=0.5, latent=latent),
        gc.latent_regressor(mlp(2, 3), mlp(3, 2), latent=latent),
        gc.adversarial_autoencoder(mlp(2, 2), mlp(2, 2), mlp(2, 1), prior=gc.Petals(4)),
    ]
    for game in games:
        record = gc.play(game, ring().batches(16), 2)
        assert all(math.isfinite(value) for value in record.values())
        assert gc.sample(game, 3).device.type == device.type
    assert code_of(draws, torch.zeros(5, 2, device=device)).device.type == device.type
    assert gc.Petals(4).nearest(gc.Petals(4)(6, device)).device.type == device.type


def test_games_of_few_labels_are_played(device):
    torch.manual_seed(0)
    few = few_labels(digits(8), 1)
    G, D = mlp_generator(2, (1, 8, 8)), nn.Sequential(nn.Flatten(), *mlp(64, 10))
    game = gc.semi_supervised(G, D, latent=gc.Normal(2), g=feature_gap(D[:-1]))
    assert math.isfinite(gc.play(game, few.batches(16), 2)["G_loss"])
    alone = gc.supervised(D)
    assert math.isfinite(gc.play(alone, few.labelled.batches(16, labels=True), 2)["D_loss"])
    for network in (game.averages["D"], D):
        assert metrics.error_rate(network, few.labelled) <= 1


def test_games_that_paint_pictures_are_played(device):
    torch.manual_seed(0)
    hole = (slice(4, 12), slice(4, 12))
    G = nn.Sequential(nn.Flatten(), nn.Linear(256, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    D = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    holes = gc.context_encoder(G, D, hole)
    assert math.isfinite(gc.play(holes, digits(16).batches(8), 2)["G_loss"])
    assert gc.games.filled(G, digits(16).to(device).x[:4], hole).device == device
    both = paired(digits(16), digits(8))
    styles = gc.style_transfer(style_transfer_network(2, channels=1))
    assert math.isfinite(gc.play(styles, both.batches(4), 2)["G_loss"])
    assert styles.networks["G"](*next(both.batches(4))).device == device


def test_games_of_two_kinds_of_pictures_are_played(device):
    torch.manual_seed(0)
    y = painted(glyphs(40, 16))
    pairs = matched(from_images(edges(y.x)), y)
    game = gc.pix2pix(unet((1, 3), (4, 8)), patch_discriminator(4, 4, 1))
    assert math.isfinite(gc.play(game, pairs.batches(4), 2)["G_distance"])
    made = gc.translate(game, pairs.a.x[:5])
    assert made.device == device and ink_of(made).device == device
    alone = gc.regression(unet((1, 3), (4, 8)))
    assert math.isfinite(gc.play(alone, pairs.batches(4), 2)["G_loss"])
    a, b = twins(40)
    G, F = (unet((1, 1), (4, 8)) for _ in range(2))
    D = [patch_discriminator(1, 4, 1) for _ in range(2)]
    cycle = gc.cyclegan(G, F, *D, shape=(1, 16, 16), identity=1.0, history=6)
    assert math.isfinite(gc.play(cycle, paired(a, b).batches(4), 3)["G_cycle_Y"])
    assert gc.translate(cycle, b.x[:3], "F").device == device
    teams = [mlp_generator(2, (1, 8, 8)) for _ in range(2)]
    judges = [nn.Sequential(nn.Flatten(), *mlp(64, 1)) for _ in range(2)]
    pair = gc.cogan(*teams, *judges, latent=gc.Normal(2))
    assert math.isfinite(gc.play(pair, paired(digits(8), digits(8)).batches(4), 2)["G_loss"])
    assert gc.sample(pair, 3, network="G_Y").device == device


def test_conditional_images_are_played_and_scored(device):
    data = digits(16)
    game, judge = pictures(), metrics.train_classifier(data, steps=2)
    gc.play(game, data.batches(8, labels=True), 2)
    y = torch.arange(40) % 10
    for real in (data.x[:40], data.to(device).x[:40]):
        scores = metrics.Evaluator(real, judge)(game, y)
        assert scores["samples"] == 40 and math.isfinite(scores["frechet"])


def test_a_checkpoint_goes_from_one_device_to_the_other(device, tmp_path):
    here, there = points(), points(device="cpu")
    gc.play(here, ring().batches(8), 2)
    save(here, tmp_path / "game.pt"), save_generator(here, tmp_path / "G.pt")
    for game in (points(), there):
        load(game, tmp_path / "game.pt")
        assert game.step == 2
        assert torch.equal(gc.sample(game, 3).cpu(), gc.sample(here, 3).cpu())
        gc.play(game, ring().batches(8), 1)
    G = load_generator(mlp(2, 2).to(device), tmp_path / "G.pt")
    assert torch.equal(gc.generate(G, here.latent, 3), gc.sample(here, 3))


def test_penalties_and_their_like(device):
    D, x = mlp(2, 1).to(device), ring().to(device).sample(8)
    for penalty in (gc.gradient_penalty, gc.r1, gc.r2):
        assert penalty(D, x, x + 1).device == device
    assert gc.gradient_norm(D, x).device == device
    gc.clip_weights(D, 0.01)
    assert max(p.abs().max() for p in D.parameters()) <= 0.01


def test_walks_between_latents(device):
    a, b = gc.Normal(4)(2, device)
    assert gc.lerp(a, b, 3).device == gc.slerp(a, b, 3).device == device


def test_data_sets_live_where_one_moves_them(device):
    data = glyphs(60).to(device)
    parts = (data, data.only("0", "1"), data.take(torch.arange(5)), *data.split(0.5))
    for part in (*parts, data.take(data.factors["font"] < 4)):
        assert part.x.device == part.y.device == part.factors["font"].device == device
        assert part.draw(3, labels=True)[1].device == device
    assert data.to("cpu").x.is_cpu
    moons = two_moons().to(device)
    assert moons.log_prob(moons.sample(5)).device == device


def test_metrics_take_samples_of_any_device(device):
    real, fake = torch.randn(2, 40, 3, device=device)
    for score in (
        metrics.frechet_distance,
        metrics.sliced_wasserstein,
        metrics.kernel_distance,
        metrics.precision_recall,
        metrics.density_coverage,
        metrics.one_nearest_neighbour,
    ):
        assert score(real, fake) == score(real.cpu(), fake.cpu())
        score(real, fake.cpu())
    assert metrics.mode_report(fake[:, :2], ring()).keys() == {
        *("modes", "high_quality", "spread", "reverse_kl")
    }
    assert metrics.stray_share(fake[:, :2], ring()) == metrics.stray_share(
        fake[:, :2].cpu(), ring()
    )
    p = torch.rand(40, 5, device=device).softmax(1)
    assert metrics.inception_score(p) == metrics.inception_score(p.cpu())


def test_divergences_take_tensors_of_any_device(device):
    p, q = torch.rand(2, 6, dtype=torch.float64, device=device).softmax(1).requires_grad_()
    for divergence in (divergences.kl, divergences.js, divergences.total_variation):
        assert divergence(p, q) == divergence(as_floats(p), as_floats(q))
    assert divergences.value(p, q, 0.5 * torch.ones(6, device=device)) < 0
    x, y = torch.randn(2, 6, device=device)
    assert divergences.wasserstein(x, y) == divergences.wasserstein(as_floats(x), as_floats(y))
    cost = (x[:, None] - y).abs()
    assert math.isclose(divergences.wasserstein_lp(p, q, cost).plan.sum(), 1)
    mean = torch.zeros(2, device=device)
    assert divergences.kl_gaussians(mean, torch.eye(2, device=device), mean, np.eye(2)) == 0


def test_pictures_are_drawn_from_tensors_of_any_device(device):
    game = points()
    x, images = gc.sample(game, 9), torch.zeros(4, 1, 8, 8, device=device)
    plots.points(x, x)
    plots.field(game.networks["D"])
    plots.arrows(game.networks["D"], x.cpu(), loss=gc.non_saturating.g)
    plots.warped_grid(game.networks["G"])
    plots.image_grid(images)
    history = [{"step": s, "D_loss": torch.tensor(1.0, device=device)} for s in (1, 2)]
    plots.curves(history, "D_loss"), plots.band([history, history], "D_loss")
    for samples in (x, images, {1: images, 2: images}):
        plots.health(history, gc.non_saturating, samples=samples)


def test_widgets_take_networks_and_pictures_of_any_device(device):
    game = pictures()
    sampler(game.networks["G"].eval(), gc.Normal(8), classes=10)
    guess(digits(8).x[:30], digits(8).to(device).x[30:60])
    G = style_generator(latent=4, shape=(3, 8, 8), widths=(4, 4), dim=4).to(device).eval()
    mixer(G, gc.Normal(4), {"smile": torch.ones(3, 4)})
    painter = unet((1, 3), (4, 4)).to(device).eval()
    sketch(painter, torch.ones(2, 1, 8, 8, device=device))
