"""What asks a run to stop, and the lines that it prints while somebody reads them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from types import FrameType

import click
import torch
from tqdm import tqdm

from ..distributed import gather

STOPPING = b"\nStopping after the next record; once more to stop at once, without saving.\n"
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
CLOSED = getattr(signal, "SIGPIPE", 13)


@dataclass
class Stop:
    """Turns the first signal into a wish, and the second one into KeyboardInterrupt.

    A terminal that was closed hangs up (SIGHUP), unless `nohup` has this signal ignored; an output
    that nobody reads any more, as behind `| head`, is a wish to stop as well.

    Attributes:
        speaks: whether this process prints; of those that train together the first one does.
        signal: the number of the signal that came; 0 before.
        before: how signals were handled outside.
    """

    speaks: bool = True
    signal: int = 0
    before: dict = field(default_factory=dict)

    def __enter__(self) -> Stop:
        for number in SIGNALS:
            if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
                self.before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        if sys.stderr is not None:  # else number 2 may be a file of the run
            with contextlib.suppress(OSError):  # the terminal may be what has gone
                os.write(2, STOPPING)  # print could be what was interrupted

    def agree(self) -> int:
        """Return the signal that any of the processes was sent: all stop after the same step."""
        asked = int(gather(torch.tensor([self.signal])).max())
        self.signal = self.signal or asked  # one that came meanwhile counts at the next record
        return asked

    def say(self, line: str) -> None:
        """Print one line above the progress bar."""
        if not self.speaks:
            return
        try:
            with tqdm.external_write_mode():
                click.echo(line)
        except OSError:  # closed, and not a full disk
            self.signal = self.signal or CLOSED
            _silence()


def _silence() -> None:
    """Let what is printed from now on go nowhere, also what Python still holds back."""
    with contextlib.suppress(OSError):  # an output that is no file needs none of this
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
