"""The judge of faces: what it reads, what its features are good for, and what it refuses."""

import pytest
import torch

from gan_course.data import FACTORS, faces
from gan_course.metrics import READINGS, Evaluator, face_judge, frechet_distance


@pytest.fixture(scope="module")
def judge():
    return face_judge("cpu")


@pytest.fixture(scope="module")
def fresh():
    return faces(1_000, seed=77)


def test_it_reads_fresh_faces_as_well_as_its_stored_scores_say(judge, fresh):
    read = judge.factors(fresh.x)
    assert list(read) == list(judge.scores) == [factor.name for factor in FACTORS]
    for factor in FACTORS:
        truth = fresh.factors[factor.name]
        if factor.kinds:
            score = (read[factor.name] == truth).float().mean()
        else:
            error = read[factor.name] - truth
            score = 1 - error.square().mean() / truth.var(correction=0)
        assert abs(score - judge.scores[factor.name]) < 0.02, factor.name


def test_it_reads_every_factor(judge):
    worst = {name: score for name, score in judge.scores.items() if score < 0.9}
    assert not worst, f"the judge is not to be trusted with {worst}"


def test_readings_are_numbers_in_their_units_and_probabilities(judge, fresh):
    read = judge.read(fresh.x)
    assert read.shape == (1_000, len(READINGS)) and len(READINGS) == 20
    column = dict(zip(READINGS, read.T))
    likeliest = judge.factors(fresh.x)
    assert torch.equal(column["smile"], likeliest["smile"])
    assert torch.equal((column["glasses"] > 0.5).float(), likeliest["glasses"])
    hair = torch.stack([column[name] for name in READINGS if name.startswith("hair ")], 1)
    assert torch.allclose(hair.sum(1), torch.ones(1_000)) and hair.min() >= 0
    assert torch.equal(hair.argmax(1).float(), likeliest["hair"])


@pytest.mark.parametrize("size", [16, 64])
def test_other_sizes_are_read_as_well(judge, size):
    ds = faces(300, size=size, seed=78)
    read = judge.factors(ds.x)
    for name, least in (("skin", 0.9), ("turn", 0.85), ("light", 0.85)):
        error = read[name] - ds.factors[name]
        assert 1 - error.square().mean() / ds.factors[name].var() > least, name


def test_its_features_tell_worse_pictures_from_better_ones(judge, fresh):
    real, other = fresh.x[:500], fresh.x[500:]
    features = judge(real)
    assert features.shape == (500, 64) and features.min() >= 0
    same = frechet_distance(features, judge(other))
    noisy = frechet_distance(features, judge((other + 0.3 * torch.randn_like(other)).clamp(-1, 1)))
    dropped = frechet_distance(features, judge(other[fresh.factors["glasses"][500:] == 0]))
    assert noisy > 2 * same and dropped > 1.5 * same


def test_the_evaluator_takes_it(judge, fresh):
    found = Evaluator(fresh.x[:300], judge).score(fresh.x[300:600])
    assert found["frechet"] > 0 and "inception" not in found


def test_it_cannot_be_trained_on_by_accident(judge):
    assert not any(p.requires_grad for p in (*judge.body.parameters(), *judge.head.parameters()))
    assert not judge.body.training
    x = faces(2).x.requires_grad_()
    assert not judge(x).requires_grad and judge.body(x).requires_grad


@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (2, 3, 32, 16), (2, 3, 8, 8), (3, 32, 32)])
def test_what_is_no_face_is_refused(judge, shape):
    with pytest.raises(ValueError, match=r"\[n, 3, side, side\] of at least 16 pixels"):
        judge(torch.zeros(shape))


def test_bytes_and_other_ranges_are_refused(judge):
    with pytest.raises(TypeError, match="floating point"):
        judge(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"in \[-1, 1\]"):
        judge(torch.full((2, 3, 32, 32), 3.0))
