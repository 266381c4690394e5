"""A conditional GAN with a projection critic (Miyato and Koyama, 2018, arXiv:1802.05637).

Residual networks, spectral norm in D (Miyato et al., 2018, arXiv:1802.05957), the hinge loss.
It needs images with classes: MNIST, Fashion-MNIST, CIFAR-10, or one folder for each class.

    python recipes/projection.py                                  one GPU, or the CPU
    torchrun --nproc-per-node 8 recipes/projection.py             eight GPUs
    python recipes/projection.py --data path/to/classes --size 64
    python recipes/projection.py --data digits --size 16 --width 16 --steps 500      two cores

Stopped or killed, it goes on from its last checkpoint when it is started again.
"""

from __future__ import annotations

from pathlib import Path

import torch
from options import options

from gan_course import train
from gan_course.cli.choices import open_data
from gan_course.cli.config import config_for, write_config
from gan_course.distributed import distributed, world
from gan_course.presets import projection
from gan_course.runs import SAMPLES, Run

DATA, SIZE = "cifar10", 32  # or mnist, fashion-mnist, digits, glyphs, the path of a folder
WIDTH = 128  # channels of every block; the papers have 256 in G and 128 in D
BATCH = 64  # of all processes together; the papers' for CIFAR-10
STEPS = 50_000  # of G; D makes five moves in each
BF16 = True  # on a GPU; losses stay in float32
REPORT, SAVE = 100, 2500  # steps between two records, and between two checkpoints
SEED = 0


def main(data: str, size: int, width: int, batch: int, steps: int, out: str) -> None:
    """Trains in one process or in many, and keeps everything in the run folder `out`."""
    with world() as here:
        torch.manual_seed(SEED)
        images = open_data(data, size)
        classes, bf16 = len(images.classes), BF16 and here.device.type == "cuda"
        game = projection(images.shape, classes, width, bf16, here.device)
        run = Run(Path(out), writes=here.first)  # all processes read it, the first one writes
        run.restore(game)  # goes on from a checkpoint, if there is one
        sizes = {"width": width, "batch": batch, "steps": steps, "report": REPORT, "every": SAVE}
        how = {"preset": "projection", "data": data, "seed": SEED, "bf16": bf16, "fast": False}
        write_config(run, config_for(images, **how, **sizes))  # for gan-course sample, evaluate
        distributed(game)  # averages the gradients of all processes

        columns = torch.arange(SAMPLES) % classes  # a column of each picture for each class
        batches = images.batches(batch, labels=True, device=here.device)
        for record in train(game, batches, steps - game.step, report_every=REPORT):
            run.log(record)
            if here.first:
                print(f"{game.step:7,}  D {record['D_loss']:.3f}  G {record['G_loss']:.3f}")
            if game.step % SAVE == 0 or game.step == steps:
                run.save(game, columns)


if __name__ == "__main__":
    sizes = {"size": SIZE, "width": WIDTH, "batch": BATCH, "steps": STEPS}
    main(**options(__doc__, data=DATA, **sizes, out="runs/projection"))
