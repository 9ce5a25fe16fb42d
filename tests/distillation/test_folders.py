from pathlib import Path
from typing import Any

import pytest

from evaluations.distillation import folders
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.tokens import train_tokenizer
from evaluations.distillation.training import TrainingFailed


def saved(folder: Path, layers: int = 1) -> Path:
    tokenizer = train_tokenizer(["some words"], 280)
    folders.save(new_model(tokenizer, Shape(16, layers, 2), seed=1), tokenizer, folder, {"kind": "base"})
    return folder


def test_a_saved_folder_gives_back_weights_and_card(torch: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    model, tokenizer = folders.load(folder)
    assert torch.equal(model.lm_head.weight, new_model(tokenizer, Shape(16, 1, 2), seed=1).lm_head.weight)
    assert folders.card_of(folder) == {"kind": "base"}


def test_a_folder_without_some_tensors_is_refused(torch: Any, tmp_path: Path) -> None:
    whole, small = saved(tmp_path / "whole", layers=2), saved(tmp_path / "small", layers=1)
    (whole / "model.safetensors").write_bytes((small / "model.safetensors").read_bytes())
    with pytest.raises(TrainingFailed, match=r"Model whole: .* tensors are missing"):
        folders.load(whole)


def test_a_file_left_by_a_crash_does_not_stop_a_save(torch: Any, tmp_path: Path) -> None:
    (tmp_path / "model.part").mkdir()
    (tmp_path / "model.part" / "half").write_bytes(b"x")
    assert not (saved(tmp_path / "model") / "half").exists()
