"""Chapter 10: the Jacobian of a whole small GAN in training, and what its eigenvalues foresee.

The data are 64 points evenly on a circle, z another 64, so that the game is the same in every step
and v is one function of the weights. All runs of one kind are played at once, by `torch.vmap`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacfwd, vmap

from gan_course import minimax, non_saturating, wasserstein
from gan_course.dynamics import (
    alternating,
    eigenvalues,
    from_losses,
)
from gan_course.dynamics.fields import Field
from gan_course.networks import mlp
from gan_course.stored import load_run
from gan_course.widgets import DiracGame

from .registry import recipe

SEEDS, POINTS, H = range(5), 64, 0.25
MARKS = (0, 400, 1200, 4000)  # steps at which the Jacobian is taken
GAMMAS = {"plain": 0.0, "r1": 1.0}


def circle(n: int, turn: float = 0.0) -> Tensor:
    """Return n points evenly on the unit circle, turned by a share of their distance, `[n, 2]`."""
    angles = (torch.arange(n, dtype=torch.float64) + turn) / n * 2 * torch.pi
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def networks() -> tuple[nn.Module, nn.Module]:
    """Return G with 42 weights and D with 205."""
    G, D = mlp(2, 2, (8,), nn.Tanh).double(), mlp(2, 1, (12, 12), nn.Tanh).double()
    return G, D


def weights(G: nn.Module, D: nn.Module) -> Tensor:
    """Return all weights as one vector, D's first, `[247]`."""
    return torch.cat([p.detach().flatten() for p in [*D.parameters(), *G.parameters()]])


