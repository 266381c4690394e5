"""What chapter 1 shows of several seeds: four models of two moons, by the same treatment."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from itertools import pairwise

import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn
from torch.distributions import Normal as Gaussian
from torch.nn.functional import softplus

from gan_course import Normal, gan, non_saturating, sample, train
from gan_course.data import two_moons
from gan_course.data.dataset import Dataset
from gan_course.metrics import high_quality_share, reverse_kl_over_modes
from gan_course.networks import mlp

from .registry import recipe

SEEDS, STEPS, RATES = range(1, 6), 3_000, (1e-3, 3e-3, 9e-3)
DEGREES, PASSES, N = 50, (1, 2, 3, 5, 10, 20, 50), 10_000
MOONS = two_moons()
Draw = Callable[[int], Tensor]


def _fit(
    loss: Callable[[Tensor], Tensor],
    parameters: Iterable[nn.Parameter],
    data: Tensor,
    lr: float,
    steps: int = STEPS,
) -> None:
    """Minimise as the chapter's `fit`: Adam, its step size falling to zero by a cosine."""
    optimizer = torch.optim.Adam(list(parameters), lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        value = loss(data[torch.randint(len(data), (256,))])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()


def _mixture(x: Tensor, lr: float) -> Draw:
    """Fit sixteen Gaussians by expectation-maximisation, which has no step size."""
    model = GaussianMixture(16, random_state=int(torch.randint(1_000, ()))).fit(x.double().numpy())

    def draw(n: int) -> Tensor:
        return torch.from_numpy(model.sample(n)[0]).float()[torch.randperm(n)]

    return draw


def _vae(x: Tensor, lr: float) -> Draw:
    """Train the chapter's variational autoencoder."""
    encoder, decoder, log_sigma = mlp(2, 4), mlp(2, 2), nn.Parameter(torch.tensor(-1.0))

    def negative_elbo(x: Tensor) -> Tensor:
        mean, log_variance = encoder(x).chunk(2, dim=-1)
        proposal = Gaussian(mean, (log_variance / 2).exp())
        z = proposal.rsample()
        likely = Gaussian(decoder(z), log_sigma.exp()).log_prob(x)
        prior = Gaussian(0.0, 1.0).log_prob(z)
        return -(likely + prior - proposal.log_prob(z)).sum(-1).mean()

    _fit(negative_elbo, [*encoder.parameters(), *decoder.parameters(), log_sigma], x, lr)
    return lambda n: decoder(torch.randn(n, 2)) + log_sigma.exp() * torch.randn(n, 2)


class _Gan:
    """The chapter's GAN, its rates falling as those of the others, or constant.

    Attributes:
        end: what its own D said over the last thousand steps: loss, and share of right answers.
    """

    def __init__(self, x: Tensor, lr: float, falling: bool = True) -> None:
        D = mlp(2, 1, activation=lambda: nn.LeakyReLU(0.2))
        rates = {"lr": lr, "lr_D": 2 * lr}
        self.game = gan(
            mlp(2, 2), D, non_saturating, latent=Normal(2), ema=None, device="cpu", **rates
        )
        batches = Dataset("moons", x).batches(256, device="cpu")
        first = [player.optimizer.param_groups[0]["lr"] for player in self.game.players]
        history = []
        for record in train(self.game, batches, STEPS, report_every=25):
            left = (1 + math.cos(math.pi * record["step"] / STEPS)) / 2 if falling else 1.0
            for player, rate in zip(self.game.players, first, strict=True):
                player.optimizer.param_groups[0]["lr"] = rate * left
            history.append(record)
        keys = ("D_loss", "D_accuracy_real", "D_accuracy_fake")
        late = {key: [record[key] for record in history[-40:]] for key in keys}
        self.end = {key: round(sum(values) / len(values), 4) for key, values in late.items()}

    def draw(self, n: int) -> Tensor:
        return sample(self.game, n, seed=1)


class _Diffusion:
    """The chapter's diffusion model."""

    def __init__(self, x: Tensor, lr: float) -> None:
        keep = torch.cos((torch.arange(DEGREES + 1) / DEGREES * 0.98 + 0.01) / 1.02 * math.pi / 2)
        self.keep = keep[1:] ** 2 / keep[0] ** 2
        self.waves = torch.tensor([0.5, 1.0, 2.0, 4.0]) * math.pi / DEGREES
        self.network = mlp(2 + 8, 2)
        _fit(self._loss, self.network.parameters(), x, lr)

    def noise_in(self, x: Tensor, t: Tensor) -> Tensor:
        return self.network(torch.cat([x, (t * self.waves).sin(), (t * self.waves).cos()], dim=1))

    def _loss(self, x: Tensor) -> Tensor:
        t = torch.randint(DEGREES, (len(x), 1))
        noise = torch.randn_like(x)
        mixed = self.keep[t].sqrt() * x + (1 - self.keep[t]).sqrt() * noise
        return (self.noise_in(mixed, t) - noise).square().mean()

    def draw(self, n: int, passes: int = 50, fresh: float = 0.0) -> Tensor:
        x = torch.randn(n, 2)
        last = torch.tensor([DEGREES - 1])
        times = torch.linspace(DEGREES - 1, 0, passes).round().long() if passes > 1 else last
        kept = torch.cat([self.keep[times], torch.ones(1)])
        for t, (now, then) in zip(times, pairwise(kept), strict=True):
            noise = self.noise_in(x, torch.full((n, 1), t.item()))
            clean = (x - (1 - now).sqrt() * noise) / now.sqrt()
            spread = fresh * ((1 - then) / (1 - now) * (1 - now / then)).sqrt()
            x = then.sqrt() * clean + (1 - then - spread**2).sqrt() * noise
            x = x + spread * torch.randn_like(x)
        return x


def _train_judge(real: Tensor, fake: Tensor) -> nn.Module:
    """Return a new D, trained to tell real [N, 2] from fake [N, 2], as the chapter does it."""
    judge = mlp(2, 1, (64, 64))

    def loss(rows: Tensor) -> Tensor:
        return softplus(-judge(real[rows])).mean() + softplus(judge(fake[rows])).mean()

    _fit(loss, judge.parameters(), torch.arange(len(real)), 3e-3, steps=600)
    return judge


def _judged(x: Tensor) -> float:
    """Accuracy of a new D on points that it was not trained on; x [10000, 2]."""
    judge = _train_judge(MOONS.sample(8_000), x[:8_000])
    on_real = (judge(MOONS.sample(2_000)) > 0).float().mean()
    on_fake = (judge(x[8_000:]) < 0).float().mean()
    return (on_real + on_fake).item() / 2


def _thickness(x: Tensor) -> float:
    """Root mean square distance of good samples [N, 2] from the moons' middle lines."""
    distance = torch.cdist(x, MOONS.modes).min(dim=1).values
    return distance[distance < 3 * MOONS.spread].square().mean().sqrt().item()


def _measured(x: Tensor, reference: Tensor, judge: bool = True) -> dict[str, float]:
    """Return what the chapter's table says of samples [10000, 2]."""
    values = {
        "quality": high_quality_share(x, MOONS),
        "unevenness": reverse_kl_over_modes(x, MOONS),
        "thickness": _thickness(x) / _thickness(reference),
        **({"fresh_D": _judged(x)} if judge else {}),
    }
    return {key: round(value, 4) for key, value in values.items()}


def _one_pass(model: _Diffusion, x_train: Tensor) -> dict[str, float]:
    """Measure one pass of the trained network, and of one that makes the best guess."""
    x = torch.randn(2_000, 2)
    k = model.keep[-1]
    log_weight = -(x[:, None] - k.sqrt() * x_train).square().sum(-1) / (2 * (1 - k))
    perfect = log_weight.softmax(1) @ x_train  # the mean of the data that may hide in x
    trained = model.draw(2_000, passes=1)
    return {
        "magnified": round(k.rsqrt().item(), 2),
        **{
            f"{key} {name}": round(value, 4)
            for name, y in (("perfect", perfect), ("trained", trained))
            for key, value in (
                ("quality", high_quality_share(y, MOONS)),
                ("spread", y.std(0).mean().item()),
            )
        },
    }


MODELS = {"mixture": _mixture, "VAE": _vae, "GAN": _Gan, "diffusion": _Diffusion}


@torch.no_grad()
def _drawn(model: Draw | _Gan | _Diffusion) -> Tensor:
    return (model.draw if isinstance(model, (_Gan, _Diffusion)) else model)(N)


def _search() -> dict[str, dict[str, float]]:
    """Return the judge's accuracy for each network and each of the same rates, one run each."""
    found: dict[str, dict[str, float]] = {}
    for name in ("VAE", "GAN", "diffusion"):
        found[name] = {}
        for lr in RATES:
            torch.manual_seed(0)
            model = MODELS[name](MOONS.sample(5_000), lr)
            found[name][f"{lr:g}"] = round(_judged(_drawn(model)), 4)
        print(name, found[name], flush=True)
    return found


def _between(name: str) -> bool:
    """Tell the numbers of passes that only the curves show."""
    return bool(re.search(r" (2|3|10|20) passes", name))


def _run(
    seed: int, rates: dict[str, float], second: dict[str, float]
) -> tuple[dict, dict[str, Tensor]]:
    """Train all models from one seed, on the same 5,000 points: what is measured, and samples of each."""
    torch.manual_seed(seed)
    x_train, reference = MOONS.sample(5_000), MOONS.sample(N)
    samples, seconds, models = {"the data": MOONS.sample(N)}, {}, {}
    for name, build in MODELS.items():
        torch.manual_seed(seed)
        start = time.process_time()
        models[name] = build(x_train, rates.get(name, 0.0))
        seconds[name] = round(time.process_time() - start, 1)
        samples[name] = _drawn(models[name])
    torch.manual_seed(seed)
    constant = _Gan(x_train, rates["GAN"], falling=False)
    samples["GAN, constant rates"] = _drawn(constant)
    diffusion = models["diffusion"]
    with torch.no_grad():
        for passes in PASSES:
            for fresh in (0.0, 1.0):
                name = f"diffusion, {passes} passes, fresh {fresh:g}"
                samples[name] = diffusion.draw(N, passes, fresh)
        one_pass = _one_pass(diffusion, x_train)
    rows = {name: _measured(x, reference, not _between(name)) for name, x in samples.items()}
    own = {"falling": models["GAN"].end, "constant": constant.end}
    for name, lr in second.items():  # since the search judged each rate by one run
        torch.manual_seed(seed)
        rows[f"{name}, second rate"] = _measured(_drawn(MODELS[name](x_train, lr)), reference)
    print(seed, rows, own, one_pass, seconds, flush=True)
    return {"rows": rows, "own_D": own, "one_pass": one_pass, "seconds": seconds}, samples


@recipe("01_moons")
def moons_runs() -> dict:
    """Four models of two moons from five seeds, judged alike; step sizes from the same search."""
    search = _search()
    rates, second = (
        {name: float(sorted(found, key=found.get)[place]) for name, found in search.items()}
        for place in (0, 1)
    )
    about = {"seeds": list(SEEDS), "steps": STEPS, "rates": rates, "passes": list(PASSES)}
    about["second_rates"] = second
    measured, samples = zip(*(_run(seed, rates, second) for seed in SEEDS), strict=True)
    shown = {
        name: (100 * x[:500]).round().int().flatten().tolist()
        for name, x in samples[0].items()
        if not name.endswith("fresh 1") and not _between(name)
    }
    return {"about": about, "search": search, "runs": measured, "hundredths": shown}


def _bound_trained(x_train: Tensor, x_test: Tensor, proposals: int) -> float:
    """Train the chapter's VAE on the bound (1.10); return the exact ln q of held-out points."""
    encoder, decoder, log_v = mlp(2, 4), mlp(2, 2), nn.Parameter(torch.tensor(-1.0))
    prior = Gaussian(0.0, 1.0)

    def loss(x: Tensor) -> Tensor:
        mean, log_variance = encoder(x).chunk(2, dim=-1)
        proposal = Gaussian(mean, (log_variance / 2).exp())
        z = proposal.rsample((proposals,))
        likely = Gaussian(decoder(z), log_v.exp()).log_prob(x)
        log_w = (likely + prior.log_prob(z) - proposal.log_prob(z)).sum(-1)  # [proposals, n]
        return -(log_w.logsumexp(0) - math.log(proposals)).mean()

    _fit(loss, [*encoder.parameters(), *decoder.parameters(), log_v], x_train, 3e-3)
    axis = torch.linspace(-4.5, 4.5, 250)  # as the chapter's exact_log_q
    z = torch.cartesian_prod(axis, axis)
    log_mass = prior.log_prob(z).sum(1) + 2 * (axis[1] - axis[0]).log()
    with torch.no_grad():
        centres, variance = decoder(z), (2 * log_v).exp()
        log_q = [
            (log_mass - torch.cdist(x, centres).square() / (2 * variance)).logsumexp(1)
            - (2 * math.pi * variance).log()
            for x in x_test.split(100)
        ]
    return torch.cat(log_q).mean().item()


@recipe("01_bound")
def bound_runs() -> dict:
    """Train the same VAE on one proposal (the ELBO) and on eight: how far exact ln q can rise."""
    seeds, runs = range(3), []
    for seed in seeds:
        torch.manual_seed(seed)
        x_train, x_test = MOONS.sample(5_000), MOONS.sample(1_000)
        run = {"ceiling": round(MOONS.log_prob(x_test).mean().item(), 4)}
        for proposals in (1, 8):
            torch.manual_seed(seed)
            run[f"m = {proposals}"] = round(_bound_trained(x_train, x_test, proposals), 4)
        print(seed, run, flush=True)
        runs.append(run)
    return {"about": {"seeds": list(seeds), "steps": STEPS}, "runs": runs}
