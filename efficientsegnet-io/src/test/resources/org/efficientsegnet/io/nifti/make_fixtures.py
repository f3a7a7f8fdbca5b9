# SPDX-License-Identifier: Apache-2.0
"""Writes the NIfTI files beside this script with nibabel, an independent implementation, and expected.csv with what
they mean: python3 make_fixtures.py (nibabel 5.0, numpy 1.24). Stored values are a ramp 7x + 11y + 13z, times a step,
plus a start."""
import csv
import gzip
import pathlib

import nibabel as nib
import numpy as np

here = pathlib.Path(__file__).parent
nx, ny, nz = 5, 4, 3
x, y, z = np.meshgrid(np.arange(nx), np.arange(ny), np.arange(nz), indexing="ij")
ramp = 7 * x + 11 * y + 13 * z
rows = []

las = np.array([[-0.75, 0, 0, 120.5], [0, 0.8, 0, -90.25], [0, 0, 2.5, 1040], [0, 0, 0, 1.0]])
oblique = nib.affines.from_matvec(
    nib.eulerangles.euler2mat(0.3, -0.2, 0.9) @ np.diag([0.75, 0.8, 2.5]), [101.25, -33.1, 777.7])
flipped = oblique @ np.diag([1, 1, -1, 1])
sheared = np.array([[0.75, 0.1, 0, 12], [0, 0.8, 0.2, -9], [0, 0, 2.5, 3], [0, 0, 0, 1.0]])


def save(name, dtype="i2", order="<", affine=las, start=-100, step=1, version=1, sform=1, qform=1, change=None,
         scale=1.0, data=None, extension=None, slope=None, expected=None):
    """data=... replaces the ramp; such a file is one to refuse and has no line in expected.csv, unless it has the
    ramp's values."""
    refused = name.startswith("refused")
    dtype = np.dtype(dtype)
    stored = ramp.astype(dtype) * dtype.type(step) + dtype.type(start) if data is None else data
    h = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)(endianness=order)
    h.set_data_dtype(stored.dtype)
    h.set_data_shape(stored.shape)
    h.set_sform(affine, sform)
    if qform:
        h.set_qform(affine, qform)
    if slope:
        h.set_slope_inter(*slope)
    pair = name.endswith(".hdr")
    at = 352 if version == 1 else 544
    tail = b"\0" * 4
    if extension:
        size = (len(extension) + 8 + 15) // 16 * 16
        tail = b"\1\0\0\0" + np.array([size, 6], order + "i4").tobytes() + extension.ljust(size - 8, b"\0")
        at += size
    h["vox_offset"] = 0 if pair else at
    if pair:
        h["magic"] = b"ni1"
    if change:
        change(h)
    raw = stored.astype(stored.dtype.newbyteorder(order)).tobytes(order="F")
    parts = {name: h.binaryblock, name.replace(".hdr", ".img"): raw} if pair else {name: h.binaryblock + tail + raw}
    for part, content in parts.items():
        (here / part).write_bytes(gzip.compress(content, 9, mtime=0) if name.endswith(".gz") else content)
    if refused:
        return
    back = nib.load(str(here / name))
    assert (np.asarray(back.dataobj.get_unscaled()).reshape(nx, ny, nz) == stored.reshape(nx, ny, nz)).all(), name
    m = np.asarray(back.affine if expected is None else expected, dtype=np.float64)[:3] * scale
    s, i = back.dataobj.slope, back.dataobj.inter
    rows.append([name, stored.dtype.name, start, step, float(s), float(i)]
                + [repr(float(v)) for v in m.ravel()])


starts = {"u1": (3, 1), "i1": (-60, 1), "u2": (40000, 1), "i2": (-1000, 1), "u4": (3000000000, 1000),
          "i4": (-100000, 1000), "u8": (2 ** 63, 2 ** 41), "i8": (-2 ** 50, 2 ** 30), "f4": (-1000, 0.25),
          "f8": (-1000, 0.125)}
for t, (start, step) in starts.items():
    for order, word in (("<", "le"), (">", "be")):
        for ending in ("nii", "nii.gz"):
            save(f"{np.dtype(t).name}_{word}.{ending}", t, order, start=start, step=step)

save("nifti2_le.nii.gz", affine=oblique, version=2)
save("nifti2_be.nii", affine=oblique, version=2, order=">")
save("qform_only.nii", sform=0)
save("qform_oblique.nii", affine=oblique, sform=0)
save("qform_qfac_minus.nii", affine=flipped, sform=0)
save("qform_half_turn.nii", affine=np.diag([-1.5, -2.5, 3.5, 1]), sform=0)
save("sform_only.nii", qform=0)
save("sform_oblique.nii", affine=oblique, qform=0)
save("sform_sheared.nii", affine=sheared, qform=0)
save("sform_before_qform.nii", change=lambda h: h.set_qform(oblique, 1))
# The standard's method 1; nibabel flips x and moves the origin here.
save("neither.nii", qform=0, sform=0, change=lambda h: h.__setitem__("pixdim", [1, 0.75, 0.8, 2.5, 1, 1, 1, 1]),
     expected=np.diag(np.float32([0.75, 0.8, 2.5, 1])))
# nibabel leaves the unit to its user.
save("metres.nii", affine=np.diag([0.00075, 0.0008, 0.0025, 1]), scale=1000,
     change=lambda h: h.set_xyzt_units("meter"))
save("microns.nii", affine=np.diag([750, 800, 2500.0, 1]), scale=0.001, change=lambda h: h.set_xyzt_units("micron"))
save("slope.nii.gz", slope=(0.5, -1024))
save("slope_nan.nii", change=lambda h: h.__setitem__("scl_slope", np.nan))
save("slope_zero.nii", change=lambda h: (h.__setitem__("scl_slope", 0), h.__setitem__("scl_inter", 77)))
save("extension.nii.gz", extension=b"a comment of some length, to be passed over")
save("pair.hdr")
save("pair_be.hdr", order=">")
save("one_time_point.nii", data=(ramp - 100).astype("i2")[..., None])
save("refused_time_points.nii", data=np.zeros((nx, ny, nz, 2), "i2"))
save("refused_2d.nii", data=np.zeros((nx, ny), "i2"))
save("refused_rgb.nii", data=np.zeros((nx, ny, nz), [("R", "u1"), ("G", "u1"), ("B", "u1")]))
save("refused_complex64.nii", data=np.zeros((nx, ny, nz), "c8"))

with open(here / "expected.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerow(["file", "type", "start", "step", "slope", "intercept"] + [f"a{i // 4}{i % 4}" for i in range(12)])
    w.writerows(rows)
