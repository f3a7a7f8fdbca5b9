// SPDX-License-Identifier: Apache-2.0
// Compares every kernel on a GPU with the same kernel on the host, at odd sizes, and times the fine network's layers at
// 192 x 192 x 192. What is about volumes has to agree to the last bit; layers of the networks within the rounding of
// their format, since tensor cores add in another order than loops.
//   check [GPU] [untimed] [volumes | convolutions | layers]: all comparisons, or only these
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "efficientsegnet_cuda.h"

namespace {

int failures = 0;

void require(int status) {
    if (status != 0) {
        std::fprintf(stderr, "status %d: %s\n", status, esn_last_error());
        std::exit(2);
    }
}

/** The host or the GPU, and what was allocated there. */
class Side {
public:
    explicit Side(int device) { require(esn_context_create(device, 4, &context)); }
    Side(const Side&) = delete;
    ~Side() {
        for (int64_t address : addresses) {
            esn_free(context, address);
        }
        esn_context_destroy(context);
    }

    int64_t room(int64_t bytes) {
        int64_t address = 0;
        require(esn_allocate(context, bytes, &address));
        addresses.push_back(address);
        return address;
    }

    template <class T>
    int64_t put(const std::vector<T>& values) {
        int64_t bytes = int64_t(values.size() * sizeof(T));
        int64_t address = room(bytes + 16);
        require(esn_upload(context, address, reinterpret_cast<int64_t>(values.data()), bytes));
        require(esn_synchronize(context));
        return address;
    }

    std::vector<uint8_t> get(int64_t address, int64_t bytes) {
        std::vector<uint8_t> values(static_cast<size_t>(bytes));
        require(esn_download(context, reinterpret_cast<int64_t>(values.data()), address, bytes));
        require(esn_synchronize(context));
        return values;
    }

    int64_t context = 0;

private:
    std::vector<int64_t> addresses;
};

/** How two results are compared. */
enum class As { BITS, FP16, BF16, FLOAT };

double number(const std::vector<uint8_t>& bytes, size_t i, As as) {
    uint32_t word = 0;
    if (as == As::FLOAT) {
        std::memcpy(&word, &bytes[4 * i], 4);
    } else {
        std::memcpy(&word, &bytes[2 * i], 2);
        if (as == As::FP16) {
            double magnitude = (word & 0x7c00) == 0 ? std::ldexp(word & 0x3ff, -24)
                                                    : std::ldexp(1024 + (word & 0x3ff), int(word >> 10 & 31) - 25);
            return word & 0x8000 ? -magnitude : magnitude;
        }
        word <<= 16;
    }
    float value;
    std::memcpy(&value, &word, 4);
    return value;
}

using Work = std::function<int64_t(Side&)>;

/** Runs work on both sides; it returns the address of its result. */
void compare(const std::string& name, int gpu, int64_t bytes, As as, const Work& work) {
    Side host(-1);
    Side device(gpu);
    std::vector<uint8_t> expected = host.get(work(host), bytes);
    std::vector<uint8_t> found = device.get(work(device), bytes);
    if (as == As::BITS) {
        bool same = expected == found;
        failures += same ? 0 : 1;
        std::printf("%-58s %s\n", name.c_str(), same ? "same bits" : "DIFFERS");
        return;
    }
    size_t n = size_t(bytes) / (as == As::FLOAT ? 4 : 2);
    double largest = 0;
    double norm = 0;
    for (size_t i = 0; i < n; i++) {
        double e = number(expected, i, as);
        double difference = std::fabs(e - number(found, i, as));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
        norm = std::max(norm, std::fabs(e));
    }
    double bound = (as == As::FP16 ? 2e-3 : as == As::BF16 ? 1.6e-2 : 1e-4) * norm;
    bool close = largest <= bound && norm > 0;
    failures += close ? 0 : 1;
    std::printf("%-58s largest difference %.2e of %.2e %s\n", name.c_str(), largest, norm, close ? "" : "DIFFERS");
}

std::vector<float> gaussian(size_t n, unsigned seed, float scale = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0, scale);
    std::vector<float> values(n);
    for (float& value : values) {
        value = distribution(generator);
    }
    return values;
}

