"""Every reason why a folder is refused, with its code and its words, in one place.

The words are for a radiographer. They hold counts, millimetres and energies, never a name, an id, a date or a file's
path, any of which could identify the person scanned.
"""

from __future__ import annotations

from collections.abc import Sequence

from calcidect.errors import StudyRefusedError

_EXPORT_AGAIN = "Export the series again from the scanner or the archive, all of its images, and copy it whole."
_LISTED = 3  # places told one by one
_ONE_STUDY = "One folder, zip archive or enhanced CT file with the dual-energy scan of one person from one visit."
_DUAL_ENERGY = (
    "Two series of the same scan at different X-ray energies, for example 80 kV and Sn150 kV, or virtual "
    "monoenergetic images (VMI) of 50 and 100 keV; or two maps, of hydroxyapatite with water or of electron density "
    "with effective atomic number."
)
_EXPORT_PAIR = (
    "Export both energies with the same slices, field of view and soft kernel; mixed (blended) images do not help. "
    "`calcidect inspect` lists what was found."
)


def path_missing() -> StudyRefusedError:
    """Refuse a path where nothing is."""
    return StudyRefusedError(
        "path_missing",
        found="The folder or file does not exist.",
        expected=_ONE_STUDY,
        remedy="Check the spelling, and that the drive is connected.",
    )


def not_a_folder() -> StudyRefusedError:
    """Refuse a single file that can't be a scan."""
    return StudyRefusedError(
        "not_a_folder",
        found="A single file was given that is neither DICOM nor a zip archive.",
        expected=_ONE_STUDY,
        remedy="Give the folder that holds the images; unpack other archives than zip first.",
    )


def archive_damaged() -> StudyRefusedError:
    """Refuse an archive that can't be unpacked."""
    return StudyRefusedError(
        "archive_damaged",
        found="The zip archive is damaged or packed in a way that cannot be read.",
        expected="A whole zip archive, of files stored or deflated.",
        remedy="Copy or pack it again, or unpack it and give the folder.",
    )


def archive_encrypted() -> StudyRefusedError:
    """Refuse an archive that needs a password."""
    return StudyRefusedError(
        "archive_encrypted",
        found="The zip archive is encrypted.",
        expected="An archive without a password.",
        remedy="Unpack it with its password and give the folder.",
    )


def archive_unsafe() -> StudyRefusedError:
    """Refuse an archive that points outside itself."""
    return StudyRefusedError(
        "archive_unsafe",
        found="The zip archive holds links, or files whose names lead out of the archive.",
        expected="Plain files in plain folders.",
        remedy="Do not unpack it unless you know who made it; export the scan again.",
    )


def archive_too_large(files: int, unpacked_bytes: int) -> StudyRefusedError:
    """Refuse an archive that expands beyond all measure."""
    return StudyRefusedError(
        "archive_too_large",
        found=f"The zip archive holds {files} files and would unpack to {unpacked_bytes / 2**20:.0f} MiB, far more "
        "than CT images of its size.",
        expected="An archive that expands as CT images do (settings study.maximum_expansion, maximum_archive_files).",
        remedy="If you know who made it, unpack it and give the folder.",
    )


def no_room(unpacked_bytes: int) -> StudyRefusedError:
    """Refuse an archive that does not fit on the disk."""
    return StudyRefusedError(
        "no_room",
        found=f"The disk for temporary files has no room for the unpacked archive of {unpacked_bytes / 2**20:.0f} MiB.",
        expected="Room for the unpacked archive.",
        remedy="Make room, or unpack it elsewhere and give the folder.",
    )


def empty_folder() -> StudyRefusedError:
    """Refuse a folder without files."""
    return StudyRefusedError(
        "empty_folder",
        found="The folder holds no files.",
        expected=_ONE_STUDY,
        remedy="Check that the export has finished and that this is the right folder.",
    )


def no_dicom(number_of_files: int) -> StudyRefusedError:
    """Refuse files none of which is DICOM."""
    return StudyRefusedError(
        "no_dicom",
        found=f"None of the {number_of_files} files in the folder is a DICOM file.",
        expected=_ONE_STUDY,
        remedy="Export the scan as DICOM, not as pictures or NIfTI.",
    )


