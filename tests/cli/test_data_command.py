"""`data`: own images from a folder to a set that is trained on; and what `datasets` says of any set."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open
from torchvision.datasets import FashionMNIST

from explorer.backend import worker
from explorer.backend.data import load, own
from explorer.backend.data.pictures import found
from explorer.backend.train.loop import train
from explorer.cli import main
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import client, datasets, estimate, evaluation, own_images, scheduler, table
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import SETS
from explorer.runs.events import Failed, Notice, Validation
from explorer.runs.paths import RunPaths
from explorer.runs.paths import folder as run_folder
from explorer.spec.spec import Spec

CPU = torch.device("cpu")
COUNTS = {"cat": 7, "Hund": 5, "Überraschung": 2}
COLOURS = {"cat": (200, 10, 10), "Hund": (10, 200, 10), "Überraschung": (10, 10, 200)}


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder."""
    folder = tmp_path / "data"
    monkeypatch.setenv("EXPLORER_DATA", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of one colour a class, in all kinds of files and sizes."""
    root = tmp_path / "pictures"
    for name, count in COUNTS.items():
        (root / name).mkdir(parents=True)
        for number, ending in zip(range(count), ("png", "JPG", "webp", "jpeg", "PNG", "jpg", "png"), strict=False):
            size = (40 + number, 30 + 2 * number)
            Image.new("RGB", size, COLOURS[name]).save(root / name / f"{number}.{ending}")
    (root / "cat" / "notes.txt").write_text("no picture")
    (root / ".cache").mkdir()
    return root


def said(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["data", *args]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["data", *args]) == 2
    text = capsys.readouterr().err.splitlines()[-1]
    assert text.startswith("explorer: ")
    return text.removeprefix("explorer: ")


def test_own_images_become_a_set_like_any_other(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert said(capsys, "add", "pets", str(folder), "--size", "20") == (
        "own:pets has 11 images to train on and 3 held out, 3x20x20, of 3 classes: Hund, cat, Überraschung\n"
    )
    info = datasets.info("own:pets")
    assert info == datasets.DataInfo("pets (own images)", 3, 3, (20, 20), 11, 3)
    assert datasets.ids() == (*SETS, "own:pets")
    assert datasets.is_here("own:pets")
    names = datasets.classes("own:pets")
    assert set(names) == set(COUNTS)
    data = load("own:pets", CPU)
    for split, count in ((data.train, info.train), (data.held_out, info.held_out)):
        assert split.images.shape == (count, 3, 20, 20)
        for image, label in zip(split.images, split.labels.tolist(), strict=True):
            colour = torch.tensor(COLOURS[names[label]])
            assert (image.flatten(1).T.int() - colour).abs().max() < 8  # which JPEG leaves of one colour
    assert [int((data.train.labels == names.index(name)).sum()) for name in COUNTS] == [6, 4, 1]
    config = TrainConfig.make(data="own:pets")
    assert (config.info, config.batches) == (info, 1)
    assert said(capsys, "remove", "pets") == "own:pets has been removed\n"
    assert datasets.ids() == tuple(SETS)
    with pytest.raises(ExplorerError, match="there is no set of own images 'pets'; there is: none"):
        TrainConfig.make(data="own:pets")


def test_grey_images_have_one_channel_and_the_split_is_repeated(
    capsys: pytest.CaptureFixture[str], folder: Path, place: Path
) -> None:
    for name in ("one", "two"):
        said(capsys, "add", name, str(folder), "--grey", "--size", "8")
    assert datasets.info("own:one").channels == 1
    first, second = ((place / "own" / f"{name}.safetensors").read_bytes() for name in ("one", "two"))
    assert first == second
    assert sorted(file.name for file in (place / "own").iterdir()) == ["one.safetensors", "two.safetensors"]


def test_the_file_is_plain_safetensors(capsys: pytest.CaptureFixture[str], folder: Path, place: Path) -> None:
    said(capsys, "add", "pets", str(folder))
    with safe_open(place / "own" / "pets.safetensors", "pt") as file:
        assert tuple(json.loads(file.metadata()["classes"])) == datasets.classes("own:pets")
        assert file.get_tensor("train_images").shape == own_images.facts("pets").train


def test_the_list_names_every_set(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    said(capsys, "add", "pets", str(folder))
    lines = said(capsys, "list").splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(datasets.ids())
    assert lines[-1].split() == ["own:pets", "pets", "(own", "images)", "3", "3x32x32", "11", "3", "here"]
    facts = json.loads(said(capsys, "list", "--json"))
    assert [entry["id"] for entry in facts] == list(datasets.ids())
    for entry in facts:
        info = datasets.info(entry["id"])
        assert {name: entry[name] for name in info._fields} == {**info._asdict(), "size": list(info.size)}
        assert entry["here"] is (entry["id"] not in ("mnist", "fashion_mnist", "cifar10"))


def test_a_damaged_file_is_listed_and_removed(capsys: pytest.CaptureFixture[str], folder: Path, place: Path) -> None:
    said(capsys, "add", "pets", str(folder))
    (place / "own" / "pets.safetensors").write_bytes(b"torn")
    assert said(capsys, "list").splitlines()[-1].split()[:2] == ["own:pets", "damaged:"]
    sentence = (
        "the file of own:pets is damaged: remove it with 'python -m explorer data remove pets' and add the images again"
    )
    assert json.loads(said(capsys, "list", "--json"))[-1] == {"id": "own:pets", "error": sentence}
    with pytest.raises(ExplorerError, match=sentence):
        load("own:pets", CPU)
    said(capsys, "remove", "pets")
    assert datasets.ids() == tuple(SETS)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_whatever_the_bytes_are_it_is_one_sentence_or_a_sound_set(
    folder: Path, place: Path, random: random.Random
) -> None:
    file = place / "own" / "pets.safetensors"
    good = _good(folder, file)
    torn = bytearray(good)
    header = int.from_bytes(good[:8], "little") + 8
    for _ in range(random.randrange(4)):
        torn[random.randrange(header)] = random.randrange(256)
    whole = random.random() < 0.5
    file.write_bytes(torn if whole else torn[: random.randrange(len(torn))])
    try:
        info, data = datasets.info("own:pets"), load("own:pets", CPU)
    except ExplorerError as error:
        assert str(error).startswith("the file of own:pets is damaged: ")
        return
    assert whole
    assert data.train.images.shape == (info.train, info.channels, *info.size)
    assert data.train.labels.max() < info.classes == len(datasets.classes("own:pets"))
    assert data.held_out.images.shape[0] == info.held_out == len(data.held_out.labels)


def _good(folder: Path, file: Path) -> bytes:
    """The bytes of a sound file, made once."""
    kept_ = file.with_suffix(".good")
    if not kept_.exists():
        assert main(["data", "add", "pets", str(folder), "--size", "8"]) == 0
        shutil.copy(file, kept_)
    return kept_.read_bytes()


def test_labels_of_no_class_are_noticed_before_they_are_trained_on(
    capsys: pytest.CaptureFixture[str], folder: Path, place: Path
) -> None:
    said(capsys, "add", "pets", str(folder), "--size", "8")
    file = place / "own" / "pets.safetensors"
    content = file.read_bytes()
    label = (2).to_bytes(8, "little")
    assert content.count(label) > 0
    file.write_bytes(content.replace(label, (3).to_bytes(8, "little")))
    with pytest.raises(ExplorerError, match="damaged"):
        load("own:pets", CPU)


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "a b", "ä", "x" * 41, "x\n", "own:x"])
def test_a_name_never_becomes_another_path(capsys: pytest.CaptureFixture[str], folder: Path, name: str) -> None:
    for args in (("add", name, str(folder)), ("remove", name)):
        assert refused(capsys, *args).endswith(": it must be 1 to 40 letters, digits, - and _")
    with pytest.raises(ExplorerError):
        datasets.info(f"own:{name}")


def test_what_cannot_be_taken_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], folder: Path, place: Path, tmp_path: Path
) -> None:
    add = ("add", "pets", str(folder))
    assert refused(capsys, "add", "pets", "/nowhere") == (
        "'/nowhere' is no folder: give one that has a folder of pictures a class"
    )
    assert refused(capsys, *add, "--size", "7") == "the size is 7: it must be a whole number from 8 to 256"
    (tmp_path / "empty" / "one").mkdir(parents=True)
    assert refused(capsys, "add", "pets", str(tmp_path / "empty")).endswith(
        " is 1: there must be one for each class, 2 to 1,000"
    )
    (folder / "one").mkdir()
    assert refused(capsys, *add) == (
        "the class one has 0 pictures: it needs at least 2, as files that end in png, jpg, jpeg, webp"
    )
    (folder / "one").rename(folder / "one\nmore")
    assert refused(capsys, *add) == (
        "the folder 'one\\nmore' cannot name a class: it must be at most 60 characters that can be shown"
    )
    (folder / "one\nmore").rmdir()
    (folder / "cat" / "9.png").write_bytes(b"no picture")
    assert refused(capsys, *add) == "cat/9.png cannot be read as a picture: it must be a PNG, JPEG or WebP"
    assert not list(place.rglob("*.safetensors"))
    (folder / "cat" / "9.png").unlink()
    said(capsys, *add)
    assert refused(capsys, *add) == (
        "there is a set own:pets: remove it with 'data remove pets', or choose another name"
    )


@pytest.mark.parametrize(
    ("cap", "value", "sentence"),
    [
        ("MAX_OWN_IMAGES", 13, "there are 14 pictures: at most 13 are allowed"),
        ("MAX_OWN_CLASSES", 2, " is 3: there must be one for each class, 2 to 2"),
        (
            "MAX_OWN_BYTES",
            40_000,
            "14 images of 3x32x32 take 42.0 KiB: at most 39.1 KiB are allowed, so choose a smaller size",
        ),
        ("MAX_OWN_FILE", 50, "Hund/0.png is too large: at most 50 B are allowed"),
        ("MAX_PIXELS", 1_000, "Hund/0.png is too large: at most 1,000 pixels are allowed"),
    ],
)
def test_the_caps_hold(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    cap: str,
    value: int,
    sentence: str,
) -> None:
    monkeypatch.setattr(limits, cap, value)
    assert refused(capsys, "add", "pets", str(folder)).endswith(sentence)


def test_a_disk_that_is_full_leaves_nothing(folder: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object, path: Path, *__: object) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(own, "save_file", full)
    with pytest.raises(OSError, match=r"pets\.safetensors could not be written: No space left on device"):
        own.add("pets", folder, 8, grey=False, say=print)
    assert list((place / "own").iterdir()) == []


def test_only_pictures_right_in_the_folder_of_a_class_count(folder: Path) -> None:
    (folder / "cat" / "deeper").mkdir()
    shutil.copy(folder / "cat" / "0.png", folder / "cat" / "deeper" / "0.png")
    assert {name: len(files) for name, files in found(folder).items()} == COUNTS


@pytest.mark.parametrize("id", SETS)
def test_every_set_has_names_and_words(id: str) -> None:
    info, names, text = datasets.info(id), datasets.classes(id), datasets.about(id)
    assert len(set(names)) == len(names) == info.classes
    assert f"{info.train:,} images to train on and {info.held_out:,} held out" in text
    assert f"{info.classes} classes" in text


def test_published_names_are_in_the_order_of_the_labels() -> None:
    assert list(datasets.classes("fashion_mnist")) == FashionMNIST.classes
    patterns = datasets.classes("patterns")
    assert patterns[0] == "rows, beside"
    assert [name.split(", ") for name in patterns] == [
        [texture, arrangement] for texture in datasets.TEXTURES for arrangement in datasets.ARRANGEMENTS
    ]


def remains(place: Path) -> set[str]:
    """Folders that sets were being made in: by a process that was killed, by one still at it, and another set's."""
    (place / "own").mkdir(parents=True, exist_ok=True)
    names = {f".pets-{os.getpid()}-abc", ".pets-12-4194999-abc"}
    for name in (*names, ".pets-4194999-abc"):  # past the last number that a process can have
        (place / "own" / name).mkdir()
    return names


def test_what_a_killed_process_has_left_goes_with_the_next(
    capsys: pytest.CaptureFixture[str], folder: Path, place: Path
) -> None:
    names = remains(place)
    said(capsys, "add", "pets", str(folder), "--size", "8")
    assert {file.name for file in (place / "own").iterdir()} == {*names, "pets.safetensors"}


PETS = Spec.make("inception10", input="3x8x8", settings={"init_ch": 4, "num_blocks": 1})


@pytest.fixture
def submitted(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run on own images that has come to its end, and whose images have been removed since."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(scheduler, "schedule", lambda: None)  # nothing is to start here
    said(capsys, "add", "pets", str(folder), "--size", "8")
    config = TrainConfig.make(data="own:pets", epochs=2, batch=4, device="cpu")
    id = client.submit(PETS, config, "me")
    for record in train(PETS, config, folder=run_folder(id)):
        if isinstance(record, Validation):
            own_images.path("pets").unlink(missing_ok=True)
        assert not isinstance(record, Notice), record
        last = record
    scheduler.finish(id, last)
    return id


def test_a_run_ends_and_is_shown_though_its_images_have_been_removed(
    submitted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert datasets.ids() == tuple(SETS)
    (run,) = client.find()
    assert (run.id, run.state, client.unreadable()) == (submitted, "done", [])
    assert run.data == datasets.DataInfo("pets (own images)", 3, 3, (8, 8), 11, 3)
    assert run.images.classes == ("Hund", "cat", "Überraschung")
    assert (run.network.classes, run.batches, run.config.data) == (3, 2, "own:pets")
    line = table.line(run, "me")
    assert (line.data, line.params) == ("pets (own images)", run.end.params)
    assert [len(row) for row in evaluation.read(run.id).confusion] == [3] * 3
    assert [one.macs > 0 for one in estimate.reached([run], "cpu")] == [True]
    assert main(["runs"]) == 0
    assert "own:pets" in capsys.readouterr().out
    assert json.loads(said_of_run(capsys, run.id))["images"]["classes"] == ["Hund", "cat", "Überraschung"]


def said_of_run(capsys: pytest.CaptureFixture[str], id: str) -> str:
    assert main(["runs", "status", id, "--json"]) == 0
    return capsys.readouterr().out


def test_what_needs_the_images_again_says_that_they_have_gone(
    submitted: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    scheduler.finish(submitted, Failed("why"))
    gone = "there is no set of own images 'pets'"
    with pytest.raises(ExplorerError, match=gone):
        client.resume(submitted)
    with pytest.raises(ExplorerError, match=gone):
        client.submit(PETS, client.status(submitted).config, "me")
    images = client.status(submitted).images.to_json()
    assert list(worker.records(RunPaths.of(submitted), lambda: False, images))[-1].reason.startswith(gone)
    said(capsys, "add", "pets", str(folder), "--size", "16")
    other = "own:pets is another set of images now than the one that the run was asked for with"
    with pytest.raises(ExplorerError, match=other):
        client.resume(submitted)
    assert list(worker.records(RunPaths.of(submitted), lambda: False, images)) == [Failed(other)]
    assert client.status(submitted).data.size == (8, 8)
    own_images.remove("pets")
    said(capsys, "add", "pets", str(folder), "--size", "8")
    client.resume(submitted)
    assert client.status(submitted).state == "queued"
