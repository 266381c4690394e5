"""Sliders that need no kernel."""

import re

import ipywidgets
import matplotlib
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gan_course import plots
from gan_course.widgets import panel, scrub


def draw(value):
    return plots.curves([{"step": 1, "loss": value}, {"step": 2, "loss": 0.0}], "loss")


def test_without_javascript_the_last_picture_alone_is_seen():
    page = scrub(draw, [1.0, 2.0, 3.0], ["step 1", "step 2", "step <3>"], "loss over time")
    images = re.findall(r"<img [^>]*>", page._repr_html_())
    assert len(images) == 3
    assert [image.endswith(" hidden>") for image in images] == [True, True, False]
    assert 'alt="loss over time: step &lt;3&gt;"' in images[2]


def test_the_slider_is_named_and_reaches_every_picture():
    page = scrub(draw, [1.0, 2.0], ["a", "b"], "loss")._repr_html_()
    slider = re.search(r"<input [^>]*>", page)[0]
    assert 'min="0" max="1" value="1"' in slider and 'aria-label="loss"' in slider


def test_outputs_repeat_and_figures_are_closed():
    pages = [scrub(draw, [1.0, 2.0], ["a", "b"], "loss")._repr_html_() for _ in range(2)]
    assert pages[0] == pages[1] and " id=" not in pages[0]
    assert not plt.get_fignums()


def test_labels_and_frames_must_match():
    with pytest.raises(ValueError, match="got 2 frames and 1 labels"):
        scrub(draw, [1.0, 2.0], ["a"], "loss")
    with pytest.raises(ValueError, match="got 0 frames"):
        scrub(draw, [], [], "loss")


def test_a_panel_draws_again_when_a_control_moves():
    slider = ipywidgets.FloatSlider(value=1.0, min=0.0, max=4.0, description="loss")
    box = panel(draw, [slider], 'the "loss" over time')
    first = box.children[-1].value
    assert 'alt="the &quot;loss&quot; over time"' in first
    slider.value = 3.0
    assert box.children[-1].value != first
    slider.value = 1.0
    assert box.children[-1].value == first and not plt.get_fignums()