def no_ct_images(number_of_objects: int) -> StudyRefusedError:
    """Refuse DICOM without a CT image."""
    return StudyRefusedError(
        "no_ct_images",
        found=f"The {number_of_objects} DICOM files are no CT images (reports, screenshots or raw spectral data).",
        expected=_DUAL_ENERGY,
        remedy="Philips spectral base images (SBI) and GE raw data cannot be read outside the vendor's workstation: "
        "export two VMI series there, for example of 50 and 100 keV.",
    )


def expands_too_far(stated_bytes: int) -> StudyRefusedError:
    """Refuse images that would fill the memory."""
    return StudyRefusedError(
        "expands_too_far",
        found=f"The compressed images would expand to {stated_bytes / 2**20:.0f} MiB or more, far more than CT images "
        "of their size.",
        expected="Images that expand as CT images do (setting study.maximum_expansion).",
        remedy="If you know who made them, raise the setting; else export the images again, uncompressed.",
    )


def damaged_files(number: int) -> StudyRefusedError:
    """Refuse files that say they are DICOM and can't be read."""
    return StudyRefusedError(
        "damaged_file",
        found=f"{number} DICOM file(s) are damaged and cannot be read.",
        expected="Whole files: a lost image would shorten the scan unnoticed.",
        remedy=_EXPORT_AGAIN,
    )


def truncated_files(number: int) -> StudyRefusedError:
    """Refuse images that end before their last pixel."""
    return StudyRefusedError(
        "truncated_file",
        found=f"{number} image file(s) end before their last pixel.",
        expected="Whole files.",
        remedy=_EXPORT_AGAIN,
    )


def file_changed() -> StudyRefusedError:
    """Refuse a folder that changes while it is read."""
    return StudyRefusedError(
        "file_changed",
        found="An image file changed or vanished while the folder was read.",
        expected="A folder that nothing writes into.",
        remedy="Wait until the export or the copy has finished, then start again.",
    )


def undecodable(syntax: str) -> StudyRefusedError:
    """Refuse pixels that no installed decoder knows, or that are damaged inside."""
    return StudyRefusedError(
        "pixels_undecodable",
        found=f"The pixels of an image (transfer syntax: {syntax}) can't be decoded.",
        expected="16-bit grey pixels: uncompressed, deflated, RLE, JPEG lossless, JPEG-LS or JPEG 2000.",
        remedy="Export the images uncompressed (Explicit VR Little Endian).",
    )


def several_patients(number: int) -> StudyRefusedError:
    """Refuse more than one person."""
    return StudyRefusedError(
        "several_patients",
        found=f"The folder holds images of {number} different patients (name, id or birth date differ).",
        expected=_ONE_STUDY,
        remedy="Put each patient's scan in a folder of its own.",
    )


def several_studies(number: int) -> StudyRefusedError:
    """Refuse more than one visit."""
    return StudyRefusedError(
        "several_studies",
        found=f"The folder holds {number} studies.",
        expected=_ONE_STUDY,
        remedy="Give the folder of one study; `--all`, which takes them one by one, comes in a later version.",
    )


def several_pairs(names: Sequence[str], difference: str) -> StudyRefusedError:
    """Refuse several pairs where there is no reason to prefer one.

    Parameters
    ----------
    names : sequence of str
        Of the pairs.
    difference : str
        In what they differ.
    """
    return StudyRefusedError(
        "several_pairs",
        found=f"The study holds {len(names)} dual-energy pairs that could each be meant: {', '.join(names)}. "
        f"They differ in {difference}.",
        expected="One pair.",
        remedy="Put the two series that are meant into a folder of their own; `calcidect inspect` tells them apart.",
    )


def no_energy(reasons: Sequence[str]) -> StudyRefusedError:
    """Refuse CT images none of which can be one energy of a pair."""
    return StudyRefusedError(
        "no_energy",
        found=f"No CT series can serve as one energy of a pair: {'; '.join(reasons)}.",
        expected=_DUAL_ENERGY,
        remedy=_EXPORT_PAIR,
    )


def one_energy(energy: str) -> StudyRefusedError:
    """Refuse one energy alone."""
    return StudyRefusedError(
        "one_energy",
        found=f"The scan holds one energy only: {energy}.",
        expected=_DUAL_ENERGY,
        remedy=f"If the scan was dual-energy, its second energy was left behind. {_EXPORT_PAIR}",
    )


