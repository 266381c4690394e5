"""What the checks of chapter 15 have to tell apart; test_check_chapters.py proves it."""

import torch
from exercises import Proof

from gan_course.check import chapter15


def stub(*answers): ...


def accuracy(real, fake):
    return ((real > 0).float().mean() + (fake < 0).float().mean()) / 2


def sureness(real, fake):
    return (real.sigmoid().mean() + (1 - fake.sigmoid()).mean()) / 2


# TODO: a proof for each exercise.
PROOFS = [
    Proof(
        chapter15.accuracy,
        stub=(stub,),
        solution=(accuracy,),
        wrong=[
            ((lambda real, fake: accuracy(-real, -fake),), "D is wrong"),
            ((sureness,), "averaged probabilities"),
            ((lambda real, fake: (torch.cat([real, -fake]) > 0).float().mean(),), "all samples"),
            ((lambda real, fake: 2 * accuracy(real, fake),), "not how often"),
        ],
        unforeseen=[(lambda real, fake: (real > 0).float().mean(),)],
    ),
]
