"""How bodies are counted and patterns told on drawn shapes, blurred and noisy as scans are.

    python -m benchmarks.deposit_shapes --seeds 7200-7219

Shapes are formulas of their own, not the phantom's; voxels from 0.3 to 1.0 mm; no hand, no bone, one energy.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter1d

from calcidect.findings._bodies import part_bodies
from calcidect.findings._gather import gather
from calcidect.findings._inside import Inside, inside_of
from calcidect.findings._pattern import pattern_of, traits_of
from calcidect.settings import FindingsSettings

VOXELS_MM = ((0.3, 0.3, 0.3), (0.3, 0.3, 0.6), (0.6, 0.6, 1.0))
HU_PER_MG = 2.27  # hydroxyapatite at 80 kV in a finger (docs/method/materials.md)
FINE_MM = 0.15
HOST_HU, NOISE_HU, BLUR_FWHM_MM = 50.0, 20.0, 0.9
MINERAL_MG = 60.0  # what is taken for mineral in a scan, after smoothing by 0.5 mm
HALF_MM = 13.0

Points = np.ndarray
Shape = tuple[Callable[[Points], np.ndarray], float, int, str]
"""Signed distance (mm, negative inside) at points, mg HA/cm3, number of deposits, their pattern ('': any)."""


def ball(centre: np.ndarray, diameter: float) -> Callable[[Points], np.ndarray]:
    return lambda p: np.linalg.norm(p - centre, axis=-1) - diameter / 2


def rod(path: np.ndarray, diameters: np.ndarray) -> Callable[[Points], np.ndarray]:
    def sdf(p: Points) -> np.ndarray:
        nearest = np.full(p.shape[:-1], np.inf, np.float32)
        for point, diameter in zip(path, diameters, strict=True):
            nearest = np.minimum(nearest, np.linalg.norm(p - point, axis=-1) - diameter / 2)
        return nearest

    return sdf


def union(*shapes: Callable[[Points], np.ndarray]) -> Callable[[Points], np.ndarray]:
    return lambda p: np.minimum.reduce([shape(p) for shape in shapes])


def turned(shape: Callable[[Points], np.ndarray], rng: np.random.Generator) -> Callable[[Points], np.ndarray]:
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
    shift = rng.uniform(-0.5, 0.5, 3)
    return lambda p: shape((p + shift) @ axes)


def dense(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(300), np.log(1100))))


def pair(gap_mm: float, rng: np.random.Generator) -> Shape:
    one, other = rng.uniform(3, 7, 2)
    apart = (one + other) / 2 + gap_mm
    shape = union(ball(np.array([-apart / 2, 0, 0]), one), ball(np.array([apart / 2, 0, 0]), other))
    return turned(shape, rng), dense(rng), 1 if gap_mm <= 2 else 2, ""


def bridged(share: tuple[float, float], expected: int, rng: np.random.Generator) -> Shape:
    one, other = rng.uniform(4, 7, 2)
    apart = (one + other) / 2 + rng.uniform(0.5, 3)
    neck = min(one, other) * rng.uniform(*share)
    ends = np.array([[-apart / 2, 0, 0], [apart / 2, 0, 0]])
    path = np.linspace(*ends, 20)
    shape = union(ball(ends[0], one), ball(ends[1], other), rod(path, np.full(20, neck)))
    return turned(shape, rng), dense(rng), expected, ""


def clump(rng: np.random.Generator) -> Shape:
    """Balls that overlap so that necks have 0.6 to 0.75 of the smaller one's thickness."""
    size = rng.uniform(2.5, 4.5)
    centres, sizes = [np.zeros(3)], [size]
    for _ in range(int(rng.integers(2, 6))):
        base = int(rng.integers(len(centres)))
        own = size * rng.uniform(0.7, 1.0)
        neck = min(own, sizes[base]) * rng.uniform(0.6, 0.75)
        away = (np.sqrt(own**2 - neck**2) + np.sqrt(sizes[base] ** 2 - neck**2)) / 2
        way = rng.normal(size=3)
        centres.append(centres[base] + away * way / np.linalg.norm(way))
        sizes.append(own)
    return union(*(ball(c, s) for c, s in zip(centres, sizes, strict=True))), dense(rng), 1, "conglomerate"


def nodule(rng: np.random.Generator) -> Shape:
    half = rng.uniform(1.6, 3.5) * np.array([1.0, rng.uniform(0.7, 1), rng.uniform(0.7, 1)])
    return turned(lambda p: (np.linalg.norm(p / half, axis=-1) - 1) * half.min(), rng), dense(rng), 1, "nodule"


def paste(rng: np.random.Generator) -> Shape:
    shape, _, _, _ = nodule(rng)
    return lambda p: shape(p * 0.8), float(rng.uniform(100, 200)), 1, "amorphous"


def dot(rng: np.random.Generator) -> Shape:
    return turned(ball(np.zeros(3), rng.uniform(1.3, 1.8)), rng), dense(rng), 1, "punctate"


def sheet(rng: np.random.Generator) -> Shape:
    thickness, radius = rng.uniform(1.2, 2.2), rng.uniform(6, 10)
    bend, waves = rng.uniform(-0.05, 0.05), rng.uniform(0, 2 * np.pi, 2)

    def sdf(p: Points) -> np.ndarray:
        u, v, w = np.moveaxis(p, -1, 0)
        ripple = 1 + 0.25 * np.sin(u * 1.1 + waves[0]) * np.sin(v * 1.3 + waves[1])
        plate = np.abs(w - bend * u**2) - ripple * thickness / 2
        return np.maximum(plate, np.hypot(u, v * 1.4) - radius)

    return turned(sdf, rng), dense(rng), 1, "sheet"