def parted(w: Tensor, G: nn.Module, D: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return w as the parameters of D and of G, by name."""
    found, start = [], 0
    for network in (D, G):
        parts = {}
        for name, p in network.named_parameters():
            parts[name] = w[start : start + p.numel()].view(p.shape)
            start += p.numel()
        found.append(parts)
    return found[0], found[1]


def field(gamma: float) -> Field:
    """Return v of the whole game, `[247] -> [247]`, for minimax losses and R1 of weight gamma."""
    (G, D), x, z = networks(), circle(POINTS), circle(POINTS, 0.5)

    def losses(w: Tensor) -> Tensor:
        of_D, of_G = parted(w, G, D)
        score = partial(functional_call, D, of_D)
        slopes = grad(lambda x: score((x,)).sum())(x)  # [64, 2]
        fake = score((functional_call(G, of_G, (z,)),))
        d_loss = minimax.d(score((x,)), fake) + gamma / 2 * slopes.square().sum(dim=1).mean()
        return torch.stack([d_loss, minimax.g(fake, None)])

    of_D = sum(p.numel() for p in D.parameters())
    return from_losses(losses, [0] * of_D + [1] * sum(p.numel() for p in G.parameters()))


def made(W: Tensor) -> Tensor:
    """Return the points that G makes in each of several runs, `[runs, 64, 2]`."""
    (G, D), z = networks(), circle(POINTS, 0.5)
    return vmap(lambda w: functional_call(G, parted(w, G, D)[1], (z,)))(W)


def start(seed: int) -> Tensor:
    """Return the first weights of a run."""
    torch.manual_seed(seed)
    return weights(*networks())


def spectra(v: Field, W: Tensor) -> list:
    """Return, for each run, the eigenvalues (real, imaginary) of J that are no less than 0.001.

    Of a pair a ± bi only a + bi is stored.
    """
    found = []
    for w in W:
        kept = [e for e in eigenvalues(v, w).tolist() if abs(e) >= 1e-3 and e.imag >= 0]
        found.append([[round(e.real, 5), round(e.imag, 5)] for e in kept])
    return found


def trained(gamma: float, every: int = 5) -> dict:
    """Play five runs, simultaneously; return snapshots, and what G's points did on the way."""
    began, v = time.process_time(), field(gamma)
    push, W = vmap(v), torch.stack([start(seed) for seed in SEEDS])
    snapshots, centres, radii = [], [], []
    for step in range(MARKS[-1] + 1):
        if step in MARKS:
            norms = [round(n, 6) for n in push(W).norm(dim=1).tolist()]
            snapshots.append({"step": step, "push": norms, "eigenvalues": spectra(v, W)})
        if step % every == 0:
            points = made(W)  # [5, 64, 2]
            centres.append(points.mean(dim=1))
            radii.append(points.norm(dim=2).mean(dim=1))
        if step < MARKS[-1]:
            W = W + H * push(W)
    rounded = [torch.stack(each, dim=1).mul(1e4).round() / 1e4 for each in (centres, radii)]
    seconds = round(time.process_time() - began, 1)
    return {
        "about": {"seeds": [*SEEDS], "steps": MARKS[-1], "h": H, "cpu_seconds": seconds},
        "gamma": gamma,
        "snapshots": snapshots,
        "every": every,
        "centres": rounded[0].tolist(),  # [5][times][2]
        "radii": rounded[1].tolist(),  # [5][times]
        "weights": W.tolist(),  # the last, [5][247]
    }


for name, gamma in GAMMAS.items():
    recipe(f"10_{name}")(partial(trained, gamma))


def rest_near(v: Field, w: Tensor, tries: int = 25) -> Tensor:
    """Return a point of rest near w, by damped Newton steps on v = 0."""
    damping, push = 1e-3, v(w)
    for _ in range(tries):
        J = jacfwd(v)(w)
        system = J.T @ J + damping * torch.eye(len(w), dtype=w.dtype)
        step = torch.linalg.solve(system, J.T @ push)
        moved = v(w - step)
        if moved.norm() < push.norm():
            w, push, damping = w - step, moved, damping / 3
        else:
            damping *= 4
        if push.norm() < 1e-12:
            break
    return w


def bound(multiplier: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> float:
    """Return the smallest h at which a multiplier reaches 1, on a grid from 0.005 (then: none) to 5.

    Args:
        multiplier: of h times an eigenvalue.
        values: the eigenvalues that count, `[k]`.
    """
    for h in np.arange(0.005, 5, 0.005):
        if np.abs(multiplier(h * values)).max() >= 1:
            return round(float(h), 3)
    return 5.0


METHODS: dict[str, tuple[Callable, Callable]] = {
    "simultaneous": (lambda v, W, h: W + h * v(W), lambda u: 1 + u),
    "extragradient": (lambda v, W, h: W + h * v(W + h * v(W)), lambda u: 1 + u + u**2),
}  # a step of several runs at once, and its multiplier at u = h times an eigenvalue


def measured_bound(step: Callable, v: Field, rests: Tensor, guess: Tensor) -> list[float]:
    """Bisect for the largest step at which small disturbances die away, for each run.

    Each is played twice for 300 steps, from rest and from 1e-6 beside it. The difference is read in
    the eigenvectors of J; it has died away if no part of it, in the directions that matter, grew.
    """
    systems = [torch.linalg.eig(jacfwd(v)(w)) for w in rests]
    left = torch.stack([torch.linalg.inv(right) for _, right in systems])  # [5, n, n]
    matters = torch.stack([values.abs() >= 1e-3 for values, _ in systems])  # [5, n]
    generator = torch.Generator().manual_seed(0)
    nudge = torch.randn(rests.shape, generator=generator, dtype=rests.dtype)
    nudge = 1e-6 * nudge / nudge.norm(dim=1, keepdim=True)

    def parts(difference: Tensor) -> Tensor:
        return torch.einsum("rij,rj->ri", left, difference.to(left.dtype)).abs()

    low, high = 0.3 * guess, 3 * guess
    for _ in range(7):
        h, W = (low * high).sqrt(), torch.cat([rests, rests + nudge])
        for _ in range(300):
            W = step(vmap(v), W, h.repeat(2)[:, None])
        shrunk = parts(W[len(h) :] - W[: len(h)]) < parts(nudge)  # False where not finite
        died = (shrunk | ~matters).all(dim=1)
        low, high = torch.where(died, h, low), torch.where(died, high, h)
    return [round(h, 3) for h in (low * high).sqrt().tolist()]


def rested(name: str) -> dict:
    """Look for the point of rest near each run's end, foresee the largest step, and measure it.

    Eigenvalues below 0.001 are left out of what is foreseen: directions in which nothing happens.
    """
    began, run = time.process_time(), load_run(f"10_{name}")["data"]
    v = field(run["gamma"])
    rests = torch.stack([rest_near(v, w) for w in torch.tensor(run["weights"]).double()])
    kept = [eigenvalues(v, w).numpy() for w in rests]
    bounds = {}
    for method, (step, multiplier) in METHODS.items():
        foreseen = [bound(multiplier, e[np.abs(e) >= 1e-3]) for e in kept]
        guess = torch.tensor(foreseen).double().clamp(min=0.05)
        measured = measured_bound(step, v, rests, guess)
        bounds[method] = {"foreseen": foreseen, "measured": measured}
    radii = made(rests).norm(dim=2)  # [5, 64]
    seconds = round(time.process_time() - began, 1)
    return {
        "about": {"seeds": [*SEEDS], "steps": 300, "cpu_seconds": seconds},
        "gamma": run["gamma"],
        "push": [float(f"{n:.2g}") for n in vmap(v)(rests).norm(dim=1)],
        "moved": [round(n, 3) for n in (rests - torch.tensor(run["weights"])).norm(dim=1).tolist()],
        "radii": [[round(r, 4) for r in (each.min().item(), each.max().item())] for each in radii],
        "eigenvalues": spectra(v, rests),
        "bounds": bounds,
        "weights": rests.tolist(),
    }


for name in GAMMAS:
    recipe(f"10_{name}_rest")(partial(rested, name))


def turned(v: Field, w: Tensor, steps: int = 400) -> dict:
    """Foresee from J at w how the run goes on, play on, and measure it: radians and factor a step.

    Near rest the push itself is multiplied by I + hJ in each step. Its part along the pair of
    eigenvectors that carries most of it has to turn by the argument of 1 + h lambda, and to shrink
    by its modulus. J is taken once, at the start.
    """
    values, right = torch.linalg.eig(jacfwd(v)(w))
    left, pushes = torch.linalg.inv(right), []  # rows of `left` read off the parts
    for _ in range(steps):
        pushes.append(v(w))
        w = w + H * pushes[-1]
    parts = torch.stack(pushes).to(left.dtype) @ left.T  # [steps, 247]
    turning = torch.where(values.imag > 0.02, parts[0].abs() * right.norm(dim=0), 0.0)
    pair = int(turning.argmax())
    factor = 1 + H * values[pair]
    angles = np.unwrap(parts[:, pair].angle().numpy())
    slopes = np.polyfit(np.arange(steps), np.stack([angles, parts[:, pair].abs().log()], 1), 1)[0]
    return {
        "eigenvalue": [round(values[pair].real.item(), 5), round(values[pair].imag.item(), 5)],
        "foreseen": [round(factor.angle().item(), 5), round(factor.abs().item(), 5)],
        "measured": [round(slopes[0], 5), round(float(np.exp(slopes[1])), 5)],
    }


@recipe("10_turning")
def turning() -> dict:
    """Play the runs on: do they turn and shrink as their eigenvalues foresee?

    The plain ones from their ends, for 400 steps. With R1 nothing turns any more by then: those
    are played again, to step 600, and on for 200.
    """
    began, run = time.process_time(), load_run("10_plain")["data"]
    plain = [turned(field(0.0), w) for w in torch.tensor(run["weights"]).double()]
    v, W = field(1.0), torch.stack([start(seed) for seed in SEEDS])
    for _ in range(600):
        W = W + H * vmap(v)(W)
    r1 = [turned(v, w, 200) for w in W]
    seconds = round(time.process_time() - began, 1)
    about = {"seeds": [*SEEDS], "steps": 400, "h": H, "cpu_seconds": seconds}
    return {"about": about, "plain": plain, "r1": r1}


RATIOS = (0.25, 1, 4, 16)  # of D's rate to G's; their product stays 1


@recipe("10_rates")
def rates() -> dict:
    """Give the players different rates at rest: what becomes of the slowest pair and of the step?"""
    began, data = time.process_time(), {}
    of_D = weights(nn.Identity(), networks()[1]).numel()
    for name in GAMMAS:
        rest = load_run(f"10_{name}_rest")["data"]
        Js = [jacfwd(field(rest["gamma"]))(w) for w in torch.tensor(rest["weights"]).double()]
        data[name] = [
            [_with_rates(J.numpy(), of_D, ratio) for J in Js] for ratio in RATIOS
        ]  # [ratios][seeds]
    seconds = round(time.process_time() - began, 1)
    about = {"seeds": [*SEEDS], "steps": 1, "cpu_seconds": seconds, "ratios": RATIOS}
    return {"about": about, **data}


def _with_rates(J: np.ndarray, of_D: int, ratio: float) -> dict:
    rates = np.where(np.arange(len(J)) < of_D, ratio**0.5, ratio**-0.5)
    values = np.linalg.eigvals(rates[:, None] * J)
    pairs = values[values.imag > 0.02]
    slowest = pairs[pairs.real.argmax()]
    step = bound(METHODS["simultaneous"][1], values[np.abs(values) >= 1e-3])
    pair = [round(slowest.real, 5), round(slowest.imag, 5)]
    return {"slowest": pair, "pairs": len(pairs), "step": step}


SHARES = (0.95, 1.25)  # of the largest step that was foreseen


@recipe("10_beyond")
def beyond() -> dict:
    """Disturb each rest by 0.03, play 400 steps below and above the foreseen bound: does it die?

    `left` is the length of the push at the end over that at the start. Where simultaneous steps
    above the bound come to rest, `bounds` are the largest steps *there*, and `used` those played.
    """
    began, data = time.process_time(), {}
    for name in GAMMAS:
        stored, data[name] = load_run(f"10_{name}_rest")["data"], {}
        v, rests = field(stored["gamma"]), torch.tensor(stored["weights"]).double()
        generator = torch.Generator().manual_seed(0)
        nudge = torch.randn(rests.shape, generator=generator, dtype=rests.dtype)
        first = (rests + 0.03 * nudge / nudge.norm(dim=1, keepdim=True)).repeat(len(SHARES), 1)
        for method, (step, multiplier) in METHODS.items():
            foreseen = torch.tensor(stored["bounds"][method]["foreseen"]).double()
            h, W = torch.cat([share * foreseen for share in SHARES]), first  # [10]
            for _ in range(400):
                W = step(vmap(v), W, h[:, None])
            left = vmap(v)(W).norm(dim=1) / vmap(v)(first).norm(dim=1)
            left = left.nan_to_num(nan=9e9).view(len(SHARES), -1)
            kept = [float(f"{x:.3g}") for x in left.flatten().tolist()]
            data[name][method] = {"left": [kept[:5], kept[5:]]}
            if method == "simultaneous":
                ends = [eigenvalues(v, w).numpy() for w in W[5:]]
                there = [bound(multiplier, e[np.abs(e) >= 1e-2]) for e in ends]
                data[name][method] |= {"bounds": there, "used": h[5:].tolist()}
    seconds = round(time.process_time() - began, 1)
    about = {"seeds": [*SEEDS], "steps": 400, "cpu_seconds": seconds, "shares": SHARES}
    return {"about": about, **data}


DIRAC = {
    "minimax": DiracGame(minimax),
    "non-saturating": DiracGame(non_saturating),
    "Wasserstein, clipped at 1": DiracGame(wasserstein, bound=1.0),
    "Wasserstein, penalty, target 1": DiracGame(
        wasserstein, lambda psi: 0.35 * (psi.abs() - 1) ** 2
    ),
    "minimax, instance noise 0.7": DiracGame(minimax, noise=0.7),
    "minimax, R1 0.3": DiracGame(minimax, lambda psi: 0.15 * psi**2),
    "minimax, R1 1": DiracGame(minimax, lambda psi: 0.5 * psi**2),
    "non-saturating, R1 0.3": DiracGame(non_saturating, lambda psi: 0.15 * psi**2),
    "minimax, consensus 1": DiracGame(minimax, consensus=1.0),
}


@recipe("10_dirac")
def dirac_table() -> dict:
    """Play the Dirac-GAN of Mescheder et al. (2018) under nine rules, each in three orders of play.

    From theta = 1, psi = -1, which is (1, 1) in the paper's sign; 500 steps of size 0.2, G first.
    """
    began, rows = time.process_time(), {}
    for name, game in DIRAC.items():
        ends = [np.hypot(*game.path((1.0, -1.0), moves)[-1]) for moves in ("", "GD", "GDDDDD")]
        values = [e for e in game.eigenvalues() if np.isfinite(e)]
        rows[name] = {
            "eigenvalues": [[round(e.real, 6), round(e.imag, 6)] for e in values],
            "distances": [float(f"{end:.6g}") for end in ends],
        }
    seconds = round(time.process_time() - began, 1)
    about = {"seeds": ["nothing is drawn"], "steps": 500, "h": 0.2, "cpu_seconds": seconds}
    return {"about": about, "rows": rows}


RATES, GRADIENTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), 60
LAYERS = [range(24), range(24, 96), range(96, 114)]  # weights and biases of G's three layers


def against_a_fixed_discriminator(seed: int) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Return G's loss as a function of its 114 weights, and its first weights.

    D has learned for 100 steps to tell the data from what this G makes at first.
    """
    torch.manual_seed(seed)
    G, D, z = mlp(2, 2, (8, 8), nn.Tanh).double(), networks()[1], circle(POINTS, 0.5)
    learn, real, fake = torch.optim.SGD(D.parameters(), lr=0.2), circle(POINTS), G(z).detach()
    for _ in range(100):
        learn.zero_grad()
        minimax.d(D(real), D(fake)).backward()
        learn.step()
    shapes = {name: p.shape for name, p in G.named_parameters()}

    def loss(w: Tensor) -> Tensor:
        parts = w.split([shape.numel() for shape in shapes.values()])
        named = {n: part.view(s) for (n, s), part in zip(shapes.items(), parts, strict=True)}
        return non_saturating.g(D(functional_call(G, named, (z,))), None)

    return loss, torch.cat([p.detach().flatten() for p in G.parameters()])


def gradients_needed(loss: Callable[[Tensor], Tensor], w: Tensor, rate: float, order: list) -> int:
    """Return after how many gradients the loss is a tenth of the first; each moves the next block of `order`."""

    def v(w: Tensor) -> Tensor:
        return -grad(loss)(w)

    first = loss(w)
    for moves in range(1, GRADIENTS + 1):
        block = order[(moves - 1) % len(order)]
        w = alternating(v, w, rate, [block])
        if loss(w) < first / 10:
            return moves
    return GRADIENTS + 1  # not within reach


@recipe("10_blocks")
def blocks() -> dict:
    """Train G against a fixed D: all layers at once, or one after the other; count gradients."""
    began, games = time.process_time(), [against_a_fixed_discriminator(seed) for seed in SEEDS]
    orders = {"all layers at once": [range(114)], "layer by layer": LAYERS}
    data: dict = {name: [] for name in orders}
    for (name, order), rate in itertools.product(orders.items(), RATES):
        needed = [gradients_needed(loss, w, rate, order) for loss, w in games]
        data[name].append({"rate": rate, "needed": needed})
    seconds = round(time.process_time() - began, 1)
    about = {"seeds": [*SEEDS], "steps": GRADIENTS, "cpu_seconds": seconds}
    first = [round(loss(w).item(), 3) for loss, w in games]
    return {"about": about, "first": first, "needed": data}
