"""WGAN with a gradient penalty (Gulrajani et al., 2017, arXiv:1704.00028), residual networks.

    python recipes/wgan_gp.py                                     one GPU, or the CPU
    torchrun --nproc-per-node 8 recipes/wgan_gp.py                eight GPUs
    python recipes/wgan_gp.py --data path/to/images --size 64     a folder of images
    python recipes/wgan_gp.py --data digits --size 16 --width 16 --steps 500      two cores

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
from gan_course.presets import wgan_gp
from gan_course.runs import Run

DATA, SIZE = "cifar10", 32  # or mnist, fashion-mnist, digits, glyphs, the path of a folder
WIDTH = 128  # channels of every block; the paper's
BATCH = 64  # of all processes together; the paper's
STEPS = 100_000  # of G; the critic makes five moves in each
BF16 = True  # on a GPU; losses and the penalty stay in float32
REPORT, SAVE = 100, 2500  # steps between two records, and between two checkpoints
SEED = 0


def main(data: str, size: int, width: int, batch: int, steps: int, out: str) -> None:
    """Trains in one process or in many, and keeps everything in the run folder `out`."""
    with world() as here:
        torch.manual_seed(SEED)
        images = open_data(data, size)
        bf16 = BF16 and here.device.type == "cuda"
        game = wgan_gp(images.shape, width, bf16, here.device)
        run = Run(Path(out), writes=here.first)  # all processes read it, the first one writes
        run.restore(game)  # goes on from a checkpoint, if there is one
        sizes = {"width": width, "batch": batch, "steps": steps, "report": REPORT, "every": SAVE}
        how = {"preset": "wgan-gp", "data": data, "seed": SEED, "bf16": bf16, "fast": False}
        write_config(run, config_for(images, **how, **sizes))  # for gan-course sample, evaluate
        distributed(game)  # averages the gradients of all processes

        batches = images.batches(batch, device=here.device)
        for record in train(game, batches, steps - game.step, report_every=REPORT):
            run.log(record)
            if here.first:  # the critic's estimate of the distance, penalty aside, should fall
                distance = record["D_real"] - record["D_fake"]
                print(f"{game.step:7,}  critic's gap {distance:.3f}")
            if game.step % SAVE == 0 or game.step == steps:
                run.save(game)


if __name__ == "__main__":
    sizes = {"size": SIZE, "width": WIDTH, "batch": BATCH, "steps": STEPS}
    main(**options(__doc__, data=DATA, **sizes, out="runs/wgan_gp"))
