"""Three autoencoders: plain, variational, and adversarial. G is the decoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from ..arguments import real_number
from ..game import Game, Player
from ..latents import Normal
from ..networks.encoders import Gaussian, kl_to_normal
from ..objectives import Objective, non_saturating
from .codes import all_averaged, check_codes, first_batch, mean_square
from .shared import check_logits, check_samples, moved, verdicts, wide

__all__ = ["adversarial_autoencoder", "autoencoder", "vae"]

Noted = tuple[Tensor, dict[str, Tensor]]


def autoencoder(
    E: nn.Module,
    G: nn.Module,
    *,
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.9, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble an autoencoder (Hinton and Salakhutdinov, 2006): a game without an opponent.

        E and G minimise  mean (x - G(E(x)))^2.

    Nothing is asked of the codes, so there is no z to sample from.

    Args:
        E: maps `x` to codes.
        G: maps codes to samples shaped like the data.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of E and G; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; the loss stays in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of one player `EG`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G returns the wrong shape, or labels come.
    """
    networks = {"E": E, "G": G}
    device = moved(networks, device)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def loss(x: Tensor) -> Noted:
        with autocast():
            back = check_samples(x, G(E(x.clone())))
        return mean_square(back, x), {}

    adam = torch.optim.Adam([*E.parameters(), *G.parameters()], lr, betas, fused=True)
    return Game(
        networks=networks,
        players=[Player("EG", loss, adam)],
        averages=all_averaged(ema, E=E, G=G),
        inspection=first_batch(E, G),
        settings={"objective": "autoencoder", "bf16": str(bf16)},
    )


def vae(
    E: Gaussian,
    G: nn.Module,
    *,
    noise: float,
    latent: Normal = Normal(64),
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.9, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the variational autoencoder of Kingma and Welling (2014, arXiv:1312.6114).

    With z ~ N(0, I) and x ~ N(G(z), noise^2 I), E and G minimise a bound of -log q(x) in nats for
    each sample of d numbers, the negative ELBO,

        E |x - G(z)|^2 / (2 noise^2) + d log(noise sqrt(2 pi))
            + KL(e(z | x) | N(0, I)),

    the mean over z drawn by E, e(z | x) its Gaussian.

    Args:
        E: maps `x` to codes drawn from its Gaussian.
        G: maps `z` to samples shaped like the data, without noise.
        noise: standard deviation of x about G(z), above 0. Small noise asks for reconstruction,
            large noise for codes near N(0, I).
        latent: the prior, `Normal(dim)`.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of E and G; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; the loss stays in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of one player `EG`; its records also hold `EG_kl`, and `EG_error`, the mean of
        (x - G(z))^2.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        TypeError: E is no `Gaussian`, or the prior no `Normal`.
        ValueError: noise is not above 0; while playing, if E or G return the wrong shape, or
            labels come.
    """
    if not (isinstance(E, Gaussian) and isinstance(latent, Normal)):
        raise TypeError("vae needs an encoder Gaussian(body) and a prior Normal(dim).")
    v = real_number(noise, "noise", above=0)
    networks = {"E": E, "G": G}
    device = moved(networks, device)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def loss(x: Tensor) -> Noted:
        eps = latent(len(x), device)
        with autocast():
            mu, log_sigma = E.gaussian(x.clone())
            z = check_codes(mu, eps) + log_sigma.exp() * eps
            back = check_samples(x, G(z))
        error, kl, d = mean_square(back, x), kl_to_normal(mu, log_sigma).mean(), x[0].numel()
        unlikely = d * (error / (2 * v**2) + math.log(v * math.sqrt(2 * math.pi)))
        return unlikely + kl, {"kl": kl, "error": error}

    adam = torch.optim.Adam([*E.parameters(), *G.parameters()], lr, betas, fused=True)
    return Game(
        networks=networks,
        players=[Player("EG", loss, adam)],
        latent=latent,
        averages=all_averaged(ema, E=E, G=G),
        inspection=first_batch(E, G, latent),
        settings={"objective": f"vae {v}", "bf16": str(bf16)},
    )


def adversarial_autoencoder(
    E: nn.Module,
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    prior: Callable[..., Tensor] = Normal(64),
    penalties: Sequence[tuple[float, Callable[..., Tensor]]] = (),
    lr: float = 2e-4,
    lr_D: float | None = None,
    lr_E: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the adversarial autoencoder of Makhzani et al. (2015, arXiv:1511.05644).

    An autoencoder whose codes, of all x together, are made to follow a prior: D learns to tell
    z of the prior, which are its real ones, from codes. In every step, in this order,

        E and G minimise  mean (x - G(E(x)))^2,
        D minimises       objective.d(D(z), D(E(x))),
        E minimises       objective.g(D(E(x)), D(z)).

    The reconstruction and the deception of D have an Adam each, so their balance is that of the
    two step sizes, and no weight stands between them.

    Batches (x, y) make it the supervised variant: z is drawn by `prior(n, device, y)` and D is
    told the label of each code, D(z, y); E and G never see it.

    Args:
        E: maps `x` to codes shaped like z.
        G: maps codes to samples shaped like the data.
        D: maps codes, `(z, *y)`, to logits `[N]` or `[N, 1]`.
        objective: the pair of losses on D's logits.
        prior: where z comes from, `prior(n, device, *y) -> z [n, dim]`, such as `Normal(8)`,
            `Petals(10)` or `Concat(Categorical(10), Normal(8))`.
        penalties: pairs `(weight, penalty)` added to D's loss, in float32.
        lr: Adam's step size of the reconstruction and, unless they are given, of D and E.
        lr_D: D's own step size.
        lr_E: step size of E against D.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of E and G; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; losses and penalties stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of players `EG`, `D` and `E`; it samples G(z) of the prior.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if a network returns the wrong shape.
    """
    networks = {"E": E, "G": G, "D": D}
    device = moved(networks, device)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def reconstruction(x: Tensor, *y: Tensor) -> Noted:
        with autocast():
            back = check_samples(x, G(E(x.clone())))
        return mean_square(back, x), {}

    def coded(x: Tensor, *y: Tensor) -> tuple[Tensor, Tensor]:
        z = prior(len(x), device, *y)
        with autocast():
            return z, check_codes(E(x.clone()), z)

    def d_loss(x: Tensor, *y: Tensor) -> Noted:
        with torch.no_grad():
            z, code = coded(x, *y)
        with autocast():
            a, b = wide(D(z.clone(), *y)), wide(D(code.clone(), *y))
        check_logits(x, a, b)
        leash = sum(weight * penalty(D, z, wide(code), *y) for weight, penalty in penalties)
        return objective.d(a, b) + leash, verdicts(objective, a, b)

    def e_loss(x: Tensor, *y: Tensor) -> Noted:
        z, code = coded(x, *y)
        with autocast():
            b = wide(D(code.clone(), *y))
            a = wide(D(z.clone(), *y)) if objective.paired else None
        return objective.g(b, a), {}

    adam = partial(torch.optim.Adam, betas=betas, fused=True)
    return Game(
        networks=networks,
        players=[
            Player("EG", reconstruction, adam([*E.parameters(), *G.parameters()], lr)),
            Player("D", d_loss, adam(D.parameters(), lr if lr_D is None else lr_D)),
            Player("E", e_loss, adam(E.parameters(), lr if lr_E is None else lr_E)),
        ],
        latent=prior,
        averages=all_averaged(ema, E=E, G=G),
        inspection=first_batch(E, G, prior, D, judged=lambda x, z, *y: (z, *y), labels=True),
        settings={"objective": f"adversarial autoencoder {objective.name}", "bf16": str(bf16)},
    )