def line(rng: np.random.Generator) -> Shape:
    t = np.linspace(-1, 1, 40)
    half, bend = rng.uniform(5, 11), rng.uniform(-4, 4)
    path = np.stack([half * t, bend * t**2, 0.5 * np.sin(5 * t)], -1)
    sizes = rng.uniform(1.3, 2.4) * (1 + 0.2 * np.sin(7 * t + rng.uniform(0, 6)))
    return turned(rod(path, sizes), rng), dense(rng), 1, "linear"


def net(rng: np.random.Generator) -> Shape:
    """A bent mesh of struts of 1 to 1.4 mm, 3 to 4 mm apart."""
    step, strut, bend = rng.uniform(3, 4), rng.uniform(1.0, 1.4), rng.uniform(-0.03, 0.03)

    def sdf(p: Points) -> np.ndarray:
        u, v, w = np.moveaxis(p, -1, 0)
        w = w - bend * (u**2 + v**2)
        struts = np.minimum(
            np.hypot((u + step / 2) % step - step / 2, w), np.hypot((v + step / 2) % step - step / 2, w)
        )
        return np.maximum(struts - strut / 2, np.hypot(u, v) - 9)

    return turned(sdf, rng), dense(rng), 1, "reticular"


KINDS: dict[str, Callable[[np.random.Generator], Shape]] = {
    "pair, 1 mm apart": lambda rng: pair(1.0, rng),
    "pair, 3 mm apart": lambda rng: pair(3.0, rng),
    "pair, 5 mm apart": lambda rng: pair(5.0, rng),
    "bridge of 0.25 to 0.4": lambda rng: bridged((0.25, 0.4), 2, rng),
    "bridge of 0.6 to 0.8": lambda rng: bridged((0.6, 0.8), 1, rng),
    "clump": clump, "nodule": nodule, "paste": paste, "dot": dot, "sheet": sheet, "line": line, "net": net,
}  # fmt: skip


def scanned(shape: Shape, voxel_mm: tuple[float, float, float], rng: np.random.Generator) -> np.ndarray:
    """Return the low-energy image, shape (k, j, i)."""
    sdf, mg, _, _ = shape
    axis = np.arange(-HALF_MM, HALF_MM, FINE_MM, np.float32)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)[..., ::-1]
    signal = mg * HU_PER_MG * np.clip(0.5 - sdf(points) / FINE_MM, 0, 1)
    width = BLUR_FWHM_MM / 2.3548 / FINE_MM
    signal = gaussian_filter(signal, (0.3, width, width))
    signal = uniform_filter1d(signal, max(round(voxel_mm[2] / FINE_MM), 1), axis=0)
    steps = [round(v / FINE_MM) for v in voxel_mm[::-1]]
    image = signal[steps[0] // 2 :: steps[0], steps[1] // 2 :: steps[1], steps[2] // 2 :: steps[2]]
    noise = gaussian_filter(rng.normal(size=image.shape), (0, *2 * (0.35 / voxel_mm[0],)))
    return (HOST_HU + image + NOISE_HU * noise / noise.std()).astype(np.float32)


def told(low: np.ndarray, voxel_mm: tuple[float, float, float], mg: float) -> list[str]:
    """Return the pattern of each deposit found."""
    settings, blur_mm = FindingsSettings(), max(BLUR_FWHM_MM, voxel_mm[2])
    smooth = gaussian_filter(low, [0.5 / s for s in voxel_mm[::-1]])
    mineral = smooth - HOST_HU > MINERAL_MG * HU_PER_MG
    labels, count = gather(mineral, voxel_mm, settings.join_gap_mm, settings.minimum_volume_mm3)
    everywhere = np.ones(mineral.shape, bool)
    labels, count = part_bodies(labels, count, low, everywhere, voxel_mm, blur_mm, settings)
    patterns = []
    for number in range(1, count + 1):
        inside = inside_of(low, labels == number, (labels == 0) | (labels == number), voxel_mm)
        traits = traits_of(inside, settings.pattern, blur_mm)
        volume = float(inside.mask.sum()) * inside.cell_mm3
        diameter = longest_mm(inside)
        patterns.append(pattern_of(traits, volume, diameter, mg, settings.pattern))
    return patterns


def longest_mm(inside: Inside) -> float:
    """Return the extent along the longest principal axis."""
    points = np.argwhere(inside.mask) * np.array(inside.cell_mm[::-1])
    axis = np.linalg.eigh(np.cov(points.T))[1][:, -1]
    return float(np.ptp(points @ axis))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-3")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--voxels", nargs="*", type=int, default=range(len(VOXELS_MM)), help="which of VOXELS_MM")
    chosen = parser.parse_args()
    first, last = (int(n) for n in chosen.seeds.split("-"))
    for voxel_mm in (VOXELS_MM[n] for n in chosen.voxels):
        print("voxels", voxel_mm)
        for kind in chosen.kinds:
            right, patterns = 0, defaultdict(int, Counter())
            for seed in range(first, last + 1):
                rng = np.random.default_rng([seed, list(KINDS).index(kind)])
                shape = KINDS[kind](rng)
                found = told(scanned(shape, voxel_mm, rng), voxel_mm, shape[1])
                right += len(found) == shape[2]
                for name in found:
                    patterns[name] += 1
            print(f"  {kind:24s} count right {right}/{last - first + 1}  {dict(patterns)}", flush=True)


if __name__ == "__main__":
    main()
