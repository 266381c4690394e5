"""What a GPU was told to do, kept as a list of kernels: replaying it costs one launch.

Everything that needs a GPU stands here. When to record, and until when a recording holds, is
decided in `recording`, and can be tested without one.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from ..game.states import get_random_state, kept_random_state, set_random_state


class Recorder(Protocol):
    """How functions are recorded: by CUDA graphs, or in tests in some other way."""

    device: torch.device

    def warm_up(self, function: Callable[[], object]) -> object:
        """Run a function in a way that lets it be recorded later; return what it returns."""

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        """Return a replay, which does what the function would do; nothing is done yet.

        Raises:
            RuntimeError: it cannot be recorded. Nothing has changed.
        """

    def frozen_state(self) -> object:
        """Return the state of all random numbers that a replay would not draw anew."""


@dataclass(frozen=True)
class CudaGraphs:
    """Records by `torch.cuda.CUDAGraph` on one GPU.

    torch hands every replay fresh random numbers, the same ones as without recording.
    """

    device: torch.device

    def warm_up(self, function: Callable[[], object]) -> object:
        """Run a function on a stream of its own, as recording will, and return its result."""
        with torch.cuda.device(self.device):
            here, side = torch.cuda.current_stream(), torch.cuda.Stream()
            side.wait_stream(here)
            with torch.cuda.stream(side):
                result = function()
            here.wait_stream(side)
        return result

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        """Record a function's kernels, which do not run meanwhile, and return their replay.

        Raises:
            RuntimeError: the function waits for the GPU or reads from it.
        """
        graph = torch.cuda.CUDAGraph()
        before = get_random_state(self.device)
        # a stream of this GPU: torch's own one is on whichever GPU recorded first
        stream = torch.cuda.Stream(self.device)
        try:
            # torch leaves the recording's stream only if that succeeds: the second line always does
            # thread_local: a DataLoader's thread may go on copying to the GPU meanwhile
            with (
                torch.cuda.device(self.device),
                torch.cuda.stream(torch.cuda.current_stream(self.device)),
                torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
            ):
                result = function()  # tensors to which every replay writes
        except BaseException:
            self._free_generator()
            set_random_state(before, self.device)
            raise

        def replay() -> object:
            graph.replay()
            return result

        return replay

    def _free_generator(self) -> None:
        """Free the GPU's random numbers from a recording that failed.

        torch 2.6 to 2.11 leave their state believing that it is being recorded: every later draw
        of this process raises. A copy of the state is free of that; recordings that drew from
        the old one raise when replayed, and are made anew.
        """
        try:
            with kept_random_state(self.device):
                torch.empty(1, device=self.device).uniform_()
        except RuntimeError:
            generator = torch.cuda.default_generators[self.device.index or 0]
            generator.graphsafe_set_state(generator.clone_state())

    def frozen_state(self) -> object:
        """Return the state of the CPU's random numbers: torch's, numpy's and Python's."""
        numpys = np.random.get_state()
        torchs = torch.get_rng_state().numpy().tobytes()
        return random.getstate(), numpys[1].tobytes(), numpys[2:], torchs


@contextlib.contextmanager
def capturable(optimizer: torch.optim.Optimizer):
    """Tell an optimizer that it is recorded, while it is: it warns of that at other times."""
    groups = [group for group in optimizer.param_groups if "capturable" in group]
    recording = torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()
    before = [group["capturable"] for group in groups]
    try:
        for group in groups if recording else ():
            group["capturable"] = True
        yield
    finally:
        for group, was in zip(groups, before, strict=True):
            group["capturable"] = was