std::vector<float> affine(int channels) {
    std::vector<float> values(2 * size_t(channels));
    for (size_t i = 0; i < values.size(); i++) {
        values[i] = 0.5f + 0.03f * float(i % 17);
    }
    return values;
}

struct Shape {
    int32_t z, y, x, c;
    int64_t elements() const { return int64_t(z) * y * x * c; }
    int64_t voxels() const { return int64_t(z) * y * x; }
};

/** Feature maps with random content in a format, normalised while they are read or not. */
struct Maps {
    int64_t operand[3] = {0, 0, 0};

    Maps(Side& side, int type, const Shape& shape, bool normalized, unsigned seed) {
        int64_t wide = side.put(gaussian(size_t(shape.elements()), seed));
        operand[0] = side.room(2 * shape.elements() + 16);
        require(esn_to_half(side.context, type, wide, shape.elements(), operand[0]));
        if (normalized) {
            operand[1] = side.put(affine(shape.c));
            operand[2] = 1;
        }
    }
};

std::vector<uint8_t> packed(int type, int outputs, int inputs, int taps) {
    float scale = 1 / std::sqrt(float(inputs * taps));
    std::vector<float> weights = gaussian(size_t(outputs) * size_t(inputs) * size_t(taps), 77, scale);
    std::vector<uint8_t> bytes(size_t(esn_packed_weights_bytes(outputs, inputs, taps)));
    require(esn_pack_weights(type, reinterpret_cast<int64_t>(weights.data()), outputs, inputs, taps,
                             reinterpret_cast<int64_t>(bytes.data())));
    return bytes;
}

struct Layer {
    Shape in;
    int outputs;
    int32_t kernel[3];
    int stride;

    Shape out() const {
        return Shape{(in.z - 1) / stride + 1, (in.y - 1) / stride + 1, (in.x - 1) / stride + 1, outputs};
    }
    int taps() const { return kernel[0] * kernel[1] * kernel[2]; }
    std::string name() const {
        char text[160];
        std::snprintf(text, sizeof text, "convolution %d>%d %dx%dx%d /%d at %dx%dx%d", in.c, outputs, kernel[0],
                      kernel[1], kernel[2], stride, in.z, in.y, in.x);
        return text;
    }
};

/** A convolution that is ready to be launched. */
struct Convolution {
    Layer layer;
    int type;
    Maps in;
    int64_t weights;
    int64_t out;
    int64_t partials;
    int64_t count;

    Convolution(Side& side, const Layer& l, int t, bool normalized)
        : layer(l), type(t), in(side, t, l.in, normalized, 5), weights(side.put(packed(t, l.outputs, l.in.c, l.taps()))) {
        Shape shape = l.out();
        count = esn_convolution_partials(l.kernel, l.stride, &shape.z);
        out = side.room(2 * shape.elements() + 16);
        partials = side.room(8 * count * l.outputs);
    }

    void launch(Side& side) const {
        Shape shape = layer.out();
        require(esn_convolution(side.context, type, in.operand, &layer.in.z, weights, layer.kernel, layer.stride, out,
                                &shape.z, partials));
    }
};

void check_convolutions(int gpu, int type) {
    const Layer layers[] = {{{5, 9, 11, 1}, 16, {3, 3, 3}, 1},   {{5, 9, 11, 16}, 16, {3, 3, 3}, 1},
                            {{6, 17, 9, 16}, 32, {3, 3, 3}, 2},  {{7, 8, 16, 8}, 8, {3, 3, 3}, 2},
                            {{4, 8, 8, 24}, 8, {3, 3, 3}, 1},    {{3, 9, 10, 32}, 64, {3, 3, 1}, 1},
                            {{3, 10, 9, 40}, 72, {1, 1, 3}, 1},  {{4, 5, 6, 64}, 128, {1, 1, 1}, 1},
                            {{5, 7, 13, 64}, 64, {3, 3, 3}, 2},  {{1, 1, 12, 64}, 64, {1, 1, 3}, 1},
                            {{5, 6, 7, 3}, 5, {3, 3, 3}, 1},     {{5, 9, 9, 128}, 256, {3, 3, 3}, 1},
                            {{33, 40, 41, 16}, 16, {3, 3, 3}, 1}};
    As as = type == 0 ? As::FP16 : As::BF16;
    for (const Layer& layer : layers) {
        compare(layer.name(), gpu, 2 * layer.out().elements(), as, [&](Side& side) {
            Convolution convolution(side, layer, type, true);
            convolution.launch(side);
            return convolution.out;
        });
        compare(layer.name() + ", norm", gpu, 8 * layer.outputs, As::FLOAT, [&](Side& side) {
            Convolution convolution(side, layer, type, false);
            convolution.launch(side);
            int64_t result = side.room(8 * layer.outputs);
            require(esn_norm_from_partials(side.context, convolution.partials, convolution.count,
                                           layer.out().voxels(), layer.outputs, 1e-5, result));
            return result;
        });
    }
}

