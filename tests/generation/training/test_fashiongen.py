"""FashionGen's files: every oddity that they are known for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from generation.training import catalogue, rows
from generation.training.fashiongen import KEYS, FashionGen, Unreadable, decode
from generation.training.sources import open_source
from tests.generation.training import goods


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return goods.write(tmp_path_factory.mktemp("goods") / "goods.h5")


@pytest.mark.parametrize(
    ("raw", "width", "text"),
    [
        (b"Plain", 0, "Plain"),
        ("Logo appliqué at bust".encode(), 0, "Logo appliqué at bust"),
        ("Logo appliqué at bust".encode("cp1252"), 0, "Logo appliqué at bust"),
        ("Café ’60s".encode("cp1252"), 0, "Café ’60s"),
        (b"\x81bc", 0, "bc"),
        ("приталенное".encode()[:9], 9, "прит"),
        (b"A\xef\xbf\xbd\xef\xbf\xbdB\0\0\0", 12, "A B"),
        (b"Levi&#39;s  &amp; Co\n", 0, "Levi's & Co"),
    ],
)
def test_texts_are_in_utf8_or_in_windows_1252_and_may_be_cut_inside_a_letter(
    raw: bytes, width: int, text: str
) -> None:
    assert decode(raw, width) == text


def test_the_schema_is_the_published_one(file: Path) -> None:
    with h5py.File(file) as data:
        assert sorted(data) == sorted(KEYS)
        assert data["input_description"].dtype == "S400" and data["input_description"].shape == (60, 1)
        assert data["input_image"].chunks and data["input_image"].compression == "gzip"
    with FashionGen(file) as found:
        assert found.missing == () and len(found) == 60


def test_rows_and_pictures_come_in_order(file: Path) -> None:
    with FashionGen(file) as found:
        blocks = list(found.blocks())
        read = [row for part, _ in blocks for row in part]
        pictures = np.concatenate([pixels for _, pixels in blocks])
    assert [row.number for row in read] == list(range(60))
    assert read[3].product == "1001" and read[3].pose == "id_gridfs_2"
    assert {row.description.split()[0] for row in read} == {"Appliquéd"}, "odd rows are in another code"
    assert (pictures[7] == goods.pixels("navy", 7)).all()
    with FashionGen(file) as found:
        later, _ = next(found.blocks(41))
        assert later[0].number == 41


@pytest.mark.parametrize("bgr", [False, True])
def test_the_order_of_the_channels_is_found_out(tmp_path: Path, bgr: bool) -> None:
    goods.write(tmp_path / "goods.h5", bgr=bgr)
    with FashionGen(tmp_path / "goods.h5") as found:
        assert found.colours.order == ("bgr" if bgr else "rgb")
        _, pictures = next(found.blocks())
        assert (pictures[0] == goods.pixels("red", 0)).all()
    with FashionGen(tmp_path / "goods.h5", order="rgb") as found:
        _, pictures = next(found.blocks())
        assert (pictures[0][..., ::-1] == goods.pixels("red", 0)).all() is np.bool_(bgr)


def test_grey_goods_do_not_tell_the_order_and_rgb_is_taken(tmp_path: Path) -> None:
    from tools import fashiongen_file

    grey = [
        ({"input_description": "Coat in grey.", "input_name": "Coat"}, np.full((256, 256, 3), 99, "u1"))
    ] * 8
    fashiongen_file.write(tmp_path / "grey.h5", grey, 8)
    with FashionGen(tmp_path / "grey.h5") as found:
        assert found.colours.order is None and found.order == "rgb"


def test_views_of_a_product_are_on_one_side_of_the_split(file: Path) -> None:
    with FashionGen(file) as found:
        read = found.rows(0, 60)
    sides: dict[str, set[bool]] = {}
    for row in read:
        sides.setdefault(row.product, set()).add(row.held_out)
    assert all(len(side) == 1 for side in sides.values())
    share = sum(rows.held_out(str(i)) for i in range(5000)) / 5000
    assert 0.08 < share < 0.12


def test_what_is_no_fashiongen_file_is_said_in_one_sentence(tmp_path: Path, file: Path) -> None:
    broken = tmp_path / "half.h5"
    broken.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(Unreadable, match="half downloaded"):
        FashionGen(broken)
    with h5py.File(tmp_path / "other.h5", "w") as data:
        data["pictures"] = np.zeros(3)
    with pytest.raises(Unreadable, match="has no input_image: it holds pictures"):
        FashionGen(tmp_path / "other.h5")
    with h5py.File(tmp_path / "float.h5", "w") as data:
        data["input_image"] = np.zeros((2, 8, 8, 3), dtype="f4")
    with pytest.raises(Unreadable, match="not uint8"):
        FashionGen(tmp_path / "float.h5")
    with pytest.raises(Unreadable, match="no such file"):
        open_source(tmp_path / "nothing.h5")


def test_a_converted_file_goes_on_after_a_kill(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PART", 16)
    with FashionGen(file) as source:
        whole = catalogue.convert(source, tmp_path / "one")
        real = FashionGen.blocks

        def killed(self: FashionGen, start: int = 0):  # type: ignore[no-untyped-def]
            for part, pictures in real(self, start):
                yield part[:40], pictures[:40]
                raise KeyboardInterrupt

        monkeypatch.setattr(FashionGen, "blocks", killed)
        with pytest.raises(KeyboardInterrupt):
            catalogue.convert(source, tmp_path / "two")
        assert len(list((tmp_path / "two").glob("part-*.jsonl"))) == 2
        monkeypatch.setattr(FashionGen, "blocks", real)
        resumed = catalogue.convert(source, tmp_path / "two")
    assert resumed.rows == whole.rows and len(resumed) == 60
    numbers = list(range(60))
    assert (resumed.pictures(numbers) == whole.pictures(numbers)).all()
    assert (whole.pictures([33])[0] == goods.pixels(goods.HUES[16 % 10], 33)).all()
    assert set(whole.split(True)) | set(whole.split(False)) == set(numbers)


def test_a_catalogue_is_not_finished_with_other_data(file: Path, tmp_path: Path) -> None:
    with FashionGen(file) as source:
        catalogue.convert(source, tmp_path / "made")
    goods.write(tmp_path / "other.h5", 20)
    with FashionGen(tmp_path / "other.h5") as other, pytest.raises(Unreadable, match="other data"):
        catalogue.convert(other, tmp_path / "made")


WRITE_AND_CONVERT = """
import resource, sys
from pathlib import Path
from generation.training.catalogue import convert
from generation.training.fashiongen import FashionGen
with FashionGen(Path(sys.argv[1])) as source:
    print(len(convert(source, Path(sys.argv[2]))))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("chunks", [(1017, 16, 16, 1), (16, 256, 256, 3)])
