# SPDX-License-Identifier: Apache-2.0
"""Makes the small DICOM files beside this script: three slices of 48 rows and 64 columns of known values, written by
pydicom and encoded again by dcmtk and gdcm. Run it in this directory; it needs pydicom, dcmtk and libgdcm-tools."""

import os
import shutil
import subprocess
import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset, Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

ROWS, COLUMNS = 48, 64
CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
ROOT = "1.2.826.0.1.3680043.8.498.7"


def pixels(z):
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    values = (x * x + 3 * y * y + 50 * z) % 1500 + (x * 7 + y * 13 + z * 29) % 17
    values[(x < 8) & (y < 8)] = -2000
    return values


def dataset(sop_class, instance):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.is_little_endian, d.is_implicit_VR = True, False
    d.SpecificCharacterSet = "ISO_IR 192"
    d.SOPClassUID, d.SOPInstanceUID = sop_class, instance
    d.StudyDate, d.StudyTime, d.AccessionNumber = "20200102", "101112", ""
    d.Modality, d.Manufacturer, d.ReferringPhysicianName = "CT", "Test", ""
    d.SeriesDescription = "Fixt\u00fcre"
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = "Test^Fixt\u00fcre", "F1", "", "O"
    d.StudyInstanceUID, d.SeriesInstanceUID = ROOT + ".1", ROOT + ".2"
    d.FrameOfReferenceUID, d.PositionReferenceIndicator = ROOT + ".3", ""
    d.StudyID, d.SeriesNumber, d.AcquisitionNumber = "", "1", "1"
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.Rows, d.Columns = ROWS, COLUMNS
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
    return d


def single(z, folder):
    d = dataset(CT, ROOT + f".10.{z + 1}")
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.InstanceNumber = str(7 - z)
    d.ImagePositionPatient = [-20.5, -30.25, 12 + 2.5 * z]
    d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    d.SliceThickness, d.PixelSpacing = "2.5", [0.75, 0.5]
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = "-1024", "1", "HU"
    d.add_new(0x00280120, "SS", -2000)
    d.PixelData = pixels(z).astype("<i2").tobytes()
    d["PixelData"].VR = "OW"
    d.save_as(f"{folder}/s{z}.dcm", write_like_original=False)


def unsigned12(z, folder):
    """Twelve bits in the upper part of sixteen, the lower four holding what is no pixel; white is low."""
    single(z, folder)
    import pydicom
    d = pydicom.dcmread(f"{folder}/s{z}.dcm")
    del d[0x00280120]
    d.PhotometricInterpretation = "MONOCHROME1"
    d.BitsStored, d.HighBit, d.PixelRepresentation = 12, 15, 0
    raw = np.maximum(pixels(z), 0) << 4 | (np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) & 15)
    d.PixelData = raw.astype("<u2").tobytes()
    d["PixelData"].VR = "OW"
    d.save_as(f"{folder}/s{z}.dcm")


def item(**values):
    d = Dataset()
    for name, value in values.items():
        setattr(d, name, value)
    return Sequence([d])


def enhanced(path):
    """Frames in falling order of position, with slopes of their own."""
    d = dataset(ENHANCED, ROOT + ".20")
    d.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    d.NumberOfFrames = "3"
    shared, frames = Dataset(), []
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.PixelMeasuresSequence = item(SliceThickness="2.5", PixelSpacing=[0.75, 0.5])
    shared.CTImageFrameTypeSequence = item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])
    data = b""
    for frame in range(3):
        z = 2 - frame
        f = Dataset()
        f.FrameContentSequence = item(DimensionIndexValues=[frame + 1])
        f.PlanePositionSequence = item(ImagePositionPatient=[-20.5, -30.25, 12 + 2.5 * z])
        f.PixelValueTransformationSequence = item(
            RescaleIntercept=str(-1024 + z), RescaleSlope=str(1 + z), RescaleType="HU")
        frames.append(f)
        data += np.maximum(pixels(z), 0).astype("<i2").tobytes()
    d.SharedFunctionalGroupsSequence = Sequence([shared])
    d.PerFrameFunctionalGroupsSequence = Sequence(frames)
    d.PixelData = data
    d["PixelData"].VR = "OW"
    d.save_as(path, write_like_original=False)


def encode(command, source, target):
    os.makedirs(target, exist_ok=True)
    for name in sorted(os.listdir(source)):
        subprocess.run([*command, f"{source}/{name}", f"{target}/{name}"], check=True)


for folder in ("explicit", "unsigned12"):
    os.makedirs(folder, exist_ok=True)
for z in range(3):
    single(z, "explicit")
    unsigned12(z, "unsigned12")
encode(["dcmconv", "+ti"], "explicit", "implicit")
encode(["dcmconv", "+tb"], "explicit", "bigendian")
encode(["dcmconv", "+td"], "explicit", "deflated")
encode(["dcmconv", "-F", "+ti"], "explicit", "bare")
encode(["dcmcrle"], "explicit", "rle")
encode(["dcmcjpeg", "+e1"], "explicit", "jpeglossless_sv1")
encode(["dcmcjpeg", "+el", "+sv", "7"], "explicit", "jpeglossless_sv7")
encode(["dcmcjpls"], "explicit", "jpegls")
encode(["gdcmconv", "--j2k"], "explicit", "jpeg2000")
os.makedirs("enhanced", exist_ok=True)
enhanced("enhanced/native.dcm")
subprocess.run(["dcmcjpls", "enhanced/native.dcm", "enhanced/jpegls.dcm"], check=True)
subprocess.run(["dcmconv", "+td", "enhanced/native.dcm", "enhanced/deflated.dcm"], check=True)
subprocess.run(["dcmcrle", "enhanced/native.dcm", "enhanced/rle.dcm"], check=True)
subprocess.run(["dcmcjpeg", "+e1", "+fs", "1", "enhanced/native.dcm", "enhanced/jpeglossless_fragmented.dcm"], check=True)
