"""How fast a game is played: recorded, compiled, or as it is written.

    game = gan(G, D)           on an NVIDIA GPU: whole moves are recorded and replayed
    game = eager(game)         ... unless you say otherwise
    game = graphed(game)       ... or want an error where a move cannot be recorded
    game = compiled(game)      on a CPU or a GPU: loss and gradients become one compiled graph

All return a game that goes on where the given one stands, on the same networks and optimizers:
checkpoints of one load into the other, and the numbers agree with those of the plain game up to
rounding.

A small network keeps a GPU waiting for Python, which launches some hundred kernels a move;
recorded, they are launched at once, gradient penalties, optimizers and running averages included.
The first moves are played as they are. After three in which nothing changed, they are recorded.
Every Python value that a loss can reach is watched: a penalty's weight, an annealed noise, a
layer's settings and hooks, frozen layers, learning rates, a network's place in memory. If one
changes between two records, the move is recorded anew; if one changes in every move, it is played
as it is, and a warning says so. Now and then a move is played both ways from one state, and if
they disagree, the recording is given up.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..game.player import Found, Player, laid_out_like
from .cuda_graphs import CudaGraphs, Recorder
from .moves import Recordings, is_distributed

if TYPE_CHECKING:  # the game itself is recorded by these modules
    from ..game import Game

__all__ = ["compiled", "eager", "graphed"]


def eager(game: Game) -> Game:
    """Return the game itself, to be played as its Python is written: nothing is recorded.

    Args:
        game: whose players are told so, all of them.
    """
    for player in game.players:
        player.eager = True
    return game


def graphed(game: Game) -> Game:
    """Return the game with every player's moves recorded as CUDA graphs, or an error.

    On a CUDA GPU every game is recorded where it can be, and plays on where it cannot. This
    insists: it is for measuring, and for runs whose time was counted on it.

    Args:
        game: on an NVIDIA GPU; use the returned one in its place.

    Returns:
        A game on the same networks and players. An optimizer's hooks are recorded with it.

    Raises:
        ValueError: the game is not on a CUDA GPU, or distributed; while playing, if a batch has
            another shape.
        RuntimeError: while playing, if a move cannot be recorded.
    """
    if game.device.type != "cuda":
        raise ValueError(
            f"graphed needs a game on a CUDA GPU, and this one is on the {game.device}: use "
            "compiled, or play it as it is."
        )
    return recorded(game, CudaGraphs(game.device), strict=True)


def recorded(game: Game, recorder: Recorder | None, strict: bool = False) -> Game:
    """Return the game with moves recorded in any way: `graphed` with its means as an argument."""
    if is_distributed(game):
        raise ValueError(
            "compiled and graphed games play in one process, and this one is distributed: play "
            "it as it is."
        )
    game = copy.copy(game)  # not `replace`, which would build it anew
    game._recordings = Recordings(recorder, game.device, strict)
    return game


def compiled(game: Game) -> Game:
    """Return the game with the loss and gradients of every player compiled into one graph.

    The compiler fuses what stands between two matrix products, gradient penalties included;
    the optimizers stay torch's own. It pays where networks are small and many steps follow:
    with multilayer perceptrons a step took 1.2 to 1.4 times less, and the first step 25 to 50
    seconds, or 3 to 8 once the compiler's cache was filled (one thread of two busy cores).

    Args:
        game: to go on with; use the returned one in its place.

    Returns:
        A game on the same networks and optimizers, all of whose players but the eager ones are
        compiled; nothing is recorded besides. Its first step waits for the compiler, and so does
        the first batch of every other shape. torch's compiler is told, in this whole process,
        that it may look into `torch.autograd.grad`.

    Raises:
        ValueError: the game is distributed.
        RuntimeError: this torch cannot compile gradients, or there is no C++ compiler; while
            playing, if a loss cannot be compiled.
    """
    if not hasattr(torch._dynamo.config, "trace_autograd_ops"):
        raise RuntimeError(
            "compiled needs a torch that compiles gradients, 2.13 or newer, and this is "
            f"{torch.__version__}: update torch, or play the game as it is."
        )
    if game.device.type == "cpu":
        _check_compiler()
    torch._dynamo.config.trace_autograd_ops = True
    game = recorded(game, recorder=None)
    game.players = [
        player if player.eager else CompiledPlayer.from_player(player) for player in game.players
    ]
    return game


@dataclasses.dataclass
class CompiledPlayer(Player):
    """A player whose loss and gradients are one compiled graph.

    Attributes:
        graph: `find` compiled, as `Player.find` is called.
    """

    graph: object = dataclasses.field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def from_player(cls, player: Player) -> CompiledPlayer:
        """Return a compiled player in the place of another, on its optimizer."""
        fields = [field.name for field in dataclasses.fields(Player) if field.init]
        return cls(**{name: getattr(player, name) for name in fields})

    def __post_init__(self) -> None:
        super().__post_init__()
        options = {"fallback_random": True}  # draws what is drawn without the compiler
        # isolated: otherwise the fifth game of a process would exceed one limit for all players
        self.graph = torch.compile(
            super().find, fullgraph=True, dynamic=False, options=options, isolate_recompiles=True
        )

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        try:
            loss, notes, gradients = self.graph(parameters, batch)
        except torch._dynamo.exc.TorchDynamoException as error:
            raise RuntimeError(
                f"the loss of player {self.name} could not be compiled as one graph (the error "
                "above says where): if it decides by the values of tensors, say so with "
                "Player(..., eager=True)."
            ) from error
        return loss, notes, tuple(map(laid_out_like, parameters, gradients))


def _check_compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler  # slow to import

    try:
        get_cpp_compiler()
    except Exception as error:  # its kind differs between systems
        raise RuntimeError(
            "compiled needs a C++ compiler such as g++, and found none: install one, or play "
            "the game as it is."
        ) from error
