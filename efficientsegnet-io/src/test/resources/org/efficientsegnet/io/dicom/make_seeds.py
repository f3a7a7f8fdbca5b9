# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds that fuzzing begins with: images of 6 rows and 8 columns in every encoding, their compressed frames, a
segmentation, an archive, and a DICOMDIR. Run it in this directory; it needs pydicom, dcmtk and libgdcm-tools."""

import os
import subprocess
import tempfile
import zipfile
import pydicom
from pydicom.encaps import generate_pixel_data_frame
from pydicom.sequence import Sequence
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import numpy as np

IMAGE, SEG = "DicomFuzzTestInputs/image", "DicomFuzzTestInputs/segmentation"
DIRECTORY = "DicomFuzzTestInputs/directory"
for folder in (IMAGE, SEG, DIRECTORY):
    os.makedirs(folder, exist_ok=True)
plain = f"{IMAGE}/explicit"
values = (np.arange(48).reshape(6, 8) * 37 % 1000).astype("<i2")
values[2:4] = 500


def small(path, source):
    d = pydicom.dcmread(source)
    for tag in list(d.keys()):
        if tag.group in (0x0010, 0x0018) or tag.elem == 0x0000:
            del d[tag]
    d.Rows, d.Columns = 6, 8
    return d


d = small(plain, "explicit/s0.dcm")
d.PixelData = values.tobytes()
d["PixelData"].VR = "OW"
d.save_as(plain)
d = small(f"{IMAGE}/enhanced", "enhanced/native.dcm")
d.PixelData = values.tobytes() * 3
d["PixelData"].VR = "OW"
d.save_as(f"{IMAGE}/enhanced")
subprocess.run(["dcmcjpls", f"{IMAGE}/enhanced", f"{IMAGE}/enhanced_jpegls"], check=True)

eight = f"{IMAGE}/eight"
d = small(eight, "explicit/s0.dcm")
del d[0x00280120]
d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
d.PixelData = (values // 4).astype("u1").tobytes()
d["PixelData"].VR = "OB"
d.save_as(eight)

ENCODINGS = {
    "implicit": ["dcmconv", "+ti"],
    "bigendian": ["dcmconv", "+tb"],
    "deflated": ["dcmconv", "+td"],
    "bare": ["dcmconv", "-F", "+ti"],
    "rle": ["dcmcrle"],
    "jpeglossless": ["dcmcjpeg", "+el", "+sv", "6"],
    "jpegls": ["dcmcjpls"],
    "jpeg2000": ["gdcmconv", "--j2k"],
}
CODECS = {"rle": "rle", "jpeglossless": "jpegLossless", "jpegls": "jpegLs", "jpeg2000": "jpeg2000"}


def frame(path, method):
    d = pydicom.dcmread(path)
    folder = f"pixel/CodecFuzzTestInputs/{method}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/frame", "wb") as out:
        out.write(next(generate_pixel_data_frame(d.PixelData)))


for name, command in ENCODINGS.items():
    subprocess.run([*command, plain, f"{IMAGE}/{name}"], check=True)
    if name in CODECS:
        frame(f"{IMAGE}/{name}", CODECS[name])
subprocess.run(["dcmcjpeg", "+eb", eight, f"{IMAGE}/jpegbaseline"], check=True)
frame(f"{IMAGE}/jpegbaseline", "jpegBaseline")

d = small(f"{SEG}/binary", "enhanced/native.dcm")
d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
d.Modality, d.SegmentationType = "SEG", "BINARY"
d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 1, 1, 0, 0
d.SegmentSequence = Sequence()
for number in (1, 2):
    s = Dataset()
    s.SegmentNumber, s.SegmentLabel = number, f"organ {number}"
    d.SegmentSequence.append(s)
for i, group in enumerate(d.PerFrameFunctionalGroupsSequence):
    s = Dataset()
    s.ReferencedSegmentNumber = 1 + i % 2
    group.SegmentIdentificationSequence = Sequence([s])
d.PixelData = bytes(range(18))
d["PixelData"].VR = "OB"
d.save_as(f"{SEG}/binary")

os.makedirs("DicomFuzzTestInputs/archive", exist_ok=True)
with zipfile.ZipFile("DicomFuzzTestInputs/archive/two", "w", zipfile.ZIP_DEFLATED) as archive:
    for name in ("explicit", "deflated"):
        archive.write(f"{IMAGE}/{name}", f"{name}.dcm")

# 40 rows and 48 columns, with a restart marker after every row of blocks; needs libjpeg-turbo-progs.
y, x = np.mgrid[:40, :48]
with tempfile.NamedTemporaryFile(suffix=".pgm") as pgm:
    pgm.write(b"P5 48 40 255\n" + ((x * x + 3 * y * y) % 251).astype("u1").tobytes())
    pgm.flush()
    for name, options in (("whole", []), ("restarts", ["-restart", "1"])):
        command = ["cjpeg", "-grayscale", "-quality", "90", *options, "-outfile", f"pixel/baseline_{name}.jpg", pgm.name]
        subprocess.run(command, check=True)

d = Dataset()
d.file_meta = FileMetaDataset()
d.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
d.file_meta.MediaStorageSOPInstanceUID = "1.2"
d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
record = Dataset()
record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", ["DICOM", "IM1"]
record.ReferencedSOPClassUIDInFile = "1.2.840.10008.5.1.4.1.1.2"
d.FileSetID, d.DirectoryRecordSequence = "X", Sequence([record])
d.save_as(f"{DIRECTORY}/directory", write_like_original=False)
