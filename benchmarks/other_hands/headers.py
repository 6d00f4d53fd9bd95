"""CT Image Storage as two vendors write a pair of tube voltages; habits as in docs/dicom.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from .scanner import Scanner

CT = "1.2.840.10008.5.1.4.1.1.2"


def write_series(
    hu: np.ndarray, origin: np.ndarray, s: Scanner, which: int, study: str, position: str, folder: Path
) -> None:
    """Write one series, a file a slice; ``hu`` int16 (x, y, z), ``origin`` the centre of its first voxel, LPS mm."""
    folder.mkdir(parents=True)
    series, frame = generate_uid(entropy_srcs=[study, str(which)]), generate_uid(entropy_srcs=[study, "frame"])
    whole = generate_uid(entropy_srcs=[study, "study"])
    for k in range(hu.shape[2]):
        uid = generate_uid(entropy_srcs=[series, str(k)])
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CT, uid
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        file.SOPClassUID, file.SOPInstanceUID, file.SeriesInstanceUID = CT, uid, series
        file.StudyInstanceUID = whole
        file.FrameOfReferenceUID = frame
        _describe(file, s, which, position)
        file.InstanceNumber = k + 1
        file.ImagePositionPatient = [f"{v:.4f}" for v in origin + np.array([0, 0, k * s.slice_mm])]
        file.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        file.PixelSpacing, file.SliceThickness = [f"{s.pixel_mm:.6f}"] * 2, f"{s.thickness_mm:.3f}"
        file.Rows, file.Columns = hu.shape[1], hu.shape[0]
        file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
        file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
        file.RescaleIntercept, file.RescaleSlope, file.RescaleType = -1024, 1, "HU"
        file.PixelData = (hu[..., k].T.astype(np.int32) + 1024).astype("<u2").tobytes()
        file.save_as(folder / f"im{k:04d}.dcm", enforce_file_format=True)


def _describe(file: FileDataset, s: Scanner, which: int, position: str) -> None:
    kv = s.pair[which].removeprefix("Sn")
    file.Modality, file.PatientPosition, file.BodyPartExamined = "CT", position, "HAND"
    file.PatientName, file.PatientID, file.PatientSex, file.PatientAge = "OTHER^HAND", "OTHER", "F", "055Y"
    file.PatientBirthDate = file.AccessionNumber = file.ReferringPhysicianName = file.StudyID = ""
    file.StudyDate = file.SeriesDate = file.AcquisitionDate = file.ContentDate = "20240301"
    file.StudyTime = file.SeriesTime = file.AcquisitionTime = file.ContentTime = "090000"
    file.StudyDescription = "Simulated hand, research use only"
    file.SeriesNumber, file.AcquisitionNumber, file.KVP = which + 2, 1, kv
    if s.vendor == "siemens":
        file.Manufacturer, file.ManufacturerModelName = "SIEMENS", "SOMATOM Force"
        file.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI", "DUAL"]
        file.ConvolutionKernel = "Qr36d"
        file.SeriesDescription = f"DE_Hand {s.thickness_mm:.1f} Qr36 {'AB'[which]}_{s.pair[which]}kV"
    else:
        file.Manufacturer, file.ManufacturerModelName = "TOSHIBA", "Aquilion ONE"
        file.ImageType, file.ConvolutionKernel = ["ORIGINAL", "PRIMARY", "AXIAL"], "FC13"
        file.AcquisitionNumber = which + 1
        file.SeriesDescription = f"Hand DE {kv}kV"
