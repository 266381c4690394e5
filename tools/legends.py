"""What runs through a legend: found by the geometry of the drawn figure, while it is still alive."""

from collections.abc import Iterator

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.path import Path
from matplotlib.transforms import Bbox

MARGIN = 4  # pixels of a legend's box that are empty


def crossings(figure: Figure) -> Iterator[str]:
    """Yield a sentence for each line, area and heap of marks that meets a legend.

    Args:
        figure: it is drawn, so that its legends have found their places.
    """
    figure.canvas.draw()
    own = [legend for ax in figure.axes if (legend := ax.get_legend())]
    for legend in [*own, *figure.legends]:
        box = legend.get_window_extent().padded(-MARGIN)
        for ax in figure.axes:
            for artist in [*ax.lines, *ax.collections, *ax.patches]:
                if artist.get_visible() and meets(artist, ax, box):
                    yield sentence(artist, legend)


def meets(artist: Artist, ax: Axes, box: Bbox) -> bool:
    """Return whether what is seen of an artist lies in the box, all in pixels."""
    seen = Bbox.intersection(box, ax.bbox) if artist.get_clip_on() else box
    if seen is None:
        return False
    if isinstance(artist, Collection) and len(artist.get_offsets()) > 1:
        places = artist.get_offset_transform().transform(artist.get_offsets())
        return bool(((places > seen.min) & (places < seen.max)).all(1).any())
    return any(path.intersects_bbox(seen, filled) for path, filled in outlines(artist))


def outlines(artist: Artist) -> Iterator[tuple[Path, bool]]:
    """Yield an artist's paths in pixels, and whether each is filled."""
    paths = artist.get_paths() if isinstance(artist, Collection) else [artist.get_path()]
    lines = not hasattr(artist, "get_facecolor") or not len(artist.get_facecolor())
    for path in paths:
        if len(path.vertices):
            yield artist.get_transform().transform_path(path), not lines


def sentence(artist: Artist, legend: Legend) -> str:
    """Return what meets the legend, in words that find both."""
    label = str(artist.get_label())
    name = "something without a label" if label.startswith("_") or not label else f"“{label}”"
    entries = ", ".join(f"“{text.get_text()}”" for text in legend.get_texts())
    return f"{name} runs through the legend of {entries}: give the legend a place of its own."
