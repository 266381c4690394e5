"""What all tests share: one thread, the CUDA marker, and notebooks that are started first and timed."""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

# Before torch is imported, and inherited by the workers, processes and kernels that tests start: two
# of them with two threads each, on two cores, run five times slower than with one.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@dataclass(eq=False)  # pytest keeps plugins in a set
class NotebookTimes:
    """Adds up the seconds of each notebook's cells and prints them. Nothing is asserted."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count every phase: starting the kernel belongs to what a reader waits for."""
        path = report.nodeid.split("::")[0]
        if path.endswith(".ipynb"):
            self.seconds[path] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table before pytest's own summary line."""
        if self.seconds:
            terminalreporter.section("seconds per notebook, measured in this run")
            for path, seconds in sorted(self.seconds.items()):
                terminalreporter.write_line(f"{seconds:8.1f}  {path}")


def pytest_configure(config: pytest.Config) -> None:
    """Register as a plugin: hooks of this file alone would not see the book's folder."""
    config.pluginmanager.register(NotebookTimes())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long files first, chapters before solutions, so that two workers end together."""

    def order(item: pytest.Item) -> tuple[bool, ...]:
        name = item.nodeid
        late = not name.startswith("book/") and "test_new_chapter" not in name
        return late, not name.startswith("book/"), "solutions" in name

    items.sort(key=order)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs CUDA where there is none."""
    if item.get_closest_marker("cuda"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device")


@pytest.fixture(autouse=True)
def no_figure_outlives_its_test() -> Iterator[None]:
    """Close what a test has drawn: others count the figures that they leave open."""
    yield
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")
