"""Contracts of every registered metric, values worked by hand, and values of other libraries."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics import CHRF
from sklearn.metrics import f1_score

from evaluations.metrics._text_metric import TextMetric
from evaluations.metrics._texts import normalise, squad_tokens, tokens
from evaluations.metrics.scoring import metrics

ANSWERS = ["the red fox", "blue whale", "42", "早上好", "naïve café", "red red blue"]
REFERENCES = [["a red fox", "fox"], ["blue"], ["42"], ["早安"], ["naive cafe"], ["red blue blue"]]


@pytest.fixture(params=metrics.names)
def metric(request: pytest.FixtureRequest) -> TextMetric:
    return metrics.get(request.param)()


def test_the_five_metrics_are_registered() -> None:
    assert metrics.names == ("chrf", "exact_match", "macro_f1", "rouge_l", "token_f1")


def test_every_task_type_has_one_deciding_metric() -> None:
    deciding = [task for _, metric in metrics.items() for task in metric.headline_for]
    assert sorted(deciding) == sorted(
        ["classification", "extraction", "qa", "summarisation", "generation", "translation"]
    )


def test_perfect_answers_score_best(metric: TextMetric) -> None:
    perfect = metric.measure([r[0] for r in REFERENCES], REFERENCES)
    assert perfect.value == pytest.approx(metric.high)
    worse = metric.measure(ANSWERS, REFERENCES)
    assert worse.value is not None
    assert metric.low <= worse.value < metric.high


def test_the_order_of_samples_changes_nothing(metric: TextMetric) -> None:
    order = [3, 0, 5, 1, 4, 2]
    before = metric.measure(ANSWERS, REFERENCES)
    after = metric.measure([ANSWERS[i] for i in order], [REFERENCES[i] for i in order])
    assert after.value == pytest.approx(before.value)
    assert after.per_sample == tuple(before.per_sample[i] for i in order)


def test_nothing_to_score_is_not_measured(metric: TextMetric) -> None:
    assert metric.measure([], []).value is None


def test_a_sample_without_reference_is_refused(metric: TextMetric) -> None:
    with pytest.raises(ValueError, match="without a reference"):
        metric.measure(["a"], [[]])
    with pytest.raises(ValueError, match="1 predictions, 2 lists"):
        metric.measure(["a"], [["a"], ["b"]])


def test_an_empty_answer_scores_worst(metric: TextMetric) -> None:
    assert metric.measure(["", " "], [["a b"], ["c d"]]).value == metric.low


def test_every_metric_says_what_it_is(metric: TextMetric) -> None:
    assert metric.title
    assert metric.info.description == metric.description
    assert metric.headline_for <= metric.task_types


def test_equality_ignores_case_quotes_and_a_full_stop() -> None:
    assert normalise(" “Paris”. ") == "paris"
    assert normalise("-5") == "-5"
    assert normalise("C#") == "c#"
    assert normalise("...") == "..."
    exact = metrics.get("exact_match")()
    assert exact.measure(["Paris.", "Rome", "-5"], [["paris"], ["Paris", "rome"], ["5"]]).per_sample == (
        1.0,
        1.0,
        0.0,
    )


def test_token_f1_by_hand() -> None:
    # "the" is dropped: {red, fox} against {red, small, fox}: 2·2 / (2 + 3) = 0.8
    f1 = metrics.get("token_f1")()
    assert f1.measure(["The red fox!"], [["red small fox"]]).per_sample == (0.8,)
    # 早上好 against 早安: one of three and one of two characters: 2·1 / (3 + 2) = 0.4
    assert f1.measure(["早上好"], [["早安"]]).per_sample == (0.4,)
    assert squad_tokens("The state-of-the-art.") == ("stateoftheart",)


def test_rouge_l_by_hand() -> None:
    # "a b c d" and "a x c d e": longest common subsequence a c d: 2·3 / (4 + 5)
    value = metrics.get("rouge_l")().measure(["a b c d"], [["a x c d e"]]).value
    assert value == pytest.approx(6 / 9)
    assert tokens("Grüße, 早安 x1!") == ("grüsse", "早", "安", "x1")
    assert tokens("हिन्दी भाषा") == ("हिन्दी", "भाषा")


def test_macro_f1_by_hand() -> None:
    # Targets a a b; answers a b b. a: 2·1/(2+1) = 2/3. b: 2·1/(1+2) = 2/3.
    value = metrics.get("macro_f1")().measure(["a", "b", "b"], [["a"], ["a"], ["b"]]).value
    assert value == pytest.approx(2 / 3)


def test_macro_f1_equals_scikit_learn() -> None:
    rng = random.Random(1)
    labels = [f"label {n}" for n in range(7)]
    targets = [rng.choice(labels) for _ in range(300)]
    answers = [t if rng.random() < 0.6 else rng.choice([*labels, "none of these"]) for t in targets]
    ours = metrics.get("macro_f1")().measure(answers, [[t] for t in targets]).value
    assert ours == pytest.approx(f1_score(targets, answers, labels=sorted(set(targets)), average="macro"))


def test_chrf_equals_sacrebleu() -> None:
    ours = metrics.get("chrf")().measure(ANSWERS, REFERENCES).per_sample
    theirs = [CHRF().sentence_score(a, r).score / 100 for a, r in zip(ANSWERS, REFERENCES, strict=True)]
    assert ours == pytest.approx(theirs)


def test_rouge_l_equals_rouge_score_given_our_tokens() -> None:
    class Ours(Tokenizer):
        def tokenize(self, text: str) -> list[str]:
            return list(tokens(text))

    rng = random.Random(2)
    words = ["red", "blue", "早", "安", "fox", "naïve", "x"]
    pairs = [
        (" ".join(rng.choices(words, k=rng.randint(1, 30))), " ".join(rng.choices(words, k=20)))
        for _ in range(50)
    ]
    scorer = RougeScorer(["rougeL"], tokenizer=Ours())
    theirs = [scorer.score(reference, answer)["rougeL"].fmeasure for answer, reference in pairs]
    ours = metrics.get("rouge_l")().measure([a for a, _ in pairs], [[r] for _, r in pairs]).per_sample
    assert ours == pytest.approx(theirs)


def test_metrics_need_no_home_folder_and_load_no_torch() -> None:
    code = (
        "import sys; from evaluations.metrics.scoring import metrics;"
        "assert 'evaluate' not in sys.modules;"
        "print(metrics.get('exact_match')().measure(['a'], [['a']]).value, 'torch' in sys.modules)"
    )
    env = {**os.environ, "HOME": "/proc/none", "HF_HOME": "/proc/none/hf"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1.0", "False"], done.stderr