def several_series(number: int, energy: str) -> StudyRefusedError:
    """Refuse a single-energy scan of which it is unclear what to read."""
    return StudyRefusedError(
        "several_series",
        found=f"The {number} series are all of {energy}, and nothing tells which of them is meant: they show different "
        "places, or are alike in slices and kernel.",
        expected="Of a single-energy scan, one reconstruction of one place.",
        remedy="Keep the folder to one scan; `calcidect inspect` lists the series.",
    )


def no_pair(why: str) -> StudyRefusedError:
    """Refuse series no two of which belong together."""
    return StudyRefusedError(
        "no_pair", found=f"No two series make a pair: {why}.", expected=_DUAL_ENERGY, remedy=_EXPORT_PAIR
    )


def grids_differ(why: str) -> StudyRefusedError:
    """Refuse two series that can't be brought onto one grid."""
    return StudyRefusedError(
        "grids_differ",
        found=f"The two energies do not fit each other in space: {why}.",
        expected="Both energies with the same slices and field of view; small differences are resampled "
        "(settings study.maximum_sampling_ratio, maximum_thickness_ratio, minimum_body_overlap_fraction).",
        remedy=_EXPORT_PAIR,
    )


def frames_differ() -> StudyRefusedError:
    """Refuse two series of different frames of reference whose bones lie in different places."""
    return StudyRefusedError(
        "frames_differ",
        found="The two energies state different frames of reference, and their bones do not lie in the same places.",
        expected="Two energies that were scanned together.",
        remedy="Check that both series are of the same scan: after a repeated scan, each run has a frame of its own.",
    )


def no_dense_calcium() -> StudyRefusedError:
    """Refuse a scan with nothing to confirm its energies by."""
    return StudyRefusedError(
        "no_dense_calcium",
        found="The images hold next to nothing as dense as bone, so which energy is which cannot be confirmed.",
        expected="A scan of hands, with their bones.",
        remedy="Check that the right series was exported.",
    )


def energies_swapped(low: str, high: str, ratio: float) -> StudyRefusedError:
    """Refuse pixels that say the opposite of the labels."""
    return StudyRefusedError(
        "energies_swapped",
        found=f"Bone is brighter in the series labelled {high} than in that labelled {low} (ratio {ratio:.2f}).",
        expected="Bone is always brighter at the lower energy, so the labels of the two series are swapped.",
        remedy="Compare the bones of the two series on the scanner or the archive: the series where they are brighter "
        "was made at the lower energy. If its name there says so, export again; if not, have the labels mended.",
    )


def bone_ratio_low(ratio: float, minimum: float) -> StudyRefusedError:
    """Refuse two series that hardly differ."""
    return StudyRefusedError(
        "bone_ratio_low",
        found=f"Bone is about equally bright in both series (ratio {ratio:.2f}).",
        expected=f"A ratio of at least {minimum:g} between low and high energy.",
        remedy="Check that the two are not one energy twice, that neither is a mixed image, and that virtual images "
        "lie far apart, such as 50 and 100 keV; then export both energies again.",
    )


def maps_swapped(kinds: Sequence[str]) -> StudyRefusedError:
    """Refuse maps whose labels are exchanged."""
    return StudyRefusedError(
        "maps_swapped",
        found=f"The map labelled {kinds[0]} looks like one of {kinds[1]}, and the other way round.",
        expected="Maps whose labels fit their pixels.",
        remedy="Have the export checked: the names of the two series are exchanged.",
    )


def maps_implausible(
    kinds: Sequence[str], medians: Sequence[float], limits: Sequence[tuple[float, float]]
) -> StudyRefusedError:  # fmt: skip
    """Refuse maps in which soft tissue is none."""
    seen, wanted = (
        " and ".join(texts)
        for texts in (
            [f"{median:.4g} for {kind}" for kind, median in zip(kinds, medians, strict=True)],
            [f"{low:g} to {high:g}" for low, high in limits],
        )
    )
    return StudyRefusedError(
        "maps_implausible",
        found=f"In the middle of the body's values the maps say {seen}.",
        expected=f"Soft tissue: {wanted} (mg/cm3, electron density relative to water, atomic number).",
        remedy="Check that the maps have the stated units and materials, or export two monoenergetic series instead.",
    )


def maps_without_calcium(kinds: Sequence[str], ratio: float) -> StudyRefusedError:
    """Refuse maps whose bone is none."""
    return StudyRefusedError(
        "maps_implausible",
        found=f"Bone in the maps of {' and '.join(kinds)} is no calcium (ratio of 50 to 100 keV: {ratio:.2f}).",
        expected="Bone that is clearly brighter at low energy.",
        remedy="Check that the maps are what their names say, or export two monoenergetic series instead.",
    )