void tables(Side& side, const Shape& from, const Shape& to, int64_t* result) {
    const int32_t* a = &from.z;
    const int32_t* b = &to.z;
    for (int axis = 0; axis < 3; axis++) {
        result[axis] = side.room(8 * b[axis]);
        require(esn_axis_table(side.context, a[axis], b[axis], result[axis]));
    }
}

void check_layers(int gpu, int type, int channels) {
    As as = type == 0 ? As::FP16 : As::BF16;
    Shape shape{7, 9, 10, channels};
    std::string suffix = ", " + std::to_string(channels) + " channels";
    auto maps = [&](Side& side, const Shape& s, unsigned seed) { return Maps(side, type, s, true, seed); };
    int64_t bytes = 2 * shape.elements();
    compare("sum and ReLU" + suffix, gpu, bytes, as, [&](Side& side) {
        int64_t out = side.room(bytes);
        require(esn_combine(side.context, type, maps(side, shape, 1).operand, maps(side, shape, 2).operand, 1, &shape.z,
                            out));
        return out;
    });
    compare("gate" + suffix, gpu, bytes, as, [&](Side& side) {
        int64_t out = side.room(bytes);
        require(esn_gate(side.context, type, maps(side, shape, 1).operand, maps(side, shape, 2).operand, &shape.z, out));
        return out;
    });
    compare("concatenation" + suffix, gpu, 2 * bytes, as, [&](Side& side) {
        int64_t out = side.room(2 * bytes);
        for (int part = 0; part < 2; part++) {
            require(esn_concatenate(side.context, type, maps(side, shape, unsigned(part)).operand, &shape.z, out,
                                    part * channels, 2 * channels));
        }
        return out;
    });
    Shape half{4, 5, 5, channels};
    compare("maxima" + suffix, gpu, 2 * half.elements(), as, [&](Side& side) {
        int64_t out = side.room(2 * half.elements());
        require(esn_max_pooling(side.context, type, maps(side, shape, 1).operand, &shape.z, 3, 2, 1, out, &half.z));
        return out;
    });
    Shape strip{7, 1, 1, channels};
    compare("means" + suffix, gpu, 2 * strip.elements(), as, [&](Side& side) {
        int64_t out = side.room(2 * strip.elements());
        require(esn_mean_pooling(side.context, type, maps(side, shape, 1).operand, &shape.z, 0, out, &strip.z));
        return out;
    });
    compare("resizing with an addend" + suffix, gpu, bytes, as, [&](Side& side) {
        int64_t out = side.room(bytes);
        int64_t table[3];
        tables(side, half, shape, table);
        require(esn_resize(side.context, type, maps(side, half, 1).operand, &half.z, table,
                           maps(side, shape, 2).operand, 1, out, &shape.z));
        return out;
    });
    compare("depthwise convolution" + suffix, gpu, bytes, as, [&](Side& side) {
        int64_t out = side.room(bytes);
        int32_t kernel[3] = {3, 3, 3};
        require(esn_depthwise(side.context, type, maps(side, shape, 1).operand, &shape.z,
                              side.put(gaussian(27 * size_t(channels), 3)), kernel, 1, out, &shape.z));
        return out;
    });
    compare("logits" + suffix, gpu, 4 * 5 * shape.voxels(), As::FLOAT, [&](Side& side) {
        int64_t out = side.room(4 * 5 * shape.voxels());
        require(esn_logits(side.context, type, maps(side, shape, 1).operand, &shape.z,
                           side.put(gaussian(5 * size_t(channels), 3)), 5, out, side.put(std::vector<int32_t>{0})));
        return out;
    });
    compare("norm from maps" + suffix, gpu, 8 * channels, As::FLOAT, [&](Side& side) {
        int64_t out = side.room(8 * channels);
        require(esn_norm_from_maps(side.context, type, maps(side, shape, 1).operand[0], shape.voxels(), channels, 1e-5,
                                   out));
        return out;
    });
    compare("32-bit copy" + suffix, gpu, 4 * shape.elements(), As::BITS, [&](Side& side) {
        int64_t out = side.room(4 * shape.elements());
        require(esn_to_float(side.context, type, Maps(side, type, shape, false, 1).operand, &shape.z, out));
        return out;
    });
}

