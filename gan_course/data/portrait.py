"""A face as a drawing: hair, head, eyes, nose and mouth, each painted from its factors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .canvas import Canvas, blank, both, ellipse, mixed
from .factors import Factors

SKIN = ((0.95, 0.81, 0.71), (0.90, 0.70, 0.55), (0.74, 0.51, 0.36), (0.46, 0.30, 0.21))
HAIRS = ((0.11, 0.09, 0.10), (0.30, 0.18, 0.12), (0.58, 0.29, 0.14), (0.93, 0.77, 0.46))
SHIRTS = ((0.20, 0.29, 0.56), (0.18, 0.50, 0.46), (0.86, 0.68, 0.28), (0.74, 0.27, 0.27))
WALLS = ((0.52, 0.68, 0.90), (0.58, 0.80, 0.68), (0.93, 0.87, 0.70), (0.93, 0.70, 0.70))

EYE = {-0.48: (-0.68, 0.22), 0.48: (-0.22, 0.68)}  # longitude, and from where to where it is seen

# One row for each haircut. Behind the head: half width, half height, where it ends, how far its
# sides bulge, its curls. On the forehead: height of the hairline, its slope, how it frames.
BACK = torch.tensor(
    [
        [0.97, 0.66, -0.12, 0.0, 0.0],  # cropped
        [1.06, 0.74, -0.02, 0.0, 0.0],  # parted
        [1.24, 0.76, 0.42, 1.0, 0.0],  # bob
        [1.22, 0.76, 0.98, 1.0, 0.0],  # long
        [1.42, 0.86, 0.60, 0.0, 0.045],  # curls
        [1.04, 0.72, -0.06, 0.0, 0.0],  # bun
    ]
)
FRONT = torch.tensor(
    [
        [-0.40, 0.0, 0.30],  # cropped
        [-0.36, 0.34, 0.25],  # parted
        [-0.28, 0.0, 0.20],  # bob
        [-0.46, -0.30, 1.30],  # long
        [-0.36, 0.0, 0.35],  # curls
        [-0.46, 0.0, 0.80],  # bun
    ]
)


@dataclass(frozen=True)
class Pose:
    """Where things lie on a head that turns: a ball seen from the front.

    Args:
        theta: angle of the head in radians [n, 1, 1].
        half: half the width of the face [n, 1, 1].
    """

    theta: Tensor
    half: Tensor

    def x(self, longitude: float, out: float = 1.0) -> Tensor:
        """Return where a longitude in radians lies in the picture; `out` of the ball's radius."""
        return 0.5 * out * torch.sin(self.theta + longitude) + self.centre * 0.5

    def narrowed(self, longitude: float) -> Tensor:
        """Return how much narrower a thing looks at a longitude that turns away."""
        return torch.cos(self.theta + longitude).clamp(min=0.3) / torch.cos(torch.tensor(longitude))

    @property
    def centre(self) -> Tensor:
        """How far the face as a whole moves."""
        return 0.16 * torch.sin(self.theta)


def portraits(factors: Factors, size: int) -> Tensor:
    """Paint faces from back to front: float32 [n, 3, size, size] in [0, 1]."""
    canvas = blank(mixed(WALLS, factors["background"]), size)
    pose = Pose(0.42 * _flat(factors["turn"]), 0.45 + 0.12 * _flat(factors["width"]))
    skin, hair = mixed(SKIN, factors["skin"]), mixed(HAIRS, factors["hair_colour"])
    kind = factors["hair"].long()
    _hair_behind(canvas, pose, hair, kind)
    _body(canvas, pose, skin, mixed(SHIRTS, factors["shirt"]))
    _head(canvas, pose, skin)
    _beard(canvas, pose, hair, factors)
    _mouth(canvas, pose, skin, factors)
    _nose(canvas, pose, skin)
    _eyes(canvas, pose, hair, skin, factors)
    _hair_in_front(canvas, pose, hair, kind)
    _glasses(canvas, pose, factors)
    shade = 1 + 0.28 * _flat(factors["light"]) * (canvas.X / 0.6).clamp(-1, 1)
    return (canvas.image * torch.lerp(torch.ones(()), shade[:, None], canvas.figure)).clamp_(0, 1)


