"""Classic CT files become one multi-frame object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian

from support.syntaxes import compress

ENHANCED, CONVERTED = "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"

_MOVED = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness"),
    "PixelValueTransformationSequence": ("RescaleIntercept", "RescaleSlope", "RescaleType"),
    "CTImageFrameTypeSequence": ("FrameType",),
    "CTXRayDetailsSequence": ("KVP", "FilterType"),
    "CTReconstructionSequence": ("ConvolutionKernel",),
}
_LEFT_TO_CONVERSION = ("CTXRayDetailsSequence", "CTReconstructionSequence")


def write_enhanced(
    paths: Sequence[Path],
    target: Path,
    *,
    shared: Sequence[str] = (),
    is_converted: bool = False,
    uid: UID = ExplicitVRLittleEndian,
    instance_uid: str = "1.2.3.4",
) -> Path:
    """Write classic images as frames of one file.

    ``shared`` names the functional groups that stand once for all frames; of a converted object, tube and kernel
    stand in its unassigned attributes.
    """
    images = [dcmread(path) for path in paths]
    whole = dcmread(paths[0])
    whole.SOPClassUID = CONVERTED if is_converted else ENHANCED
    whole.SOPInstanceUID = instance_uid
    whole.file_meta.MediaStorageSOPClassUID = whole.SOPClassUID
    whole.NumberOfFrames = len(images)
    for names in _MOVED.values():
        for name in names:
            if name in whole:
                delattr(whole, name)
    whole.SharedFunctionalGroupsSequence = [_groups(images[0], shared, is_converted)]
    each = [name for name in _MOVED if name not in shared]
    whole.PerFrameFunctionalGroupsSequence = [_groups(image, each, is_converted) for image in images]
    whole.PixelData = b"".join(image.PixelData for image in images)
    compress(whole, uid)
    target.parent.mkdir(parents=True, exist_ok=True)
    whole.save_as(target)
    return target


def _groups(image: Dataset, names: Sequence[str], is_converted: bool) -> Dataset:
    image.FrameType = image.ImageType
    groups = Dataset()
    unassigned = Dataset()
    for name in names:
        item = unassigned if is_converted and name in _LEFT_TO_CONVERSION else Dataset()
        for attribute in _MOVED[name]:
            if attribute in image:
                setattr(item, attribute, image[attribute].value)
        if item is not unassigned:
            setattr(groups, name, [item])
    if len(unassigned):
        groups.UnassignedPerFrameConvertedAttributesSequence = [unassigned]
    return groups
