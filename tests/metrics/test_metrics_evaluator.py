"""The classifier's features, the Inception extractor, and all scores of a generator at once."""

import numpy as np
import pytest
import torch
from torch import nn

from gan_course import Normal, gan, minimax, sample
from gan_course.data import Dataset, digits, glyphs, ring
from gan_course.metrics import (
    Evaluator,
    InceptionFeatures,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    mode_score,
    pixel_features,
    precision_recall,
    train_classifier,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("classifiers")


@pytest.fixture(scope="module")
def judge(cache):
    return train_classifier(digits(), folder=cache, device="cpu")


class TestTheClassifier:
    def test_knows_98_percent_of_held_out_digits(self, judge):
        assert judge.accuracy >= 0.98
        assert "held-out" in repr(judge)

    def test_knows_99_percent_of_held_out_glyphs(self, cache):
        small = glyphs(6_000)  # the full set is easier
        assert train_classifier(small, steps=150, folder=cache, device="cpu").accuracy >= 0.99

    def test_returns_features_and_probabilities_without_gradients(self, judge):
        x = digits().x[:7]
        assert judge(x).shape == (7, 64) and not judge(x).requires_grad
        p = judge.probabilities(x)
        assert p.shape == (7, 10) and p.dtype == torch.float64
        assert torch.allclose(p.sum(dim=1), torch.ones(7, dtype=torch.float64))

    def test_comes_from_the_cache_the_second_time(self, judge, cache, monkeypatch):
        monkeypatch.setattr("gan_course.metrics.classifier._fit", lambda *_: pytest.fail("trained"))
        again = train_classifier(digits(), folder=cache, device="cpu")
        assert again.accuracy == judge.accuracy
        assert torch.equal(again(digits().x[:9]), judge(digits().x[:9]))

    def test_is_the_same_again_without_a_cache_whatever_the_random_state(self, tmp_path):
        features = []
        for name in "ab":
            torch.rand(3)
            before = torch.get_rng_state()
            trained = train_classifier(digits(8), 10, folder=tmp_path / name, device="cpu")
            assert torch.equal(before, torch.get_rng_state())
            features.append(trained(digits(8).x[:20]))
        assert torch.equal(*features)

    def test_is_trained_again_for_other_data_another_seed_and_a_damaged_file(self, tmp_path):
        def train(dataset, seed=0):
            train_classifier(dataset, 2, seed, folder=tmp_path, device="cpu")
            return len(list(tmp_path.iterdir()))

        data = digits(8)
        assert train(data) == 1
        assert train(data, seed=1) == 2
        assert train(Dataset("digits", 255 - data.stored, data.y, data.classes)) == 3
        for file in tmp_path.iterdir():
            file.write_bytes(file.read_bytes()[:100])
        assert train(data) == 3

    def test_works_where_nothing_can_be_cached(self, tmp_path):
        (tmp_path / "file").write_text("a file where a folder should be")
        train_classifier(digits(8), 2, folder=tmp_path / "file" / "cache", device="cpu")

    def test_refuses_other_images_and_data_without_labels(self, judge):
        with pytest.raises(
            ValueError, match=r"trained on images \[n, 1, 16, 16\], got \[2, 1, 8, 8\]"
        ):
            judge(torch.zeros(2, 1, 8, 8))
        with pytest.raises(ValueError, match="needs labelled images"):
            train_classifier(Dataset("points", torch.zeros(9, 2)))


class TestInceptionFeatures:
    def test_say_what_is_missing_and_what_to_do(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"download https://.*train_classifier"):
            InceptionFeatures(tmp_path / "inception.pt")

    @pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
    def test_feed_the_network_bytes_of_three_channels(self, tmp_path):
        class Stub(nn.Module):
            def forward(self, x, return_features: bool = False, no_output_bias: bool = False):
                mean = x.to(torch.float32).mean(dim=[2, 3])
                if return_features:
                    return mean
                return torch.softmax(mean, dim=1)

        torch.jit.script(Stub()).save(str(tmp_path / "stub.pt"))
        extractor = InceptionFeatures(tmp_path / "stub.pt", device="cpu")
        grey = torch.tensor([-1.0, 1.0])[:, None, None, None].expand(2, 1, 4, 4)
        assert torch.equal(extractor(grey), torch.tensor([[0.0], [255.0]]).expand(2, 3))
        assert extractor.probabilities(grey).sum(dim=1).tolist() == pytest.approx([1, 1])
        with pytest.raises(ValueError, match=r"got \[2, 2, 4, 4\]"):
            extractor(torch.zeros(2, 2, 4, 4))


@pytest.fixture(scope="module")
def real_and_fake():
    torch.manual_seed(0)
    real, fake = digits().split(0.5, seed=0)
    return real.x[:300], (fake.x[:250] + 0.3 * torch.randn(250, 1, 16, 16)).clamp(-1, 1)


class TestTheEvaluator:
    def test_gives_what_each_metric_gives_alone(self, judge, real_and_fake):
        real, fake = real_and_fake
        record = Evaluator(real, judge).score(fake)
        x, y = judge(real), judge(fake)
        p, q = judge.probabilities(real), judge.probabilities(fake)
        assert record == pytest.approx(
            {
                "samples": 250,
                "real_samples": 300,
                "frechet": frechet_distance(x, y),
                "kernel": kernel_distance(x, y).value,
                **precision_recall(x, y)._asdict(),
                **density_coverage(x, y)._asdict(),
                "inception": inception_score(q),
                "mode": mode_score(p, q),
            }
        )

    def test_computes_the_real_side_once(self, real_and_fake):
        real, fake = real_and_fake
        seen = []

        def features(images):
            seen.append(len(images))
            return pixel_features(images)

        evaluator = Evaluator(real, features)
        first, second = evaluator.score(fake), evaluator.score(fake)
        assert first == second
        assert seen == [300, 250, 250]
        assert "inception" not in first

    def test_samples_averaged_weights_in_eval_mode_and_counts_samples(self):
        torch.manual_seed(0)
        G = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
        game = gan(G, nn.Linear(2, 1), minimax, latent=Normal(3), ema=0.9, device="cpu")
        with torch.no_grad():
            game.networks["G"][0].weight.mul_(50)  # the average still has the old weights
        evaluator = Evaluator(ring().sample(100), pixel_features)
        before = torch.get_rng_state()
        record = evaluator(game, seed=4)
        assert torch.equal(before, torch.get_rng_state())
        assert record == evaluator.score(game.averages["G"](_latents(100, 3, seed=4)))
        assert record == evaluator.score(sample(game, 100, seed=4))
        assert record["samples"] == record["real_samples"] == 100
        assert evaluator(game, n=40)["samples"] == 40

    def test_takes_a_label_for_each_sample_of_a_conditional_generator(self):
        class G(nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = nn.Embedding(4, 2)

            def forward(self, z, y):
                return z + self.embedding(y)

        game = gan(G(), nn.Linear(2, 1), minimax, latent=Normal(2), device="cpu")
        y = torch.arange(60) % 4
        assert Evaluator(ring().sample(100), pixel_features)(game, y)["samples"] == 60

    @pytest.mark.parametrize(
        ("fake", "message"),
        [
            (torch.zeros(3, 2), "has 3 samples: this metric needs at least 4"),
            (torch.zeros(9, 5), "2 features per sample and y .* 5"),
            (torch.full((9, 2), np.nan), "NaN"),
        ],
    )
    def test_refuses_bad_samples_in_one_sentence(self, fake, message):
        with pytest.raises(ValueError, match=message):
            Evaluator(ring().sample(50), pixel_features).score(fake)


def _latents(n, dim, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Normal(dim)(n)


def test_a_classifier_trains_where_the_caller_has_switched_gradients_off(tmp_path):
    with torch.no_grad():
        judge = train_classifier(digits(8), steps=200, folder=tmp_path, device="cpu")
    assert judge.accuracy > 0.9


DIGITS = digits(8)


@pytest.fixture(scope="module")
def small_judge(cache):
    return train_classifier(DIGITS, steps=40, folder=cache, device="cpu")


class TestRanges:
    """The same digits scored 2.7, 140 and 6,863,928, by their range."""

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (lambda x: x / 2 + 0.5, ValueError, r"2 \* images - 1"),
            (lambda x: (x + 1) * 127.5, ValueError, "divide by 127.5 and subtract 1"),
            (lambda x: ((x + 1) * 127.5).byte(), TypeError, "uint8.*divide by 127.5"),
            (lambda x: (x > 0).long(), TypeError, "int64"),
            (lambda x: x.numpy(), TypeError, "ndarray"),
            (lambda x: (x - x.mean()) / x.std(), ValueError, r"in \[-1, 1\], got"),
            (lambda x: x * float("nan"), ValueError, "nan"),
        ],
    )
    @pytest.mark.parametrize("classifies", [True, False])
    def test_other_ranges_are_refused(self, small_judge, change, error, message, classifies):
        features = small_judge if classifies else lambda x: torch.as_tensor(x).flatten(1)
        evaluator = Evaluator(DIGITS.x[:100], features)
        with pytest.raises(error, match=message):
            evaluator.score(change(DIGITS.x[100:200]))

    def test_extractors_refuse_them_too(self, small_judge):
        for extract in (small_judge, small_judge.probabilities, pixel_features):
            with pytest.raises(ValueError, match=r"in \[-1, 1\], got 0 to 255"):
                extract(DIGITS.stored[:4].float())
            with pytest.raises(TypeError, match="floating point"):
                extract(DIGITS.stored[:4])

    def test_real_images_of_another_range_are_refused_or_suspected(self):
        with pytest.raises(TypeError, match="Real images must lie"):
            Evaluator(DIGITS.stored[:50], pixel_features)
        with pytest.warns(UserWarning, match=r"real images lies below 0.*2 \* images - 1"):
            evaluator = Evaluator(DIGITS.x[:50] / 2 + 0.5, pixel_features)
        with pytest.raises(ValueError, match="the real images lies below 0"):
            evaluator.score(DIGITS.x[50:90])

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        "fake",
        [
            torch.full((9, 1, 8, 8), -0.999),
            torch.zeros(9, 1, 8, 8),
            torch.ones(9, 1, 8, 8),
            torch.full((9, 1, 8, 8), 0.02),
            0.1 * torch.rand(9, 1, 8, 8),
            0.4 + 0.6 * torch.rand(9, 1, 8, 8),
            torch.tanh(0.1 * torch.randn(9, 1, 8, 8)),
            torch.tanh(9 * torch.randn(9, 1, 8, 8)).half(),
            -torch.rand(9, 1, 8, 8),
        ],
        ids=["black", "grey", "white", "light", "dim", "bright", "noise", "extreme", "dark"],
    )
    def test_what_a_young_generator_makes_is_scored(self, fake):
        assert Evaluator(DIGITS.x[:50], pixel_features).score(fake)["samples"] == 9

    def test_a_generator_that_overshoots_is_scored_as_its_picture(self):
        G = nn.Sequential(nn.Linear(3, 64), nn.Unflatten(1, (1, 8, 8)))
        with torch.no_grad():
            G[0].weight.mul_(5)
        D = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
        game = gan(G, D, minimax, latent=Normal(3), device="cpu")
        fake = sample(game, 50)
        assert fake.max() > 1
        evaluator = Evaluator(DIGITS.x[:50], pixel_features)
        assert evaluator(game) == evaluator.score(fake.clamp(-1, 1))
        with pytest.raises(ValueError, match="clamp"):
            evaluator.score(fake)

    @pytest.mark.parametrize("n", [3.5, True, "9", 0])
    def test_a_number_of_samples_is_a_whole_number(self, n):
        G = nn.Linear(3, 2)
        game = gan(G, nn.Linear(2, 1), minimax, latent=Normal(3), device="cpu")
        with pytest.raises(ValueError, match="n must be a whole number"):
            Evaluator(ring().sample(20), pixel_features)(game, n=n)
