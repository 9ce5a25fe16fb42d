from evaluations.distillation.splitting import split_prompts


def test_prompts_of_the_verdict_are_taken_out_whatever_their_case_and_white_space() -> None:
    split = split_prompts(["a b", "A  B", "c", "d"], ["C ", "x"])
    assert split.kept == (0, 3)
    assert split.shared == 1


def test_the_hashes_name_the_texts_that_are_kept() -> None:
    one = split_prompts(["a", "b"], ["x"])
    same = split_prompts(["a", "x", "b"], ["x"])
    other = split_prompts(["b", "a"], ["x"])
    assert one.training_hash == same.training_hash
    assert one.training_hash != other.training_hash
    assert len(one.verdict_hash) == 64
    assert one.verdict_hash == same.verdict_hash


def test_blank_prompts_are_left_out() -> None:
    assert split_prompts(["", "  ", "a"], []).kept == (2,)
