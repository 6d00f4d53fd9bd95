"""Train and export: ``python -m scripts.bone_network --steps 5700 --out DIR`` on a machine with a GPU and PyTorch 2.

Needs PyTorch and onnx beside this package; neither is needed to use what it makes. Every image is drawn when it is
needed, from its number, so that there is no data to keep; a run goes on from ``DIR/checkpoint_SEED.pt`` where it was
cut off, its store of hands drawn before empty. The last step writes ``DIR/net.pt``, from which ``--start`` goes on
with other hands, and ``DIR/bones.onnx``, which belongs into ``src/calcidect/anatomy/data``. The one that is there was
trained three times on an H200: 2,843 steps of seed 1, both hands of a step newly drawn and mineral of deposits weighing
half as much, eight minutes; from there 5,700 steps of seed 2 and 5,600 of seed 3, eleven minutes each, the former with
half as many deposits at joints, and from a model whose pisiform and fifth distal phalanx were hollow. All three were
before deposits were drawn denser, oftener at bone and at fingertips, and osteophytes larger, and before the air around
the skin took the labels of deposits in its place, as they are here.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from calcidect.anatomy._bone_network import CLASSES, DEPOSIT

from .export import export
from .images import Drawn, draw_case, shapes_on
from .network import UNet

_Hand = tuple[Tensor, Tensor]
"""Image and labels."""
_DRAWERS = 8
_KEPT = 600
"""Hands drawn before, to be seen again; they take 7 GB of the GPU."""
_LEARNING_RATE, _WEIGHT_DECAY = 2.5e-3, 1e-4
_WARM_UP = 0.05
_TEST_SEED, _TESTS = 10_000_000, 8
_SAVE_EVERY = 250


def main() -> None:
    """Parse, train, test, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=5700)
    parser.add_argument("--seed", type=int, default=1, help="of weights and hands; another goes on with other hands")
    parser.add_argument("--start", type=Path, help="net.pt of an earlier training, to go on from")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(arguments.seed)
    torch.backends.cudnn.benchmark = True
    arguments.out.mkdir(parents=True, exist_ok=True)
    net = UNet().to(device, memory_format=torch.channels_last_3d)
    if arguments.start:
        net.load_state_dict(torch.load(arguments.start, weights_only=True, map_location=device))
    train(net, arguments.steps, arguments.seed, arguments.out, device)
    torch.save(net.state_dict(), arguments.out / "net.pt")
    test(net, device)
    export(net.cpu(), arguments.out / "bones.onnx")


def _batches(seed: int, first: int, steps: int, device: torch.device) -> DataLoader[tuple[Tensor, Tensor]]:
    numbers = range(seed * 1_000_000 + first, seed * 1_000_000 + steps)
    several = {"num_workers": _DRAWERS, "multiprocessing_context": "spawn", "prefetch_factor": 4, "pin_memory": True}
    return DataLoader(Drawn(numbers, device), 1, **(several if device.type == "cuda" else {}))


def train(net: UNet, steps: int, seed: int, out: Path, device: torch.device) -> None:
    """Train, saving now and then."""
    optimiser = torch.optim.AdamW(net.parameters(), _LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LEARNING_RATE, steps, pct_start=_WARM_UP)
    first, checkpoint, started = 0, out / f"checkpoint_{seed}.pt", time.monotonic()
    kept: list[_Hand] = []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]
    for step, hand in enumerate(_batches(seed, first, steps, device), start=first):
        image, label = (part.to(device, non_blocking=True) for part in hand)
        loss = _loss(net.train(), *_with_another((image, label), kept, np.random.default_rng((seed, step))))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            print(f"{step} loss {loss.item():.4f} at {time.monotonic() - started:.1f} s", flush=True)
        if step % _SAVE_EVERY == _SAVE_EVERY - 1:
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
            torch.save({**state, "step": step + 1}, checkpoint)


def _with_another(hand: _Hand, kept: list[_Hand], rng: np.random.Generator) -> _Hand:
    """Return a batch of a hand just drawn and one drawn before, seen otherwise: to draw takes as long as to learn.

    The other is flipped, brighter or darker, and noisier. The new one is kept, in place of one of many.
    """
    (image, label), (old_image, old_label) = hand, kept[int(rng.integers(len(kept)))] if kept else hand
    flips = [axis for axis in (2, 4) if rng.random() < 0.5]
    old_image = old_image.float() * float(rng.uniform(0.85, 1.15))
    old_image = (old_image + float(rng.uniform(0, 0.1)) * torch.randn_like(old_image)).clamp(min=0).flip(flips)
    if len(kept) < _KEPT:
        kept.append(hand)
    else:
        kept[int(rng.integers(_KEPT))] = hand
    old_label = old_label.flip([axis - 1 for axis in flips])
    return torch.cat([image.float(), old_image]), torch.cat([label, old_label]).long()


def _loss(net: UNet, image: Tensor, label: Tensor) -> Tensor:
    """Return cross entropy, mineral weighing more than the rest, plus one less the mean Dice of the classes there."""
    with torch.autocast(image.device.type, torch.bfloat16):
        scores = net(image.to(memory_format=torch.channels_last_3d))
    scores = scores.float()
    weight = torch.ones(CLASSES, device=image.device)
    weight[0], weight[DEPOSIT] = 0.3, 3.0
    log_likely = scores.log_softmax(1)
    likely = log_likely.exp()
    true = torch.zeros_like(scores, dtype=torch.bfloat16).scatter_(1, label[:, None], 1.0)
    count = torch.bincount(label.flatten(), minlength=CLASSES)
    both, either = (likely * true).sum((0, 2, 3, 4)), likely.sum((0, 2, 3, 4)) + count
    there = count > 0
    there[0] = False
    dice = (2 * both[there] + 1) / (either[there] + 1)
    return functional.nll_loss(log_likely, label, weight) + 1 - dice.mean()


@torch.no_grad()
def test(net: UNet, device: torch.device) -> None:
    """Print how well hands are read that were not trained on."""
    net.eval()
    shapes = shapes_on(device)
    confusion = torch.zeros(CLASSES, CLASSES, dtype=torch.long, device=device)
    for n in range(_TESTS):
        image, label = draw_case(shapes, _TEST_SEED + n)
        image, label = image[None, None], label[None].long()
        with torch.autocast(image.device.type, torch.bfloat16):
            found = net(image.to(memory_format=torch.channels_last_3d)).argmax(1)
        confusion += torch.bincount((label * CLASSES + found).flatten(), minlength=CLASSES**2).view(CLASSES, CLASSES)
    dice = 2 * confusion.diag() / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)
    bones, deposit = confusion[1:DEPOSIT], confusion[DEPOSIT]
    print("dice", " ".join(f"{value:.3f}" for value in dice.tolist()))
    print(f"mean of bones {dice[1:30].mean():.3f}")
    print(f"bone called deposit {bones[:, DEPOSIT].sum() / bones.sum():.4f}")
    print(
        f"deposit called bone {deposit[1:DEPOSIT].sum() / deposit.sum():.4f}, nothing {deposit[0] / deposit.sum():.4f}"
    )


if __name__ == "__main__":
    main()
