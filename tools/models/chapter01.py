"""What chapter 1 shows of several seeds: is its GAN on two moons typical?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gan_course import Normal, gan, non_saturating, play, sample
from gan_course.data import two_moons
from gan_course.data.dataset import Dataset
from gan_course.data.toys import Mixture
from gan_course.metrics import high_quality_share, reverse_kl_over_modes
from gan_course.networks import mlp

from .registry import recipe, rounded

SEEDS, STEPS = range(1, 6), 3_000


def _train_judge(real: Tensor, fake: Tensor, steps: int = 600) -> nn.Module:
    """Return a new D, trained to tell real [N, 2] from fake [N, 2], as the chapter does it."""
    judge = mlp(2, 1, (64, 64))
    optimizer = torch.optim.Adam(judge.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows = torch.randint(len(real), (256,))
        loss = softplus(-judge(real[rows])).mean() + softplus(judge(fake[rows])).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return judge


def _judged(x: Tensor, moons: Mixture) -> float:
    """Accuracy of a new D on points that it was not trained on; x [10000, 2]."""
    judge = _train_judge(moons.sample(8_000), x[:8_000])
    on_real = (judge(moons.sample(2_000)) > 0).float().mean()
    on_fake = (judge(x[8_000:]) < 0).float().mean()
    return (on_real + on_fake).item() / 2


def _run(seed: int) -> list[dict]:
    """Trains the chapter's GAN from one seed and judges it: a history of one record."""
    torch.manual_seed(seed)
    moons = two_moons()
    data = Dataset("moons", moons.sample(5_000))
    D = mlp(2, 1, activation=lambda: nn.LeakyReLU(0.2))
    game = gan(mlp(2, 2), D, non_saturating, latent=Normal(2), lr=1e-3, lr_D=2e-3, ema=None)
    record = play(game, data.batches(256), STEPS)
    x = sample(game, 10_000)
    record["quality"] = high_quality_share(x, moons)
    record["unevenness"] = reverse_kl_over_modes(x, moons)
    record["fresh_D"] = _judged(x, moons)
    return rounded([record])


@recipe("01_moons")
def moons_runs() -> dict:
    """Five GANs on two moons, each judged by a fresh D."""
    about = {"seeds": list(SEEDS), "steps": STEPS}
    return {"about": about, "histories": [_run(seed) for seed in SEEDS]}
