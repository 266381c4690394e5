"""Unrolled GANs: G asks what D will say after some more moves, not what it says now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..arguments import is_whole
from ..game import Game, Player
from ..games.shared import wide
from ..objectives import Objective
from .shared import drawing, player_of

__all__ = ["unrolled"]

Weights = dict[str, Tensor]
Move = Callable[[Weights, Weights], Weights]  # (weights, gradients) -> weights a move later


def _plain_moves(optimizer: torch.optim.SGD, names: dict[nn.Parameter, str]) -> Move:
    """Return w - lr g, with the rate of each parameter's group."""
    rates = {names[p]: group["lr"] for group in optimizer.param_groups for p in group["params"]}
    return lambda w, g: {name: w[name] - rates[name] * g[name] for name in w}


def _adams_moves(optimizer: torch.optim.Adam, names: dict[nn.Parameter, str]) -> Move:
    """Return Adam's next moves from where its running moments stand now, as functions of g."""
    groups = {names[p]: group for group in optimizer.param_groups for p in group["params"]}
    states = {names[p]: optimizer.state.get(p, {}) for p in names}
    ages = {k: state.get("step", 0) for k, state in states.items()}
    means = {k: state["exp_avg"].clone() if state else 0.0 for k, state in states.items()}
    squares = {k: state["exp_avg_sq"].clone() if state else 0.0 for k, state in states.items()}

    def move(w: Weights, g: Weights) -> Weights:
        moved = {}
        for k, group in groups.items():
            (b1, b2), ages[k] = group["betas"], ages[k] + 1
            means[k] = b1 * means[k] + (1 - b1) * g[k]
            squares[k] = b2 * squares[k] + (1 - b2) * g[k].square()
            square = squares[k] / (1 - b2 ** ages[k])
            # eps under the root, where the slope at 0 would be infinite otherwise
            scale = (square + group["eps"] ** 2).sqrt()
            moved[k] = w[k] - group["lr"] * means[k] / (1 - b1 ** ages[k]) / scale
        return moved

    return move


def _moves_of(player: Player, names: dict[nn.Parameter, str]) -> Move:
    """Return what one more move of a player makes of its weights, to be differentiated.

    Raises:
        ValueError: its optimizer is neither plain SGD nor plain Adam.
    """
    optimizer, groups = player.optimizer, player.optimizer.param_groups
    beyond = ("momentum", "weight_decay", "amsgrad", "nesterov", "maximize")
    if not any(group.get(option) for group in groups for option in beyond):
        if type(optimizer) is torch.optim.SGD:
            return _plain_moves(optimizer, names)
        if type(optimizer) is torch.optim.Adam:
            return _adams_moves(optimizer, names)
    raise ValueError(
        "unrolled can look ahead along plain SGD and Adam, without momentum of SGD, weight decay "
        f"or amsgrad; D has {type(optimizer).__name__}."
    )


def unrolled(game: Game, objective: Objective, steps: int) -> Game:
    """Return the game in which G's loss is seen by the D of `steps` moves later.

        g = objective.g(D_K(G(z)), D_K(x)),   D_0 = D,   D_k = D_k-1 after a move on (x, G(z)),

    and G's gradient is taken *through* these moves, which depend on G (Metz et al., 2017,
    arXiv:1611.02163). D itself moves as before. The moves ahead are those of D's optimizer, Adam
    or plain SGD, all on one batch. G's move takes about 1 + 3 `steps` times as long.

    Args:
        game: of `gan`, without penalties.
        objective: that of the game.
        steps: K, at least 0: with 0 the game is the one before.

    Returns:
        Its successor, with the networks, optimizers and random state of `game`.

    Raises:
        ValueError: the game has another objective or penalties, `steps` is below 0; while
            playing, D's optimizer is one that this cannot follow.
    """
    known = (game.settings.get("objective"), game.settings.get("penalties"))
    if known != (objective.name, ""):
        raise ValueError(
            f"unrolled looks ahead at {objective} alone, and the game is one of {known[0]} with "
            f"penalties {known[1] or 'none'}: build it by gan with this objective, without any."
        )
    if not (is_whole(steps) and steps >= 0):
        raise ValueError(f"unrolled looks 0 or more whole moves ahead, got {steps}.")
    player, critic = player_of(game, "G"), player_of(game, "D")
    draw, D = drawing(game), game.networks["D"]

    def loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        fake = draw(real, *y)

        def judged(w: Weights, x: Tensor) -> Tensor:
            return wide(functional_call(D, w, (x.clone(), *y)))

        held = {id(p) for p in critic.parameters}
        names = {p: name for name, p in D.named_parameters() if id(p) in held}
        w: Weights = {name: p for p, name in names.items()}
        move = _moves_of(critic, names)
        for _ in range(steps):
            ahead = objective.d(judged(w, real), judged(w, fake))
            slopes = torch.autograd.grad(ahead, [*w.values()], create_graph=True)
            w = move(w, dict(zip(w, slopes, strict=True)))
        d_real = judged(w, real) if objective.paired else None
        return objective.g(judged(w, fake), d_real), {}

    players = [replace(p, loss=loss) if p is player else p for p in game.players]
    return replace(game, players=players, settings={**game.settings, "unrolled": str(steps)})
