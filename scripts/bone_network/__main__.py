"""Train and export: ``python -m scripts.bone_network --steps 2843 --out DIR`` on a machine with a GPU and PyTorch 2.

Needs PyTorch and onnx beside this package; neither is needed to use what it makes. Every image is drawn when it is
needed, from its number, so that there is no data to keep; a run goes on from ``DIR/checkpoint.pt`` where it was cut
off. The last step writes ``DIR/bones.onnx``, which belongs into ``src/calcidect/anatomy/data``. The one that is there
took 2,843 steps, eight minutes on an H200.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from calcidect.anatomy._bone_network import CLASSES, DEPOSIT

from .export import export
from .images import Drawn, draw_case, shapes_on
from .network import UNet

_BATCH, _DRAWERS = 2, 8
_LEARNING_RATE, _WEIGHT_DECAY = 3e-3, 1e-4
_WARM_UP = 0.05
_TEST_SEED, _TESTS = 10_000_000, 8
_SAVE_EVERY = 250


def main() -> None:
    """Parse, train, test, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2843)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    net = UNet().to(device, memory_format=torch.channels_last_3d)
    train(net, arguments.steps, arguments.seed, arguments.out, device)
    test(net, device)
    export(net.cpu(), arguments.out / "bones.onnx")


def _batches(seed: int, first: int, steps: int, device: torch.device) -> DataLoader[tuple[Tensor, Tensor]]:
    numbers = range(seed * 1_000_000 + first * _BATCH, seed * 1_000_000 + steps * _BATCH)
    several = {"num_workers": _DRAWERS, "multiprocessing_context": "spawn", "prefetch_factor": 4, "pin_memory": True}
    return DataLoader(Drawn(numbers, device), _BATCH, **(several if device.type == "cuda" else {}))


def train(net: UNet, steps: int, seed: int, out: Path, device: torch.device) -> None:
    """Train, saving now and then."""
    optimiser = torch.optim.AdamW(net.parameters(), _LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LEARNING_RATE, steps, pct_start=_WARM_UP)
    first, checkpoint, started = 0, out / "checkpoint.pt", time.monotonic()
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]
    for step, (image, label) in enumerate(_batches(seed, first, steps, device), start=first):
        loss = _loss(net.train(), image.to(device, non_blocking=True).float(), label.to(device).long())
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


def _loss(net: UNet, image: Tensor, label: Tensor) -> Tensor:
    """Return cross entropy, mineral weighing more than the rest, plus one less the mean Dice of the classes there."""
    with torch.autocast(image.device.type, torch.bfloat16):
        scores = net(image.to(memory_format=torch.channels_last_3d))
    scores = scores.float()
    weight = torch.ones(CLASSES, device=image.device)
    weight[0], weight[DEPOSIT] = 0.3, 1.5
    likely = scores.softmax(1)
    true = functional.one_hot(label, CLASSES).movedim(-1, 1)
    both, either = ((likely * true).sum((0, 2, 3, 4)), (likely.sum((0, 2, 3, 4)) + true.sum((0, 2, 3, 4))))
    there = true.sum((0, 2, 3, 4)) > 0
    there[0] = False
    dice = (2 * both[there] + 1) / (either[there] + 1)
    return functional.cross_entropy(scores, label, weight) + 1 - dice.mean()


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