def test_the_validation_files_size_is_converted_within_memory(
    tmp_path: Path, chunks: tuple[int, int, int, int]
) -> None:
    """32,528 rows at 256 px, in h5py's own chunks for that shape and in chunks of whole pictures."""
    count, path = 32_528, tmp_path / "large.h5"
    with h5py.File(path, "w") as data:
        images = data.create_dataset(
            "input_image", (count, 256, 256, 3), "u1", chunks=chunks, compression="gzip", compression_opts=1
        )
        block = np.stack([goods.pixels(goods.HUES[i % 10], i) for i in range(64)])
        step = -(-1024 // chunks[0]) * chunks[0]
        many = np.concatenate([block] * (step // 64 + 1))[:step]
        for start in range(0, count, step):
            images[start : start + step] = many[: min(step, count - start)]
        names = [f"Jeans in {goods.HUES[i % 64 % 10]}.".encode() for i in range(count)]
        data["input_description"] = np.array(names, dtype="S400")[:, None]
        data["input_productID"] = np.arange(count)[:, None] // 4
    out = subprocess.run(
        [sys.executable, "-c", WRITE_AND_CONVERT, str(path), str(tmp_path / "made")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    rows_, kilobytes = map(int, out.stdout.split())
    print(f"chunks of {chunks}: {kilobytes / 1e6:.2f} GB at most")
    assert rows_ == count
    assert kilobytes < 1_500_000, f"{kilobytes / 1e6:.2f} GB"