def _flat(values: Tensor) -> Tensor:
    return values[:, None, None]


def _hair_behind(canvas: Canvas, pose: Pose, hair: Tensor, kind: Tensor) -> None:
    wide, high, end, straight, curls = BACK[kind].T[..., None, None]
    x, y = canvas.X + 0.4 * pose.centre, canvas.Y + 0.08
    angle = torch.atan2(y, x)
    grown = 1 + curls * torch.cos(9 * angle)
    below = torch.where(straight > 0, y.clamp(max=0), y)
    d = ellipse(x, below, pose.half * wide * grown, high * grown)
    canvas.paint(canvas.cover(both(d, canvas.Y - end, 0.12)), hair * 0.82)
    bun = (kind == 5).float()[:, None, None]
    top = canvas.window(-0.5, 0.5, -1, -0.4)
    d = ellipse(top.X + 0.8 * pose.centre, top.Y + 0.82, 0.2, 0.17)
    top.paint(top.cover(d) * bun, hair * 0.9)


def _body(canvas: Canvas, pose: Pose, skin: Tensor, shirt: Tensor) -> None:
    low = canvas.window(-1, 1, 0.4, 1)
    neck = both(low.X.abs() - 0.19, 0.3 - low.Y)
    low.paint(low.cover(neck), skin * 0.84)
    shoulders = ellipse(low.X, low.Y - 1.12, 0.82, 0.36)
    low.paint(low.cover(shoulders), shirt)
    low.paint(low.cover(ellipse(low.X, low.Y - 0.76, 0.2, 0.13)), skin * 0.84)


def _head(canvas: Canvas, pose: Pose, skin: Tensor) -> None:
    ears = canvas.window(-0.8, 0.8, -0.3, 0.35)
    for side in (-1, 1):
        x = side * pose.half * 0.99 - 0.35 * pose.centre
        ears.paint(ears.cover(ellipse(ears.X - x, ears.Y - 0.02, 0.09, 0.14)), skin * 0.9)
    face = canvas.window(-0.75, 0.75, -0.7, 0.75)
    face.paint(face.cover(_outline(face, pose, 1.0)), skin)
    cheeks = canvas.window(-0.7, 0.7, 0.0, 0.5)
    inside = cheeks.cover(_outline(cheeks, pose, 1.0))
    rosy = skin * torch.tensor([1.0, 0.80, 0.78])
    for side in (-0.75, 0.75):
        d = ellipse(cheeks.X - pose.x(side), cheeks.Y - 0.24, 0.13, 0.10)
        cheeks.paint(0.4 * inside * (0.5 - d / 0.12).clamp(0, 1), rosy)


def _outline(canvas: Canvas, pose: Pose, scale: float) -> Tensor:
    """Distance to the outline of the face: an egg whose chin leads when the head turns."""
    chin = (canvas.Y - 0.02).clamp(min=0) / 0.66
    x = (canvas.X - pose.centre * (1 + 0.5 * chin)) / (1 - 0.12 * chin * chin)
    return ellipse(x, canvas.Y - 0.02, pose.half * scale, 0.68 * scale)


def _beard(canvas: Canvas, pose: Pose, hair: Tensor, factors: Factors) -> None:
    part = canvas.window(-0.7, 0.8, 0.1, 0.8)
    outer = _outline(part, pose, 1.02)
    inner = ellipse(part.X - pose.x(0.0), part.Y - 0.12, pose.half * 0.8, 0.22)
    share = part.cover(torch.maximum(torch.maximum(outer, -inner), 0.14 - part.Y))
    part.paint(0.9 * share * _flat(factors["beard"]), hair * 0.9)