std::vector<int32_t> keep_largest(Side& side, int64_t masks, const Shape& shape, int keep, double least) {
    std::vector<int32_t> found(7);
    require(esn_keep_largest(side.context, masks, 0, &shape.z, keep, least, side.room(4 * shape.voxels()),
                             side.room(4 * shape.voxels()), side.room(32), found.data()));
    return found;
}

void check_volumes(int gpu) {
    Shape scan{23, 41, 37, 1};
    Shape network{16, 24, 40, 1};
    std::vector<float> floats = gaussian(size_t(scan.voxels()), 4, 400);
    std::vector<int16_t> stored(floats.begin(), floats.end());
    for (bool integers : {true, false}) {
        compare(integers ? "resampling of int16, flipped" : "resampling of floats, flipped", gpu, 4 * network.voxels(),
                As::BITS, [&](Side& side) {
                    int64_t source = integers ? side.put(stored) : side.put(floats);
                    int64_t result = side.room(4 * network.voxels());
                    int64_t table[3];
                    tables(side, scan, network, table);
                    int64_t strides[3] = {-int64_t(scan.y) * scan.x, scan.x, -1};
                    int64_t offset = int64_t(scan.z - 1) * scan.y * scan.x + scan.x - 1;
                    int32_t extents[6] = {scan.z, scan.y, scan.x, network.z, network.y, network.x};
                    int64_t out[3] = {int64_t(network.y) * network.x, network.x, 1};
                    require(esn_resample(side.context, integers ? 2 : 6, source, offset, strides, table, result, extents,
                                         out, 1.5f, -7));
                    return result;
                });
    }
    int64_t n = scan.voxels();
    compare("mean, deviation, standardising", gpu, 4 * n, As::BITS, [&](Side& side) {
        int64_t values = side.put(floats);
        int64_t moments = side.room(16);
        require(esn_moments(side.context, values, n, -325, 325, side.room(esn_reduction_workspace(n)), moments));
        require(esn_standardize(side.context, values, n, -325, 325, moments, 1e-5));
        return values;
    });
    compare("distribution", gpu, 16, As::BITS, [&](Side& side) {
        int64_t found = side.room(16);
        require(esn_distribution(side.context, side.put(floats), n, -500, 200, side.room(esn_reduction_workspace(n)),
                                 found));
        return found;
    });
    compare("restoring", gpu, scan.voxels(), As::BITS, [&](Side& side) {
        int64_t logits = side.put(gaussian(4 * size_t(network.voxels()), 6));
        int64_t table[3];
        tables(side, network, scan, table);
        int64_t masks = side.room(scan.voxels());
        require(esn_restore(side.context, logits, &network.z, 0, 4, 0.3f, table, &scan.z, masks));
        return masks;
    });
    for (int percent : {4, 9, 30, 100}) {
        Shape grid{61, 70, 83, 1};
        std::mt19937 generator{unsigned(percent)};
        std::vector<uint8_t> masks(size_t(grid.voxels()));
        for (uint8_t& mask : masks) {
            mask = uint8_t(int(generator() % 100) < percent ? 3 : 2);
        }
        for (int keep : {5, 0x7fffffff}) {
            std::string name = std::to_string(keep) + " components of " + std::to_string(percent) + " %";
            compare(name, gpu, grid.voxels(), As::BITS, [&](Side& side) {
                int64_t on = side.put(masks);
                keep_largest(side, on, grid, keep, 2);
                return on;
            });
            compare(name + ", their box", gpu, 28, As::BITS, [&](Side& side) {
                return side.put(keep_largest(side, side.put(masks), grid, keep, 2));
            });
        }
    }
    compare("painting", gpu, scan.voxels(), As::BITS, [&](Side& side) {
        std::vector<uint8_t> masks(size_t(scan.voxels()));
        for (size_t i = 0; i < masks.size(); i++) {
            masks[i] = uint8_t(i * 7);
        }
        int64_t labels = side.put(std::vector<uint8_t>(masks.size(), 9));
        int64_t strides[3] = {int64_t(scan.y) * scan.x, scan.x, -1};
        require(esn_paint(side.context, side.put(masks), 4, 1, &scan.z, labels, scan.x - 1, strides));
        return labels;
    });
}

