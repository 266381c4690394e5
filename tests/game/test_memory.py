"""Training holds networks, optimizers, data and one step's activations, and nothing that grows."""

import gc
from dataclasses import dataclass, field
from itertools import pairwise

import psutil
import pytest
import torch
from games_for_tests import plain, points, with_state

from gan_course import gradient_penalty, play, relativistic, wasserstein

MEGABYTE = 2**20


@dataclass
class Watched:
    """Endless batches that look at the process before the batches with these numbers."""

    at: tuple[int, ...]
    batches: object = field(default_factory=points)
    drawn: int = 0
    tensors: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)

    def __next__(self):
        if self.drawn in self.at:
            gc.collect()
            self.tensors.append(sum(issubclass(type(o), torch.Tensor) for o in gc.get_objects()))
            self.resident.append(psutil.Process().memory_info().rss)
        self.drawn += 1
        return next(self.batches)


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (plain, {}),
        (with_state, {"objective": relativistic}),
        (plain, {"objective": wasserstein, "penalties": [(10, gradient_penalty)]}),
    ],
)
def test_memory_does_not_grow_over_2000_steps_between_two_records(build, options):
    batches = Watched(at=(200, 1100, 1999))
    play(build(**options), batches, 2000)
    assert len(set(batches.tensors)) == 1
    # what grows does so in both halves; the allocator now and then takes some more in one
    assert min(b - a for a, b in pairwise(batches.resident)) < MEGABYTE / 2


def test_memory_does_not_grow_from_record_to_record():
    game, batches = plain(), Watched(at=(20, 100, 199))
    for _ in range(200):
        play(game, batches, 1)
    assert len(set(batches.tensors)) == 1
