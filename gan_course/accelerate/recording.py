"""When a function is recorded, and until when the recording holds.

A recording takes for granted all that the function can reach (`watching`). It is thrown away
when something of that changes between two moves; what changes in every move is not recorded.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import is_

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten

from .both_ways import both_ways
from .cuda_graphs import Recorder
from .watching import Watch

PAYS = 20  # replays that make up for recording
RESTLESS = 20  # changes in a row after which recording is given up


def switches() -> tuple:
    """Return torch's own settings, which decide how a function is computed."""
    cudnn, kinds = torch.backends.cudnn, ("cpu", "cuda")
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        cudnn.enabled and (cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic),
        *((torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in kinds),
    )


def _readers_level() -> int:
    """Return how many calls above the caller the reader's own line stands."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("gan_course"):
        frame, level = frame.f_back, level + 1
    return level


@dataclass(eq=False)
class Recording:
    """A function that runs as it is until nothing about it changes, and is replayed from then on.

    The runs before count like all others, so warming up changes nothing.

    Attributes:
        name: what is recorded, for sentences.
        function: of tensors.
        reach: returns all that the function can reach, by name.
        recorder: how to record it.
        strict: whether what cannot be recorded is an error; otherwise it is a warning.
        differentiates: whether it builds autograd graphs. One of an earlier run that lingers
            belongs to another stream, and would spoil the recording.
        warm_up: runs in succession in which nothing changes, before it is recorded.
        look: whether the next run looks for changes; while warming up, every run does.
        attentive: whether every run does.
        check: whether the next replay is put to the test.
        refusal: why it is not recorded; empty as long as it may be.
        forgotten: called when a recording is thrown away.
    """

    name: str
    function: Callable[..., object]
    reach: Callable[[], dict[str, object]]
    recorder: Recorder
    strict: bool = False
    differentiates: bool = False
    warm_up: int = 3
    look: bool = True
    attentive: bool = False
    check: bool = True
    refusal: str = ""
    forgotten: Callable[[], None] = lambda: None
    replay: Callable[[], object] | None = None
    result: object = None
    inputs: tuple[Tensor, ...] = ()
    _facts: list = field(default_factory=list)
    _switches: tuple = ()
    _watch: Watch | None = None
    _quiet: int = 0
    _restless: int = 0
    _replays: int = 0
    _strangers: int = 0  # inputs of another shape in succession

    def __call__(self, facts: Sequence, *inputs: Tensor) -> object:
        """Run or replay the function; the next replay overwrites the results of this one.

        Args:
            facts: objects that must be the same ones as before.
            *inputs: tensors `[...]`; those of another shape are not replayed.

        Raises:
            RuntimeError: it is strict, and could not be recorded.
            ValueError: it is strict, and an input has another shape.
        """
        if not self.refusal:
            self._notice(facts)
        if self.refusal:
            return self.function(*inputs)
        if not self._fits(inputs):
            return self._run_stranger(inputs)
        if self.replay is None and self._quiet < self.warm_up:
            return self._warm(inputs)
        if self.replay is None and not self._record(inputs):
            return self.function(*inputs)
        return self._play_back(inputs)

    def forget(self) -> None:
        """Throw the recording away, and wait before the next one: longer if it was in vain."""
        if self.replay is not None:
            self.warm_up = 3 if self._replays >= PAYS else 2 * self.warm_up
            self._restless = 0 if self._replays >= PAYS else self._restless
        self.replay, self.result, self._quiet = None, None, 0
        self.forgotten()

    def refuse(self, why: str, error: Exception | None = None) -> None:
        """Give up recording, and say so in one sentence."""
        self.forget()
        self.refusal, self._watch, self.inputs = why, None, ()
        sentence = f"{self.name} could not be recorded, because {why}: "
        if self.strict:
            raise RuntimeError(
                f"{sentence}let it be with Player(..., eager=True), or play without graphed."
            ) from error
        warnings.warn(
            f"{sentence}it is played as it is, with the same numbers and slower. "
            "Player(..., eager=True) says that you know.",
            stacklevel=_readers_level(),
        )

    def _notice(self, facts: Sequence) -> None:
        """Throw the recording away if anything has changed since the last look."""
        if len(facts) != len(self._facts) or not all(map(is_, facts, self._facts)):
            self.forget()
            self._facts, self._watch = [*facts], None
        if (self.look or self.replay is None) and (path := self._change()):
            self._unsettle(path)
        self.look = self.attentive

    def _change(self) -> str:
        """Return what has changed since the last look; empty if nothing has."""
        if self._watch is None:
            self._watch = Watch(self.reach(), frozen_cpu=self.recorder.device.type != "cpu")
            self._switches = switches()
        path = self._watch.changed()
        if self._watch.refusal:
            self.refuse(self._watch.refusal)
        elif self._switches != switches():
            path, self._switches = "a setting of torch", switches()
        return path

    def _unsettle(self, path: str) -> None:
        self.forget()
        self._watch = None
        self._restless += 1
        if self._restless >= RESTLESS and not self.refusal:
            self.refuse(f"{path} changes again and again, and a recording would hold it fixed")

    def _warm(self, inputs: tuple[Tensor, ...]) -> object:
        if self._watch is None:
            self._change()
        before = self.recorder.frozen_state()
        result = self.recorder.warm_up(lambda: self.function(*inputs))
        self._quiet += 1
        if not self.refusal and (path := self._change()):
            self._unsettle(path)
        elif not self.refusal and before != self.recorder.frozen_state():
            self._unsettle("the random state of the CPU")
        return result

    def _record(self, inputs: tuple[Tensor, ...]) -> bool:
        self.inputs = tuple(tensor.clone() for tensor in inputs)
        self._replays, self.check = 0, True
        if self.differentiates:
            gc.collect()  # takes 0.15 s beside torch and a few libraries
        try:
            self.replay = self.recorder.record(lambda: self.function(*self.inputs))
        except (RuntimeError, AssertionError) as error:
            self.refuse(
                f"torch says {str(error).splitlines()[0]!r} (it must not read tensors on the "
                "way, nor use an optimizer that counts its steps on the CPU)",
                error,
            )
        return self.replay is not None

    def _play_back(self, inputs: tuple[Tensor, ...]) -> object:
        for kept, new in zip(self.inputs, inputs, strict=True):
            kept.copy_(new)
        self._replays += 1
        self._restless = 0 if self._replays >= PAYS else self._restless
        try:
            self.result = self._tested() if self.check else self.replay()
        except RuntimeError:  # the random state that it drew from is gone: see CudaGraphs
            self._unsettle("the GPU's random state")
            return self.function(*inputs)
        return self.result

    def _tested(self) -> object:
        self.check = False
        result, agree = both_ways(
            lambda: self.recorder.warm_up(lambda: self.function(*self.inputs)),
            self.replay,
            self._watch.tensors,
            self.recorder.device,
        )
        if not agree:
            self.refuse("played both ways from one state, it gave different numbers")
        return result

    def _fits(self, inputs: tuple[Tensor, ...]) -> bool:
        """Return whether the inputs are like those recorded; the first ones say what is usual."""
        if not self.inputs:
            self.inputs = tuple(torch.empty_like(tensor) for tensor in inputs)
        kinds = [[(t.shape, t.dtype) for t in side] for side in (self.inputs, inputs)]
        fits = kinds[0] == kinds[1]
        if not fits and self._strangers >= self.warm_up:  # they are the usual ones now
            self.forget()
            self.inputs, fits = inputs, True
        self._strangers = 0 if fits else self._strangers + 1
        return fits

    def _run_stranger(self, inputs: tuple[Tensor, ...]) -> object:
        """Run the function on inputs of another shape; its results go where a replay's go."""
        if self.strict:
            kinds = [[(list(t.shape), t.dtype) for t in side] for side in (self.inputs, inputs)]
            raise ValueError(
                "a graphed game needs batches of one shape and type: they began with "
                f"{kinds[0]}, now came {kinds[1]}; give a DataLoader drop_last=True."
            )
        result = self.function(*inputs)
        if self.replay is None or self.result is None:
            return result
        (old, kind), (new, other) = tree_flatten(self.result), tree_flatten(result)
        likes = [getattr(leaf, "shape", leaf) for leaf in (*old, *new)]
        if kind != other or likes[: len(old)] != likes[len(old) :]:
            self.forget()
            return result
        for kept, leaf in zip(old, new):
            if isinstance(leaf, Tensor):
                kept.copy_(leaf)
        return self.result