/** From stored voxels to labels as the engine goes, with the normalised values themselves in the place of logits. */
void check_way_of_a_scan(int gpu) {
    Shape scan{37, 52, 61, 1};
    Shape network{32, 40, 48, 1};
    std::vector<float> noise = gaussian(size_t(scan.voxels()), 8, 30);
    std::vector<int16_t> stored(noise.size());
    for (size_t i = 0; i < stored.size(); i++) {
        size_t x = i % size_t(scan.x);
        size_t y = i / size_t(scan.x) % size_t(scan.y);
        stored[i] = int16_t(noise[i] + ((x / 13 + y / 9) % 3 == 0 ? 150 : -700));
    }
    compare("the way of a scan, without a network", gpu, scan.voxels(), As::BITS, [&](Side& side) {
        int64_t n = network.voxels();
        int64_t workspace = side.room(esn_reduction_workspace(n));
        int64_t source = side.put(stored);
        int64_t values = side.room(4 * n);
        int64_t moments = side.room(16);
        int64_t table[3];
        tables(side, scan, network, table);
        int64_t forward[3] = {int64_t(scan.y) * scan.x, scan.x, 1};
        int32_t extents[6] = {scan.z, scan.y, scan.x, network.z, network.y, network.x};
        int64_t out[3] = {int64_t(network.y) * network.x, network.x, 1};
        require(esn_resample(side.context, 2, source, 0, forward, table, values, extents, out, 1, 0));
        require(esn_distribution(side.context, values, n, -500, 200, workspace, side.room(16)));
        require(esn_moments(side.context, values, n, -325, 325, workspace, moments));
        require(esn_standardize(side.context, values, n, -325, 325, moments, 1e-5));
        tables(side, network, scan, table);
        int64_t masks = side.room(scan.voxels());
        require(esn_restore(side.context, values, &network.z, 0, 1, 0.5f, table, &scan.z, masks));
        keep_largest(side, masks, scan, 3, 10);
        int64_t labels = side.room(scan.voxels());
        require(esn_clear(side.context, labels, scan.voxels()));
        require(esn_paint(side.context, masks, 1, 7, &scan.z, labels, 0, forward));
        return labels;
    });
}

/** Milliseconds of one launch, the best of several rounds. */
double milliseconds(Side& side, const std::function<void()>& launch) {
    launch();
    require(esn_synchronize(side.context));
    double best = INFINITY;
    for (int round = 0; round < 5; round++) {
        auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < 10; i++) {
            launch();
        }
        require(esn_synchronize(side.context));
        std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
        best = std::min(best, spent.count() / 10);
    }
    return best;
}

