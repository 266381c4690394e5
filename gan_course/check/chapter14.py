"""The exercises of chapter 14: TODO, its subject in a few words."""

import torch

from .core import exercise
from .expect import expect_close


@exercise(stars=1)
def accuracy(accuracy):
    """TODO: replace this example. Count how often D is right, from its logits."""
    real, fake = torch.randn(9), torch.randn(5) - 1
    right_real, right_fake = (real > 0).float(), (fake < 0).float()
    want = (right_real.mean() + right_fake.mean()) / 2
    sure = (real.sigmoid().mean() + (-fake).sigmoid().mean()) / 2
    expect_close(
        accuracy(real, fake),
        want,
        "This is not how often D is right.",
        "Compare each logit with 0: a positive one calls its sample real.",
        mistakes=[
            (1 - want, "This is how often D is wrong.", "A real sample has a positive logit."),
            (sure, "You averaged probabilities.", "A call is right or wrong, and nothing between."),
            (
                torch.cat([right_real, right_fake]).mean(),
                "You averaged over all samples at once.",
                "Real and fake samples count one half each, however many there are.",
            ),
        ],
    )
    return "One half for each kind, however many there are."
