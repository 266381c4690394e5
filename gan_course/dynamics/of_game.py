"""The field of a whole `Game`: the pushes of two players on small networks, and their Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call

from ..game import Game
from ..game.states import get_random_state, set_random_state

__all__ = ["GameField", "game_field"]


class _Losses(nn.Module):
    """The players' losses as one module, so that `functional_call` can give it other weights."""

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(game.networks)
        self.players = game.players

    def forward(self, player: int, *batch: Tensor) -> Tensor:
        return self.players[player].loss(*batch)[0]


class GameField:
    """The field of a game of networks on one batch: a function of all players' weights; `game_field`.

    Attributes:
        weights: the game's, as one vector `[n]`, in the players' order of play.
        blocks: by player, the indices of its weights.
    """

    def __init__(self, game: Game, *batch: Tensor, seed: int = 0) -> None:
        self._losses, self._batch, self._seed, self._device = (
            _Losses(game),
            batch,
            seed,
            game.device,
        )
        names = {id(p): name for name, p in self._losses.named_parameters()}
        owned = {player.name: player.parameters for player in game.players}
        parameters = [p for each in owned.values() for p in each]
        self._shapes = {names[id(p)]: p.shape for p in parameters}
        self.weights = torch.cat([p.detach().flatten() for p in parameters])
        ends = torch.tensor([sum(p.numel() for p in each) for each in owned.values()]).cumsum(0)
        starts = [0, *ends.tolist()]
        self.blocks = {name: list(range(starts[i], starts[i + 1])) for i, name in enumerate(owned)}

    def __call__(self, w: Tensor) -> Tensor:
        """Return v(w), `[n]`: what each player would add to its own weights, for a rate of 1."""
        return self._push(w.detach().requires_grad_()).detach()

    def _push(self, w: Tensor) -> Tensor:
        sizes = [shape.numel() for shape in self._shapes.values()]
        parts = zip(self._shapes.items(), w.split(sizes), strict=True)
        weights = {name: part.view(shape) for (name, shape), part in parts}
        found = []
        for player, block in enumerate(self.blocks.values()):
            loss = self._drawn(functional_call, self._losses, weights, (player, *self._batch))
            found.append(-torch.autograd.grad(loss, w)[0][block])
        return torch.cat(found)

    def _drawn(self, function: Callable, *args: Any) -> Any:
        """Call a function with the same random draws each time, and leave torch's state alone."""
        state = get_random_state(self._device)
        try:
            torch.manual_seed(self._seed)
            return function(*args)
        finally:
            set_random_state(state, self._device)

    def _column(self, w: Tensor, direction: Tensor) -> Tensor:
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(w.detach().clone().requires_grad_(), direction)
            tangent = forward_ad.unpack_dual(self._push(dual)).tangent
        return torch.zeros_like(w) if tangent is None else tangent.detach()

    def jacobian(self, w: Tensor) -> Tensor:
        """Return the whole Jacobian at w, `[n, n]`, column by column: forward over reverse.

        Forward, since the slope of D's push in G's weights has to pass through the fakes, which
        D's loss draws without a gradient.

        Raises:
            ValueError: a loss hides a part of itself from differentiation, as a penalty at fakes
                does, which detaches them: the columns do not agree with differences of v.
        """
        columns = [self._column(w, e) for e in torch.eye(len(w), dtype=w.dtype, device=w.device)]
        J = torch.stack(columns, dim=1)
        generator = torch.Generator().manual_seed(self._seed)
        u = torch.randn(len(w), generator=generator, dtype=w.dtype).to(w.device)
        u = 1e-5 * u / u.norm()
        differences, expected = self(w + u) - self(w - u), 2 * J @ u
        if (differences - expected).norm() > 1e-4 * (expected.norm() + 1e-12):
            raise ValueError(
                "the Jacobian does not agree with differences of v: a loss detaches what depends on "
                "weights, as penalties at fakes do, or has kinks here, as ReLU networks do."
            )
        return J


def game_field(game: Game, *batch: Tensor, seed: int = 0) -> GameField:
    """Return the field v of a game of two players on one batch, with its exact Jacobian.

        v = (-dL_D / dw_D, -dL_G / dw_G),     J = dv / dw.

    It computes the game's own losses, penalties included, with other weights, and never changes
    the game; the same draws are made each time. For a network of a few hundred weights: J has one
    column for each. Rates and Adam are not in it: v is what plain gradient steps would follow.

    Args:
        game: two players on networks in float64, without batch norm.
        *batch: `(x [N, ...], *y)`.
        seed: of the draws inside the losses, such as z.

    Returns:
        A function `v(w [n]) -> [n]` with `weights`, those of the game now; `blocks`, the indices
        of each player's; and `jacobian(w) -> [n, n]`.

    Raises:
        ValueError: the game has not two players (a lazy penalty is a player), or is not in float64.
    """
    if len(game.players) != 2:
        names = [player.name for player in game.players]
        raise ValueError(f"game_field needs a game of two players, got {names}.")
    kinds = {p.dtype for player in game.players for p in player.parameters}
    if kinds != {torch.float64}:
        raise ValueError(
            f"eigenvalues need float64, and the networks are in {sorted(map(str, kinds))}: build the "
            "game on G.double() and D.double(), and give it batches and a latent in float64."
        )
    return GameField(game, *batch, seed=seed)
