"""Recording what a GPU is told to do, and telling it again in one go.

A CUDA graph is a list of kernels with fixed addresses: replaying it costs one launch, where
Python would launch some hundred kernels one by one. What may be recorded, and until when a
recording holds, is decided here; how it is done on a GPU is `CudaGraphs` alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Recorder(Protocol):
    """How functions are recorded: by CUDA graphs, or in tests by running them again."""

    def warm_up(self, function: Callable[[], object]) -> object:
        """Runs a function in a way that lets it be recorded later; returns what it returns."""

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        """Returns a replay, which does what the function would do; nothing is done yet."""


@dataclass(frozen=True)
class CudaGraphs:
    """Records by `torch.cuda.CUDAGraph` on one GPU.

    torch hands every replay fresh random numbers, the same ones as without recording.
    """

    device: torch.device

    def warm_up(self, function: Callable[[], object]) -> object:
        """Runs a function on a stream of its own, as recording will, and returns its result."""
        with torch.cuda.device(self.device):
            here, side = torch.cuda.current_stream(), torch.cuda.Stream()
            side.wait_stream(here)
            with torch.cuda.stream(side):
                result = function()
            here.wait_stream(side)
        return result

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        """Records a function's kernels, which do not run meanwhile, and returns their replay.

        Raises:
            RuntimeError: the function waits for the GPU or reads from it.
        """
        gc.collect()  # an autograd graph that lingers belongs to another stream
        graph = torch.cuda.CUDAGraph()
        # a stream of this GPU: torch's own one is on whichever GPU recorded first
        stream = torch.cuda.Stream(self.device)
        # thread_local: a DataLoader's thread may go on copying to the GPU meanwhile
        with (
            torch.cuda.device(self.device),
            torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
        ):
            result = function()  # tensors to which every replay writes

        def replay() -> object:
            graph.replay()
            return result

        return replay


@dataclass
class Recording:
    """A function that runs as it is until nothing about it changes, and is replayed from then on.

    The runs before count like all others, so warming up changes nothing.

    Attributes:
        name: what error messages call it.
        function: of tensors.
        recorder: how to record it.
        warm_up: runs in succession with equal facts, before it is recorded.
        facts: what a recording takes for granted, such as addresses and learning rates.
        runs: with these facts.
        inputs: where a replay reads its inputs.
        replay: the recording; None until there is one.
    """

    name: str
    function: Callable[..., object]
    recorder: Recorder
    warm_up: int = 3
    facts: list | None = None
    runs: int = 0
    inputs: tuple[Tensor, ...] = ()
    replay: Callable[[], object] | None = None

    def __call__(self, facts: list, *inputs: Tensor) -> object:
        """Runs or replays the function; the next replay overwrites the results of this one.

        Args:
            facts: what must still be as it was; otherwise the recording is thrown away.
            *inputs: tensors `[...]` of the same shapes and types as long as the facts hold.

        Raises:
            RuntimeError: it could not be recorded.
        """
        if facts != self.facts:
            self.facts, self.runs, self.replay = facts, 0, None
        if self.replay is None and self.runs < self.warm_up:
            self.runs += 1
            return self.recorder.warm_up(lambda: self.function(*inputs))
        if self.replay is None:
            self.inputs = tuple(tensor.clone() for tensor in inputs)
            self.replay = self._record()
        for kept, new in zip(self.inputs, inputs, strict=True):
            kept.copy_(new)
        return self.replay()

    def _record(self) -> Callable[[], object]:
        try:
            return self.recorder.record(lambda: self.function(*self.inputs))
        except (RuntimeError, AssertionError) as error:
            raise RuntimeError(
                f"{self.name} could not be recorded (the error above says why): it must not "
                "read tensors on the way, nor use an optimizer that counts its steps on the CPU "
                "(Adam needs fused=True). Or let it be with Player(..., eager=True)."
            ) from error