void time_layers(int gpu) {
    const Layer layers[] = {{{192, 192, 192, 1}, 16, {3, 3, 3}, 1},  {{192, 192, 192, 16}, 16, {3, 3, 3}, 1},
                            {{192, 192, 192, 16}, 16, {3, 3, 1}, 1}, {{192, 192, 192, 16}, 16, {1, 1, 3}, 1},
                            {{192, 192, 192, 16}, 16, {1, 1, 1}, 1}, {{192, 192, 192, 16}, 32, {3, 3, 3}, 2},
                            {{96, 96, 96, 32}, 32, {3, 3, 3}, 1},    {{96, 96, 96, 32}, 32, {3, 3, 1}, 1},
                            {{48, 48, 48, 64}, 64, {3, 3, 3}, 1},    {{24, 24, 24, 128}, 128, {3, 3, 3}, 1},
                            {{12, 12, 12, 256}, 256, {3, 3, 3}, 1}};
    for (const Layer& layer : layers) {
        Side side(gpu);
        Convolution convolution(side, layer, 0, true);
        double ms = milliseconds(side, [&] { convolution.launch(side); });
        double bytes = 2.0 * double(layer.in.elements() + layer.out().elements());
        double operations = 2.0 * double(layer.out().elements()) * layer.in.c * layer.taps();
        std::printf("%-58s %8.3f ms %8.0f GB/s %8.1f TFLOP/s\n", layer.name().c_str(), ms, bytes / ms / 1e6,
                    operations / ms / 1e9);
    }
    Side side(gpu);
    Shape shape{192, 192, 192, 16};
    Shape half{96, 96, 96, 16};
    Maps first(side, 0, shape, true, 1);
    Maps second(side, 0, shape, true, 2);
    Maps below(side, 0, half, true, 3);
    int64_t out = side.room(2 * shape.elements());
    double ms = milliseconds(side, [&] {
        require(esn_combine(side.context, 0, first.operand, second.operand, 1, &shape.z, out));
    });
    std::printf("%-58s %8.3f ms %8.0f GB/s\n", "sum of two norms and ReLU", ms, 6.0 * double(shape.elements()) / ms / 1e6);
    int64_t table[3];
    tables(side, half, shape, table);
    ms = milliseconds(side, [&] {
        require(esn_resize(side.context, 0, below.operand, &half.z, table, second.operand, 0, out, &shape.z));
    });
    std::printf("%-58s %8.3f ms %8.0f GB/s\n", "resizing 96 to 192 with an addend", ms,
                (4.0 * double(shape.elements()) + 2.0 * double(half.elements())) / ms / 1e6);
    int64_t logits = side.room(16 * shape.voxels());
    int64_t weights = side.put(gaussian(64, 3));
    int64_t strange = side.put(std::vector<int32_t>{0});
    ms = milliseconds(side, [&] {
        require(esn_logits(side.context, 0, first.operand, &shape.z, weights, 4, logits, strange));
    });
    std::printf("%-58s %8.3f ms %8.0f GB/s\n", "logits", ms,
                (2.0 * double(shape.elements()) + 16.0 * double(shape.voxels())) / ms / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    int gpu = argc > 1 ? std::atoi(argv[1]) : 0;
    bool timed = argc < 3 || std::strcmp(argv[2], "untimed") != 0;
    auto wanted = [&](const char* part) { return argc < 4 || std::strcmp(argv[3], part) == 0; };
    int32_t count = 0;
    require(esn_device_count(&count));
    int64_t info[5];
    char name[256];
    require(esn_device_info(gpu, info, name, sizeof name));
    std::printf("GPU %d of %d: %s, compute capability %lld, driver for CUDA %lld\n", gpu, int(count), name,
                static_cast<long long>(info[0]), static_cast<long long>(info[3]));
    if (wanted("volumes")) {
        check_volumes(gpu);
        check_way_of_a_scan(gpu);
    }
    for (int type = 0; type < (info[0] >= 80 ? 2 : 1); type++) {
        std::printf("%s\n", type == 0 ? "FP16" : "BF16");
        if (wanted("convolutions")) {
            check_convolutions(gpu, type);
        }
        if (wanted("layers")) {
            check_layers(gpu, type, 16);
            check_layers(gpu, type, 5);
        }
    }
    std::printf("%d comparisons failed\n", failures);
    if (timed) {
        time_layers(gpu);
    }
    return failures == 0 ? 0 : 1;
}
