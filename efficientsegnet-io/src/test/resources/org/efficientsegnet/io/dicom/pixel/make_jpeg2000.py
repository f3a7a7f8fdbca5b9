# SPDX-License-Identifier: Apache-2.0
"""Makes jpeg2000.zip: codestreams of 37 rows and 53 columns that OpenJPEG wrote, and the pixels that OpenJPEG reads from
them (16 bits, little endian; source_*.raw if they are the ones that were written). Run it in this directory; it needs
numpy and libopenjp2-tools."""

import os
import subprocess
import tempfile
import zipfile

import numpy as np

ROWS, COLUMNS = 37, 53
OPTIONS = {
    "plain": "",
    "levels0": "-n 1",
    "levels1": "-n 2",
    "rlcp": "-p RLCP -r 20,10,1",
    "rpcl": "-p RPCL -c [16,16] -n 4",
    "pcrl": "-p PCRL -c [32,16],[16,16],[8,8] -r 20,10,1 -n 5",
    "cprl": "-p CPRL -c [16,32] -t 20,24 -n 4",
    "poc": "-POC T1=0,0,1,2,1,RPCL/T1=2,0,1,4,1,PCRL -c [16,16] -n 4",
    "tiles": "-t 20,16 -n 3",
    "tileparts_resolutions": "-TP R",
    "tileparts_layers": "-TP L -r 20,10,1 -t 30,30 -n 4",
    "offset": "-d 13,7 -T 5,3 -t 23,25 -n 4",
    "offset_precincts": "-d 29,31 -p PCRL -c [16,16] -r 6,1 -n 4",
    "markers": "-SOP -EPH -PLT -TLM -r 10,1 -c [32,32] -n 4",
    "blocks4": "-b 4,4",
    "blocks_flat": "-b 64,4",
    "roi": "-ROI c=0,U=12",
    "guard": "-GuardBits 4",
    "lossy": "-r 6",
    "irreversible": "-I",
    "irreversible_layers": "-I -r 20,10,4",
    "irreversible_tiles": "-I -t 20,24 -n 4 -p RPCL -c [16,16]",
    "irreversible_offset": "-I -d 3,5 -n 4",
    "irreversible_roi": "-I -ROI c=0,U=10",
    **{f"mode{m}": f"-M {m}" for m in (1, 2, 4, 8, 16, 32, 5, 13, 63)},
    **{f"mode{m}_layers": f"-M {m} -r 12,6,1 -b 16,16" for m in (1, 5, 9, 59)},
}
DEPTHS = [(8, "u"), (12, "u"), (16, "u"), (8, "s"), (12, "s"), (16, "s")]


def source(bits, sign):
    y, x = np.mgrid[:ROWS, :COLUMNS].astype(np.int64)
    values = (x * x + 3 * y * y + 7 * x * y) * (1 << bits) // 9000 % (1 << bits) // 2 + (x * 7 + y * 13) % 5
    values[10:20, 10:20] = 3
    values[0, 0], values[-1, -1] = 0, (1 << bits) - 1
    return values - (1 << bits - 1 if sign == "s" else 0)


def raw(values):
    return (values & 0xffff).astype("<u2").tobytes()


def decode(stream, folder, bits, sign):
    with open(f"{folder}/d.j2k", "wb") as out:
        out.write(stream)
    subprocess.run(["opj_decompress", "-i", f"{folder}/d.j2k", "-o", f"{folder}/d.rawl"], check=True, capture_output=True)
    kind = ("<i" if sign == "s" else "<u") + ("1" if bits == 8 else "2")
    values = np.fromfile(f"{folder}/d.rawl", kind).astype(np.int64).reshape(ROWS, COLUMNS)
    if sign == "s":  # the program masks negative numbers
        values = ((values & (1 << bits) - 1) ^ 1 << bits - 1) - (1 << bits - 1)
    return values


def parts(stream):
    """The main header, and the header, packets' headers and the rest of every part of a tile."""
    at = stream.index(b"\xff\x90")
    main, result = stream[:at], []
    while stream[at:at + 2] == b"\xff\x90":
        end = at + int.from_bytes(stream[at + 6:at + 10], "big")
        sod = stream.index(b"\xff\x93", at)
        headers, rest = b"", b""
        for packet in stream[sod + 2:end].split(b"\xff\x91")[1:]:
            split = packet.index(b"\xff\x92", 4) + 2
            headers += packet[4:split]
            rest += b"\xff\x91" + packet[:4] + packet[split:]
        result.append((stream[at:sod], headers, rest))
        at = end
    return main, result


def segment(marker, body):
    return bytes([0xff, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def part(header, more, rest):
    whole = header + more + b"\xff\x93" + rest
    return whole[:6] + len(whole).to_bytes(4, "big") + whole[10:]


def headers_in_parts(stream):
    main, tiles = parts(stream)
    out = main
    for header, packets, rest in tiles:
        half, number = len(packets) // 2, 2 * header[10]  # which OpenJPEG wants to go on from part to part
        first, second = bytes([number]) + packets[:half], bytes([number + 1]) + packets[half:]
        out += part(header, segment(0x61, first) + segment(0x61, second), rest)
    return out + b"\xff\xd9"


def headers_in_front(stream):
    main, tiles = parts(stream)
    packed = b"".join(len(packets).to_bytes(4, "big") + packets for _, packets, _ in tiles)
    half = 4 + len(tiles[0][1]) // 2
    out = main + segment(0x60, b"\0" + packed[:half]) + segment(0x60, b"\1" + packed[half:])
    return out + b"".join(part(header, b"", rest) for header, _, rest in tiles) + b"\xff\xd9"


with zipfile.ZipFile("jpeg2000.zip", "w", zipfile.ZIP_DEFLATED) as out, tempfile.TemporaryDirectory() as folder:

    def add(name, content):
        out.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

    for bits, sign in DEPTHS:
        values = source(bits, sign)
        add(f"source_{bits}{sign}.raw", raw(values))
        values.astype(("<i" if sign == "s" else "<u") + ("1" if bits == 8 else "2")).tofile(f"{folder}/in.rawl")

        def add_stream(name, stream):
            read = decode(stream, folder, bits, sign)
            add(f"{name}_{bits}{sign}.j2k", stream)
            if (read != values).any():
                add(f"{name}_{bits}{sign}.raw", raw(read))

        def encode(options):
            subprocess.run(
                ["opj_compress", "-i", f"{folder}/in.rawl", "-o", f"{folder}/e.j2k"]
                + ["-F", f"{COLUMNS},{ROWS},1,{bits},{sign}"] + options.split(), check=True, capture_output=True)
            with open(f"{folder}/e.j2k", "rb") as stream:
                return stream.read()

        for name, options in OPTIONS.items():
            # The decoder of OpenJPEG has no more than 31 bits for them.
            if bits < 16 or "roi" not in name:
                add_stream(name, encode(options))
        tiles = encode("-SOP -EPH -t 20,20 -n 4 -TP R -r 10,1")
        add_stream("headers_in_parts", headers_in_parts(tiles))
        add_stream("headers_in_front", headers_in_front(tiles))
