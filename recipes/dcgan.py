"""DCGAN (Radford, Metz and Chintala, 2016, arXiv:1511.06434) on MNIST, CIFAR-10 or your images.

    python recipes/dcgan.py                                       one GPU, or the CPU
    torchrun --nproc-per-node 8 recipes/dcgan.py                  eight GPUs
    python recipes/dcgan.py --data path/to/images --size 64       a folder of images
    python recipes/dcgan.py --data digits --size 16 --width 16 --steps 500      two cores

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
from gan_course.presets import dcgan
from gan_course.runs import Run

DATA, SIZE = "cifar10", 32  # or mnist, fashion-mnist, digits, glyphs, the path of a folder
WIDTH = 64  # as in the authors' code; 128 is figure 1 of the paper
BATCH = 128  # of all processes together; the paper's
STEPS = 50_000  # 128 epochs of CIFAR-10
BF16 = True  # on a GPU; losses stay in float32
REPORT, SAVE = 100, 2500  # steps between two records, and between two checkpoints
SEED = 0


def main(data: str, size: int, width: int, batch: int, steps: int, out: str) -> None:
    """Trains in one process or in many, and keeps everything in the run folder `out`."""
    with world() as here:
        torch.manual_seed(SEED)
        images = open_data(data, size)
        bf16 = BF16 and here.device.type == "cuda"
        game = dcgan(images.shape, width, bf16, here.device)
        run = Run(Path(out), writes=here.first)  # all processes read it, the first one writes
        run.restore(game)  # goes on from a checkpoint, if there is one
        sizes = {"width": width, "batch": batch, "steps": steps, "report": REPORT, "every": SAVE}
        how = {"preset": "dcgan", "data": data, "seed": SEED, "bf16": bf16, "fast": False}
        write_config(run, config_for(images, **how, **sizes))  # for gan-course sample, evaluate
        distributed(game)  # averages the gradients of all processes

        batches = images.batches(batch, device=here.device)
        for record in train(game, batches, steps - game.step, report_every=REPORT):
            run.log(record)
            if here.first:
                print(f"{game.step:7,}  D {record['D_loss']:.3f}  G {record['G_loss']:.3f}")
            if game.step % SAVE == 0 or game.step == steps:
                run.save(game)


if __name__ == "__main__":
    sizes = {"size": SIZE, "width": WIDTH, "batch": BATCH, "steps": STEPS}
    main(**options(__doc__, data=DATA, **sizes, out="runs/dcgan"))