def _mouth(canvas: Canvas, pose: Pose, skin: Tensor, factors: Factors) -> None:
    part = canvas.window(-0.5, 0.6, 0.2, 0.66)
    x = (part.X - pose.x(0.0)) / pose.narrowed(0.0)
    smile, opened = _flat(factors["smile"]), _flat(factors["open"])
    y = part.Y - 0.43 + (0.7 + 1.8 * smile) * (x * x - 0.017)
    inside = 1 - (x / 0.2) ** 2
    half = (0.022 + 0.075 * opened) * inside.clamp(min=0).sqrt()
    d = torch.maximum(y.abs() - half - 0.028 * inside.clamp(-1, 1), x.abs() - 0.215)
    lips = skin * torch.tensor([0.78, 0.50, 0.50]) + torch.tensor([0.06, 0.0, 0.0])
    part.paint(part.cover(d), lips)
    gap = torch.maximum(y.abs() - half * opened, x.abs() - 0.18)
    part.paint(
        part.cover(gap) * opened.clamp(max=0.3) / 0.3,
        torch.tensor([0.42, 0.13, 0.15]).expand_as(skin),
    )
    teeth = torch.maximum(gap, y)
    part.paint(part.cover(teeth) * opened, torch.full_like(skin, 0.97))


def _nose(canvas: Canvas, pose: Pose, skin: Tensor) -> None:
    part = canvas.window(-0.35, 0.4, -0.1, 0.35)
    tip = pose.x(0.0, 1.25)
    part.paint(part.cover(ellipse(part.X - tip, part.Y - 0.19, 0.085, 0.055)), skin * 0.82)
    part.paint(part.cover(ellipse(part.X - tip, part.Y - 0.155, 0.075, 0.055)), skin * 1.02)


def _eyes(canvas: Canvas, pose: Pose, hair: Tensor, skin: Tensor, factors: Factors) -> None:
    size = 0.08 + 0.055 * _flat(factors["eyes"])
    white, dark = torch.full_like(skin, 0.98), torch.tensor([0.16, 0.12, 0.12]).expand_as(skin)
    for side in EYE:
        part = canvas.window(*EYE[side], -0.45, 0.12)
        middle, squeezed = pose.x(side), pose.narrowed(side)
        x, y = (part.X - middle) / squeezed, part.Y + 0.06
        eye = ellipse(x, y, 1.2 * size, 0.95 * size)
        part.paint(part.cover(eye), white)
        iris = ellipse(x - 0.55 * size * _flat(factors["gaze"]), y, 0.7 * size, 0.82 * size)
        part.paint(part.cover(torch.maximum(iris, eye)), dark)
        part.paint(part.band(eye, 0.012) * (y < 0), dark)
        raised = 0.04 * _flat(factors["brows"])
        line = part.Y + 0.26 + raised - 0.9 * x * x
        brow = both(line.abs() - 0.028, x.abs() - 0.15, 0.02)
        part.paint(part.cover(brow), hair * 0.7)


def _hair_in_front(canvas: Canvas, pose: Pose, hair: Tensor, kind: Tensor) -> None:
    height, slope, frame = FRONT[kind].T[..., None, None]
    part = canvas.window(-0.75, 0.75, -0.85, 0.3)
    x = part.X - pose.centre
    cap = ellipse(x, part.Y + 0.02, pose.half * 1.05, 0.71)
    line = height + slope * x + frame * x * x
    part.paint(part.cover(torch.maximum(cap, part.Y - line)), hair)


def _glasses(canvas: Canvas, pose: Pose, factors: Factors) -> None:
    worn, dark = _flat(factors["glasses"]), torch.tensor([0.15, 0.14, 0.17])
    dark = dark.expand(len(factors), 3)
    for side in EYE:
        part = canvas.window(*EYE[side], -0.26, 0.15)
        x = (part.X - pose.x(side)) / pose.narrowed(side)
        rim = ellipse(x, part.Y + 0.055, 0.2, 0.175)
        part.paint(part.band(rim, 0.02) * worn, dark)
    part = canvas.window(-0.3, 0.3, -0.15, 0.0)
    bridge = torch.maximum((part.Y + 0.09).abs() - 0.018, (part.X - pose.x(0.0)).abs() - 0.05)
    part.paint(part.cover(bridge) * worn, dark)
