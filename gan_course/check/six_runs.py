"""Which of the six stored runs of chapter 3 is sick, and the clues that tell."""

from __future__ import annotations

from types import MappingProxyType

from .core import exercise
from .expect import expect

RUNS = MappingProxyType(
    {
        "healthy": 6,
        "D wins": 2,
        "collapse": 4,
        "D too slow": 1,
        "double sigmoid": 3,
        "leftover gradients": 5,
    }
)
CLUES = {
    "double sigmoid": (
        "A second sigmoid sees logits between 0 and 1 only: what is then D's accuracy?",
        "sigma(D(x)) as a logit is always positive: D calls everything real.",
    ),
    "D wins": (
        "When D wins, its loss goes to 0 and takes G's gradient with it.",
        "Look for a gradient that falls by orders of magnitude.",
    ),
    "collapse": (
        "If G sits on one of eight clusters, D can be right on 7 of 8 real points.",
        "Look for an accuracy on real data of 7/8 = 0.875.",
    ),
    "D too slow": (
        "When D is too slow it knows nothing: its loss stays where a guess leaves it.",
        "Look for a loss around 2 ln 2 with hardly a good sample.",
    ),
    "healthy": (
        "In a healthy run D's loss stays near 1, and all eight modes are there to the end.",
        "Compare with the five healthy runs that the chapter shows first.",
    ),
    "leftover gradients": (
        "Here G half works for D: D's loss falls below that of healthy runs, and modes are lost.",
        "Compare the two runs that remain: which one loses modes, at a loss of 0.86?",
    ),
}


@exercise(stars=2)
def diagnosis(answer: dict[str, int]) -> str:
    """Say which of the six stored runs suffers from what."""
    expect(
        isinstance(answer, dict) and set(answer) == set(RUNS),
        "Keep the six names as they stand in the stub, with one number for each.",
        "The names are: " + ", ".join(RUNS) + ".",
    )
    expect(
        not any(isinstance(run, str) for run in answer.values()),
        "Give numbers, not strings.",
        'Write 6, not "6".',
    )
    expect(
        sorted(answer.values()) == [1, 2, 3, 4, 5, 6],
        "Use each of the numbers 1 to 6 once.",
        "Six runs, six diagnoses.",
    )
    for name, (hint, stronger) in CLUES.items():
        expect(answer[name] == RUNS[name], f"Not run {answer[name]} for '{name}'. {hint}", stronger)
    return "All six diagnoses are right."
