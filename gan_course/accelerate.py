"""Faster ways to play the same game, for runs that are long enough to earn them.

    game = compiled(game)      on a CPU or a GPU: loss and gradients become one compiled graph
    game = graphed(game)       on an NVIDIA GPU: whole moves are recorded and replayed

Both return a game that goes on where the given one stands, on the same networks and
optimizers: checkpoints of one load into the other, learning rates may change on the way, and
the numbers agree with those of the plain game up to rounding. A player whose loss reads its
tensors to decide what to do next says `eager=True` and is left as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from .distributed import WorldLoss
from .game import Game
from .player import Found, Player, laid_out_like
from .recording import CudaGraphs, Recorder, Recording

__all__ = ["compiled", "graphed"]


def _with_players(game: Game, faster: Callable[..., Player]) -> Game:
    """Returns the game with all its state and its players replaced, but for the eager ones."""
    if any(isinstance(player.loss, WorldLoss) for player in game.players):
        raise ValueError(
            "compiled and graphed games play in one process, and this one is distributed: play "
            "it as it is."
        )
    game = copy.copy(game)  # not `replace`, which would take a fresh random state
    game.players = [
        player
        if player.eager
        else faster(**{f.name: getattr(player, f.name) for f in fields(Player) if f.init})
        for player in game.players
    ]
    return game


@dataclass
class _CompiledPlayer(Player):
    """A player whose loss and gradients are one compiled graph."""

    def __post_init__(self) -> None:
        super().__post_init__()
        options = {"fallback_random": True}  # draws what is drawn without the compiler
        # isolated: otherwise the fifth game of a process would exceed one limit for all players
        self._graph = torch.compile(
            super().find, fullgraph=True, dynamic=False, options=options, isolate_recompiles=True
        )

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        try:
            loss, notes, gradients = self._graph(parameters, batch)
        except torch._dynamo.exc.TorchDynamoException as error:
            raise RuntimeError(
                f"the loss of player {self.name} could not be compiled as one graph (the error "
                "above says where): if it decides by the values of tensors, say so with "
                "Player(..., eager=True)."
            ) from error
        return loss, notes, tuple(map(laid_out_like, parameters, gradients))


def compiled(game: Game) -> Game:
    """Returns the game with the loss and gradients of every player compiled into one graph.

    The compiler fuses what stands between two matrix products, gradient penalties included;
    the optimizers stay torch's own. It pays where networks are small and many steps follow:
    with multilayer perceptrons a step took 1.2 to 1.4 times less, and the first step 25 to 50
    seconds, or 3 to 8 once the compiler's cache was filled (one thread of two busy cores).

    Args:
        game: to go on with; use the returned one in its place.

    Returns:
        A game on the same networks and optimizers. Its first step waits for the compiler, and
        so does the first batch of every other shape. torch's compiler is told, in this whole
        process, that it may look into `torch.autograd.grad`.

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
    return _with_players(game, _CompiledPlayer)


def _check_compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler  # slow to import

    try:
        get_cpp_compiler()
    except Exception as error:  # its kind differs between systems
        raise RuntimeError(
            "compiled needs a C++ compiler such as g++, and found none: install one, or play "
            "the game as it is."
        ) from error


class _RecordedPlayer(Player):
    """A player whose two halves of a move, gradients and step, are recorded and replayed."""

    def record_by(self, recorder: Recorder) -> _RecordedPlayer:
        self._find = Recording(f"the loss of player {self.name}", self._find_stacked, recorder)
        self._step = Recording(f"the step of player {self.name}", self._take_step, recorder)
        self._kinds: list[tuple] = []
        self._names: list[str] = []
        return self

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        kinds = [(list(tensor.shape), tensor.dtype) for tensor in batch]
        self._kinds = self._kinds or kinds
        if kinds != self._kinds:
            raise ValueError(
                "a graphed game needs batches of one shape and type: they began with "
                f"{self._kinds}, now came {kinds}; give a DataLoader drop_last=True."
            )
        facts = [self.loss, *(place for p in parameters for place in (id(p), p.data_ptr()))]
        values, gradients = self._find(facts, *batch)
        loss, *notes = values.clone().unbind()
        return loss, dict(zip(self._names, notes, strict=True)), gradients

    def _find_stacked(self, *batch: Tensor) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        """Stacks loss and notes, so that one copy takes them out of a replay."""
        loss, notes, gradients = super().find(self.parameters, batch)
        self._names = [*notes]
        return torch.stack([loss, *notes.values()]), gradients

    def step(self) -> None:
        self._step(_facts(self.optimizer))

    def _take_step(self) -> None:
        with _capturable(self.optimizer):
            self.optimizer.step()


def _facts(optimizer: torch.optim.Optimizer) -> list:
    """Returns what a recorded step takes for granted: its settings, and where its tensors lie."""
    groups = optimizer.param_groups
    settings = [value for group in groups for key, value in group.items() if key != "params"]
    held = [p for group in groups for p in group["params"]]
    tensors = [t for p in held for t in (p, p.grad, *optimizer.state.get(p, {}).values())]
    return settings + [t.data_ptr() if isinstance(t, Tensor) else t for t in tensors]


@contextmanager
def _capturable(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Tells an optimizer that it is recorded, while it is: it warns of that at other times."""
    groups = [group for group in optimizer.param_groups if "capturable" in group]
    before = [group["capturable"] for group in groups]
    recording = torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()
    for group in groups:
        group["capturable"] |= recording
    try:
        yield
    finally:
        for group, was in zip(groups, before, strict=True):
            group["capturable"] = was


def graphed(game: Game) -> Game:
    """Returns the game with every player's moves recorded as CUDA graphs and replayed.

    A small network keeps a GPU waiting for Python, which launches some hundred kernels a move;
    recorded, they are launched at once, gradient penalties and optimizer included. The first
    moves are played as they are: after three with nothing changed (learning rate, frozen
    layers) they are recorded, and anew after every such change. What a loss takes from
    elsewhere, such as a penalty's weight or another network's place in memory, is recorded as
    it stood: change that, or move a network, in the plain game, and call `graphed` again.

    Args:
        game: on an NVIDIA GPU; use the returned one in its place.

    Returns:
        A game on the same networks and optimizers. An optimizer's hooks are recorded with it.

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
    return recorded(game, CudaGraphs(game.device))


def recorded(game: Game, recorder: Recorder) -> Game:
    """Returns the game with moves recorded in any way: `graphed` with its means as an argument."""
    return _with_players(game, lambda **player: _RecordedPlayer(**player).record_by(recorder))
