"""What of a folder is an image, what a class, and what is said of the rest."""

import os
import warnings

import pytest
from PIL import Image

from gan_course.data import folder


def save(path, colour=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (colour, 0, 0)).save(path)


def read(path, **options):
    """The data set, and the sentences of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = folder(path, 8, **options)
    return dataset, [str(warning.message) for warning in caught]


HIDDEN = [".ipynb_checkpoints", "__MACOSX", "@eaDir", ".git", "$RECYCLE.BIN", "#recycle"]
SYSTEM_FILES = [".DS_Store", "Thumbs.db", "._0.png", "desktop.ini", ".hidden.jpg", "~$note.docx"]


def test_hidden_and_system_entries_are_neither_classes_nor_images_and_not_worth_a_word(tmp_path):
    for name in ("cat", "dog", *HIDDEN):
        save(tmp_path / name / "0.png")
    for place in (tmp_path, tmp_path / "cat"):
        for name in SYSTEM_FILES:
            (place / name).write_bytes(b"not for us")
    (tmp_path / "cat" / "@eaDir").mkdir()
    dataset, said = read(tmp_path)
    assert dataset.classes == ("cat", "dog") and len(dataset) == 2 and said == []


def test_hidden_entries_do_not_hide_images_without_classes(tmp_path):
    for name in ("0.png", ".ipynb_checkpoints/0-checkpoint.png", "__MACOSX/._0.png"):
        save(tmp_path / name)
    dataset, said = read(tmp_path)
    assert len(dataset) == 1 and dataset.y is None and said == []


def test_a_folder_that_is_hidden_itself_is_read(tmp_path):
    save(tmp_path / ".cache" / "0.png")
    assert len(folder(tmp_path / ".cache", 8)) == 1


@pytest.mark.parametrize(
    "suffix", ["tga", "ppm", "pcx", "jp2", "ico", "dib", "jfif", "sgi", "PNG", "apng"]
)
def test_every_format_that_pillow_reads_is_taken(tmp_path, suffix):
    kind = {"jfif": "jpeg", "PNG": "png", "apng": "png"}.get(suffix, suffix)
    Image.new("RGB", (16, 16), (200, 0, 0)).save(tmp_path / f"a.{suffix}", format=_format(kind))
    dataset, said = read(tmp_path)
    assert said == [] and abs(int(dataset.stored[0, 0].float().mean()) - 200) < 3


def _format(suffix):
    return Image.registered_extensions()[f".{suffix}"]


def test_all_else_is_counted_in_one_warning(tmp_path):
    for name in ("cat/0.png", "dog/0.png", "cat/more/1.png", "cat/more/deeper/1.png"):
        save(tmp_path / name)
    (tmp_path / "birds").mkdir()
    for name in ("cat/1.heic", "cat/2.HEIC", "dog/3.heic", "labels.csv", "dog/LICENSE"):
        (tmp_path / name).write_bytes(b"something")
    dataset, said = read(tmp_path)
    assert len(dataset) == 2 and dataset.classes == ("cat", "dog")
    (sentence,) = said
    for part in ("3 x .heic", "1 x .csv", "1 x file without suffix", "1 x folder inside a class"):
        assert part in sentence
    assert "folder without images (birds)" in sentence and str(tmp_path) in sentence


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
def test_links_to_nowhere_and_pipes_are_left_out_and_counted(tmp_path):
    save(tmp_path / "0.png")
    (tmp_path / "1.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "2.png")  # opening it would wait for ever
    dataset, (sentence,) = read(tmp_path)
    assert len(dataset) == 1 and "2 x link to nowhere, or no ordinary file" in sentence


def test_a_folder_whose_name_ends_as_an_image_is_a_class(tmp_path):
    save(tmp_path / "mine.png" / "0.png")
    assert folder(tmp_path, 8).classes == ("mine.png",)


def test_images_beside_class_folders_are_refused_as_a_mixture(tmp_path):
    for name in ("0.png", "1.png", "cat/0.png", "dog/0.png"):
        save(tmp_path / name)
    with pytest.raises(ValueError, match=r"2 images beside 2 folders of images \(cat, dog\)"):
        folder(tmp_path, 8)


def test_images_one_level_further_down_are_pointed_at(tmp_path):
    save(tmp_path / "train" / "cat" / "0.png")
    with pytest.raises(ValueError, match=r"hold no image.*one level down: give .*train"):
        folder(tmp_path, 8)


def test_files_that_cannot_be_read_at_all_are_named_by_their_suffix(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"hold no image that can be read, only files of \.heic"):
        folder(tmp_path, 8)


def test_all_unreadable_files_are_named_at_once(tmp_path):
    for k in range(3):
        save(tmp_path / "cat" / f"{k}.png")
        (tmp_path / "dog" / f"{k}.png").parent.mkdir(exist_ok=True)
        (tmp_path / "dog" / f"{k}.png").write_bytes(b"nonsense")
    Image.new("F", (8, 8)).save(tmp_path / "cat" / "float.tif")
    with pytest.raises(OSError, match="4 of 7 images are refused") as error:
        folder(tmp_path, 8)
    for name in ("0.png", "1.png", "2.png", "float.tif"):
        assert name in str(error.value)
    assert str(error.value).count("cannot be read as an image") == 3


def test_of_very_many_unreadable_files_ten_are_named_and_the_rest_is_counted(tmp_path):
    for k in range(25):
        (tmp_path / f"{k:02}.png").write_bytes(b"nonsense")
    with pytest.raises(OSError, match=r"25 of 25 images.*09\.png.*and 15 more\.$") as error:
        folder(tmp_path, 8)
    assert "10.png" not in str(error.value)


def test_a_home_folder_may_be_written_with_its_sign(tmp_path, monkeypatch):
    save(tmp_path / "pictures" / "0.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(folder("~/pictures", 8)) == 1


def test_a_digest_is_of_what_a_folder_holds_not_of_where_it_lies(tmp_path):
    for place, colours in (("here", (1, 2)), ("there", (1, 2)), ("changed", (1, 3))):
        for name, colour in zip(("cat", "dog"), colours):
            save(tmp_path / place / name / "0.png", colour)
    here, there, changed = (
        folder(tmp_path / place, 8).digest for place in ("here", "there", "changed")
    )
    assert here == there != changed
