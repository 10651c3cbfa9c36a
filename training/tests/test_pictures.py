"""Pictures, patches, degradations, corruptions and measures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.discopatch import pictures
from training.discopatch.corruptions import FAMILIES, SEVERITIES, corrupt
from training.discopatch.degradations import DEGRADATIONS, degrade
from training.discopatch.evaluate import auroc, concordance
from training.discopatch.filters import convolve, gaussian, to_levels
from training.discopatch.fingerprint import jpeg_quality
from training.discopatch.patches import cut, fnv1a, grid_corners, mulberry32


# What detectors/random.ts of the run time gives, and the grid of patches computed with it.
MULBERRY32 = {
    0: [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197],
    1: [0.6270739405881613, 0.002735721180215478, 0.5274470399599522],
    0xDEADBEEF: [0.9413696140982211, 0.26719574979506433, 0.772033357527107],
}
GRID = [[3, 4], [0, 80], [6, 154], [73, 0], [80, 88], [72, 159], [159, 0], [160, 74], [160, 160]]


def test_the_hash_has_its_published_values() -> None:
    assert [fnv1a(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_the_generator_is_the_run_times() -> None:
    for seed, expected in MULBERRY32.items():
        uniform = mulberry32(seed)
        assert [next(uniform) for _ in range(3)] == expected


def test_the_grid_is_the_run_times() -> None:
    assert grid_corners(224, 3, "orders/0/41").tolist() == GRID
    assert not np.array_equal(grid_corners(224, 3, "orders/0/42"), grid_corners(224, 3, "orders/0/41"))


def test_a_grid_covers_the_picture_from_edge_to_edge() -> None:
    for record in map(str, range(50)):
        corners = grid_corners(224, 8, record)
        assert corners.min() >= 0 and corners.max() <= 160
        covered = np.zeros((224, 224), dtype=bool)
        for top, left in corners:
            covered[top : top + 64, left : left + 64] = True
        assert covered[8:-8, 8:-8].all()


def test_patches_are_channels_first() -> None:
    pixels = np.arange(70 * 80 * 3, dtype=np.uint32).reshape(70, 80, 3).astype(np.uint8)
    patch = cut(pixels, np.array([[2, 5]]))
    assert patch.shape == (1, 3, 64, 64)
    assert patch[0, 1, 10, 20] == pixels[12, 25, 1]


def test_the_split_keeps_neighbours_together() -> None:
    paths = [Path(f"{index:04}.jpg") for index in range(360)]
    training, held_out = pictures.split(paths)
    assert sorted(training + held_out) == paths
    assert len(held_out) == 120
    changes = sum((a in held_out) != (b in held_out) for a, b in zip(paths, paths[1:], strict=False))
    assert changes == 11


def test_a_picture_is_turned_upright_and_cut_to_its_centre_square(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[:, :30] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    square = pictures.square(tmp_path / "turned.png")
    assert square.shape == (40, 40, 3)
    assert square[:20].min() == 255 and square[20:].max() == 0


def test_an_unreadable_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    with pytest.raises(SystemExit, match=r"broken\.jpg: not a readable picture"):
        pictures.square(tmp_path / "broken.jpg")
    with pytest.raises(SystemExit, match="1 pictures .* at least 18 needed"):
        pictures.find(tmp_path)


def test_degradations_change_the_picture_and_follow_the_generator(folder: Path) -> None:
    pixels = pictures.square(pictures.find(folder)[0])
    for degradation in DEGRADATIONS:
        for seed in range(4):
            once, again = (to_levels(degradation(pixels.astype(np.float32), np.random.default_rng(seed))) for _ in range(2))
            assert np.array_equal(once, again)
            assert once.shape == pixels.shape and not np.array_equal(once, pixels)
    assert np.array_equal(degrade(pixels, np.random.default_rng(5)), degrade(pixels, np.random.default_rng(5)))


def test_corruptions_grow_with_severity(folder: Path) -> None:
    pixels = pictures.square(pictures.find(folder)[1])
    for family in FAMILIES:
        distance = [np.abs(corrupt(pixels, family, s, np.random.default_rng(2)).astype(float) - pixels).mean() for s in SEVERITIES]
        assert distance[0] > 0 and distance[-1] > distance[0], family


def test_convolution_keeps_a_flat_picture_and_spreads_a_point() -> None:
    np.testing.assert_allclose(convolve(np.full((20, 30, 3), 77.0), gaussian(2)), 77, rtol=1e-5)
    point = np.zeros((21, 21, 1))
    point[10, 10] = 1
    kernel = np.array([[0, 1, 2], [3, 4, 5], [6, 7, 8]], dtype=float)
    np.testing.assert_allclose(convolve(point, kernel)[9:12, 9:12, 0], kernel, atol=1e-5)


@pytest.mark.parametrize("quality", [20, 50, 75, 88, 95])
def test_jpeg_quality_is_read_from_the_tables(quality: int) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(buffer, "JPEG", quality=quality)
    assert jpeg_quality(Image.open(buffer)) == quality


def test_auroc_and_concordance_count_pairs() -> None:
    assert auroc(np.array([1.0, 2.0]), np.array([2.0, 3.0])) == 0.875
    assert concordance(np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 3.0]])) == pytest.approx((0.875 + 1 + 1) / 3)