def position_missing() -> StudyRefusedError:
    """Refuse images without a place in space."""
    return StudyRefusedError(
        "position_missing",
        found="Images do not state where they lie (Image Position, Image Orientation or Pixel Spacing is absent).",
        expected="These attributes in every image.",
        remedy="Export the axial series from the scanner itself; some anonymisers remove them.",
    )


def orientation_varies() -> StudyRefusedError:
    """Refuse images that are not parallel."""
    return StudyRefusedError(
        "orientation_varies",
        found="The images of one series are not parallel, or differ in pixel spacing.",
        expected="One stack of parallel slices with one pixel spacing.",
        remedy="Export the axial series without localisers and reformats.",
    )


def too_small(number_of_slices: int, minimum: int) -> StudyRefusedError:
    """Refuse a few slices."""
    return StudyRefusedError(
        "too_small",
        found=f"The series has {number_of_slices} slice(s) only.",
        expected=f"At least {minimum} slices; a scan of the hands has hundreds.",
        remedy=_EXPORT_AGAIN,
    )


def duplicate_position(number: int) -> StudyRefusedError:
    """Refuse two different images at one place."""
    return StudyRefusedError(
        "duplicate_position",
        found=f"At {number} position(s) the series holds more than one image, and they differ.",
        expected="One image for each position; copies that are equal in every pixel are left out.",
        remedy="Export the two reconstructions as series of their own, or remove the images that are not meant.",
    )


def gantry_tilt(degrees: float, maximum_degrees: float) -> StudyRefusedError:
    """Refuse sheared slices that can't be straightened."""
    return StudyRefusedError(
        "gantry_tilt",
        found=f"The gantry was tilted by {degrees:.1f} degrees, so the slices are sheared.",
        expected="Slices at right angles to the direction of travel, or a tilt of at most "
        f"{maximum_degrees:g} degrees (setting study.maximum_tilt_degrees) with one distance between all slices.",
        remedy="Scan without tilt, or have the scanner reformat the series without tilt.",
    )


def slices_shifted(shift_mm: float) -> StudyRefusedError:
    """Refuse slices that do not lie straight above one another."""
    return StudyRefusedError(
        "slices_shifted",
        found=f"Slices lie up to {shift_mm:.2f} mm beside the others.",
        expected="Slices straight above one another.",
        remedy="Export the series of one reconstruction only.",
    )


def missing_slices(number: int, spacing_mm: float, holes_mm: Sequence[tuple[float, float]]) -> StudyRefusedError:
    """Refuse a stack with holes, which lie between the given distances from its first slice."""
    listed = [f"{begin:.2f} and {end:.2f} mm" for begin, end in holes_mm[:_LISTED]]
    more = f", and at {len(holes_mm) - _LISTED} more places" if len(holes_mm) > _LISTED else ""
    return StudyRefusedError(
        "missing_slice",
        found=f"{number} slice(s) are missing within the series (one every {spacing_mm:.2f} mm): between "
        f"{', between '.join(listed)} from its first slice{more}.",
        expected="Every slice of the series.",
        remedy=_EXPORT_AGAIN,
    )


def spacing_changes(
    spacing_mm: tuple[float, float], where_mm: float, gaps_mm: tuple[float, float]
) -> StudyRefusedError:
    """Refuse a stack of two even parts."""
    return StudyRefusedError(
        "spacing_changes",
        found=f"The slices are unevenly spaced: {gaps_mm[0]:.2f} to {gaps_mm[1]:.2f} mm. Their distance changes once, "
        f"from {spacing_mm[0]:.2f} to {spacing_mm[1]:.2f} mm, {where_mm:.1f} mm from the first slice.",
        expected="One distance between all slices.",
        remedy="Have the scanner reconstruct the series with one slice distance, or export the two parts as series of "
        "their own.",
    )


def uneven_spacing(smallest_mm: float, largest_mm: float) -> StudyRefusedError:
    """Refuse gaps of different size."""
    return StudyRefusedError(
        "uneven_spacing",
        found=f"The slices are unevenly spaced: {smallest_mm:.2f} to {largest_mm:.2f} mm.",
        expected="One distance between all slices.",
        remedy="Have the scanner reconstruct the series with one slice distance.",
    )
