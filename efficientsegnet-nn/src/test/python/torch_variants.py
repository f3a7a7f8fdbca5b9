# SPDX-License-Identifier: Apache-2.0
"""Makes the checkpoints that TorchCheckpointTest reads, with Python's own pickle and stand-ins for PyTorch's names.

Usage: python3 torch_variants.py DIRECTORY
Writes variants.pt (zip archive), variants_legacy.pt (the stream before PyTorch 1.6) and variants.safetensors, which
holds the same values, gathered by numpy.
"""

import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

import numpy as np

torch = types.ModuleType("torch")
utils = types.ModuleType("torch._utils")
sys.modules["torch"], sys.modules["torch._utils"] = torch, utils


def stand_in(module, name, value):
    value.__module__, value.__qualname__, value.__name__ = module.__name__, name, name
    setattr(module, name, value)
    return value


rebuild_tensor = stand_in(utils, "_rebuild_tensor", lambda *a: None)
rebuild_tensor_v2 = stand_in(utils, "_rebuild_tensor_v2", lambda *a: None)
rebuild_parameter = stand_in(utils, "_rebuild_parameter", lambda *a: None)
TYPES = {
    name: stand_in(torch, name + "Storage", type(name + "Storage", (), {}))
    for name in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
}


class Storage:
    def __init__(self, kind, data):
        self.kind, self.data = kind, data


class Tensor:
    def __init__(self, storage, offset, size, stride, how=rebuild_tensor_v2):
        self.storage, self.offset, self.size, self.stride, self.how = storage, offset, size, stride, how

    def __reduce_ex__(self, protocol):
        if self.how is rebuild_tensor:
            return rebuild_tensor, (self.storage, self.offset, self.size, self.stride)
        tensor = (self.storage, self.offset, self.size, self.stride, False, collections.OrderedDict())
        if self.how is rebuild_parameter:
            return rebuild_parameter, (Tensor(*tensor[:4]), True, collections.OrderedDict())
        return rebuild_tensor_v2, tensor

    def values(self):
        data = self.storage.data
        if self.storage.kind == "BFloat16":
            data = (data.astype(np.uint32) << 16).view(np.float32)
        steps = tuple(s * data.itemsize for s in self.stride)
        return np.lib.stride_tricks.as_strided(data[self.offset :], self.size, steps).astype(np.float32)


class Pickler(pickle.Pickler):
    def __init__(self, file, view_metadata):
        super().__init__(file, protocol=2)
        self.extra, self.keys = ((None,) if view_metadata else ()), {}

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        key = self.keys.setdefault(id(value), (str(len(self.keys)), value))[0]
        return ("storage", TYPES[value.kind], key, "cuda:0", len(value.data)) + self.extra


def pickled(value, view_metadata=False):
    file = io.BytesIO()
    pickler = Pickler(file, view_metadata)
    pickler.dump(value)
    return file.getvalue(), dict(pickler.keys.values())


def write_zip(path, value):
    data, storages = pickled(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        entries = {"data.pkl": data, "byteorder": b"little"}
        entries.update({"data/" + key: storage.data.tobytes() for key, storage in storages.items()})
        entries["version"] = b"3\n"
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo("variants/" + name), content)


def write_legacy(path, value):
    data, storages = pickled(value, view_metadata=True)
    sizes = dict(short=2, int=4, long=4)
    habits = dict(protocol_version=1001, little_endian=True, type_sizes=sizes)
    with open(path, "wb") as file:
        for part in (0x1950A86A20F9469CFC6C, 1001, habits):
            pickle.dump(part, file, protocol=2)
        file.write(data)
        keys = sorted(storages)
        pickle.dump(keys, file, protocol=2)
        for key in keys:
            file.write(struct.pack("<q", len(storages[key].data)) + storages[key].data.tobytes())


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values).tobytes()
        header[name] = dict(dtype="F32", shape=list(values.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main(directory):
    random = np.random.default_rng(3)
    shared = Storage("Float", random.standard_normal(60).astype(np.float32))
    whole = Storage("Float", random.standard_normal(24).astype(np.float32))
    weights = collections.OrderedDict()
    weights["module.whole"] = Tensor(whole, 0, (2, 3, 4), (12, 4, 1), rebuild_parameter)
    weights["module.tied"] = Tensor(whole, 0, (2, 3, 4), (12, 4, 1))
    weights["module.slice"] = Tensor(shared, 7, (3, 4), (4, 1))
    weights["module.transposed"] = Tensor(shared, 3, (4, 3), (1, 4))
    weights["module.permuted"] = Tensor(shared, 0, (5, 3, 4), (1, 20, 5))
    weights["module.strided"] = Tensor(shared, 1, (2, 3, 2), (30, 9, 4), rebuild_tensor)
    weights["module.scalar"] = Tensor(shared, 59, (), ())
    weights["module.empty"] = Tensor(shared, 0, (0, 3), (3, 1))
    weights["module.ones"] = Tensor(shared, 5, (1, 4, 1), (77, 2, 99))
    doubles = Storage("Double", random.standard_normal(5))
    weights["module.double"] = Tensor(doubles, 0, (5,), (1,))
    weights["module.half"] = Tensor(Storage("Half", np.array([1, 65504, 6e-8, np.inf], np.float16)), 0, (4,), (1,))
    weights["module.brain"] = Tensor(Storage("BFloat16", np.array([0x3F80, 0xC2C8, 1], np.uint16)), 0, (3,), (1,))
    for kind, dtype, values in (
        ("Long", np.int64, [-1, 2**40]),
        ("Int", np.int32, [-(2**31), 7]),
        ("Short", np.int16, [-300, 300]),
        ("Char", np.int8, [-128, 127]),
        ("Byte", np.uint8, [0, 255]),
        ("Bool", np.bool_, [True, False]),
    ):
        weights["module." + kind.lower()] = Tensor(Storage(kind, np.array(values, dtype)), 0, (2,), (1,))
    # Dictionaries of modules carry this attribute; pickle writes it with BUILD.
    weights._metadata = collections.OrderedDict([("", {"version": 1}), ("whole", {"version": 1})])
    moments = {
        i: {
            "step": 12,
            "exp_avg": Tensor(Storage("Float", np.full(3, i, np.float32)), 0, (3,), (1,)),
        }
        for i in range(len(weights))
    }
    groups = [dict(lr=0.001, betas=(0.9, 0.99), amsgrad=False, foreach=None, params=list(range(len(weights))))]
    value = dict(
        epoch=2**33, state_dict=weights, optimizer_dict=dict(state=moments, param_groups=groups), lr=0.00075
    )
    write_zip(directory + "/variants.pt", value)
    write_legacy(directory + "/variants_legacy.pt", value)
    write_safetensors(
        directory + "/variants.safetensors", {n.removeprefix("module."): t.values() for n, t in weights.items()}
    )


main(sys.argv[1])
