// SPDX-License-Identifier: Apache-2.0
// The networks' layers besides the convolutions: what is done voxel by voxel, pooling, resizing, norms, logits.
#include <cmath>

#include "numbers.cuh"

namespace esn {
namespace {

struct AxisEntry {
    int lower;
    float weight;
};

struct Extent {
    int z;
    int y;
    int x;

    ESN_HD int64_t voxels() const { return int64_t(z) * y * x; }
    ESN_HD int64_t voxel(int iz, int iy, int ix) const { return (int64_t(iz) * y + iy) * x + ix; }
};

struct Voxel {
    int z;
    int y;
    int x;
};

/** Bits of a positive number. */
ESN_HD int bit_length(int n) {
#ifdef __CUDA_ARCH__
    return 32 - __clz(n);
#else
    return 32 - __builtin_clz(unsigned(n));
#endif
}

ESN_HD Voxel position(const Extent& extent, int64_t voxel) {
    if (voxel < 0x7fffffff) {
        uint32_t v = uint32_t(voxel);
        uint32_t line = v / uint32_t(extent.x);
        uint32_t z = line / uint32_t(extent.y);
        return Voxel{int(z), int(line - z * uint32_t(extent.y)), int(v - line * uint32_t(extent.x))};
    }
    int64_t row = voxel / extent.x;
    return Voxel{int(row / extent.y), int(row % extent.y), int(voxel - row * extent.x)};
}

/** Index i of a space voxels x groups of V channels. */
struct Place {
    int64_t voxel;
    int channel;
};

template <int V>
ESN_HD Place place(int64_t i, int channels) {
    int groups = channels / V;
    // Most networks' channels are powers of two, and dividing 64-bit numbers costs a hundred instructions.
    if ((groups & (groups - 1)) == 0) {
        int shift = bit_length(groups) - 1;
        return Place{i >> shift, int(i & (groups - 1)) * V};
    }
    return Place{i / groups, int(i % groups) * V};
}

/** How the vectors of feature maps are dealt out: a thread gets every `step`th, all of them the same channels. */
struct Shares {
    static constexpr int MOST = 4;

    int64_t vectors;
    int64_t step;

    static Shares of(int64_t vectors, int groups) {
        int64_t together = int64_t(MOST) * groups;
        return Shares{vectors, (vectors + together - 1) / together * groups};
    }
};

template <class T>
struct Narrow {
    const float* values;
    T* result;

    ESN_HD void operator()(int64_t i) const { result[i] = Format<T>::narrow(values[i]); }
};

/** Channels first, as Java sees feature maps. */
template <class T>
struct Widen {
    Operand<T> maps;
    int64_t voxels;
    float* result;

    ESN_HD void operator()(int64_t i) const {
        int channel = int(i / voxels);
        float value[1];
        Reader<T, 1>(maps, channel).load(i - channel * voxels, value);
        result[i] = value[0];
    }
};

template <class T, int V>
struct Combine {
    Operand<T> first;
    Operand<T> second;
    bool relu;
    T* out;
    Shares shares;

    ESN_HD void operator()(int64_t i) const {
        int channel = place<V>(i, first.channels).channel;
        Reader<T, V> some(first, channel);
        Reader<T, V> more(second, channel);
#pragma unroll 1
        for (int64_t vector = i; vector < shares.vectors; vector += shares.step) {
            float values[V];
            some.load_at(vector * V - channel, values);
            if (second.data != nullptr) {
                float addends[V];
                more.load_at(vector * V - channel, addends);
#pragma unroll
                for (int c = 0; c < V; c++) {
                    values[c] += addends[c];
                }
            }
            store<T, V>(out + vector * V, values, relu);
        }
    }
};

template <class T, int V>
struct Gate {
    Operand<T> features;
    Operand<T> gate;
    T* out;

    ESN_HD void operator()(int64_t i) const {
        Place p = place<V>(i, features.channels);
        float values[V];
        float open[V];
        Reader<T, V>(features, p.channel).load(p.voxel, values);
        Reader<T, V>(gate, p.channel).load(p.voxel, open);
#pragma unroll
        for (int c = 0; c < V; c++) {
            values[c] /= 1.0f + expf(-open[c]);
        }
        store<T, V>(out + i * V, values);
    }
};

template <class T, int V>
struct Concatenate {
    Operand<T> in;
    T* out;
    int first_channel;
    int out_channels;

    ESN_HD void operator()(int64_t i) const {
        Place p = place<V>(i, in.channels);
        float values[V];
        Reader<T, V>(in, p.channel).load(p.voxel, values);
        store<T, V>(out + p.voxel * out_channels + first_channel + p.channel, values);
    }
};

template <class T, int V>
struct MaxPooling {
    Operand<T> in;
    Extent from;
    int kernel;
    int stride;
    int padding;
    T* out;
    Extent to;

    ESN_HD void operator()(int64_t i) const {
        Place p = place<V>(i, in.channels);
        Voxel v = position(to, p.voxel);
        Reader<T, V> read(in, p.channel);
        float best[V];
#pragma unroll
        for (int c = 0; c < V; c++) {
            best[c] = -INFINITY;
        }
        for (int kz = 0; kz < kernel; kz++) {
            int z = v.z * stride - padding + kz;
            for (int ky = 0; ky < kernel; ky++) {
                int y = v.y * stride - padding + ky;
                for (int kx = 0; kx < kernel; kx++) {
                    int x = v.x * stride - padding + kx;
                    if (unsigned(z) >= unsigned(from.z) || unsigned(y) >= unsigned(from.y) ||
                        unsigned(x) >= unsigned(from.x)) {
                        continue;
                    }
                    float values[V];
                    read.load(from.voxel(z, y, x), values);
#pragma unroll
                    for (int c = 0; c < V; c++) {
                        best[c] = best[c] >= values[c] ? best[c] : values[c];
                    }
                }
            }
        }
        store<T, V>(out + i * V, best);
    }
};

/** The mean over one of `to` boxes along an axis of `from`; with a factor the boxes have that extent. */
ESN_HD int box_begin(int i, int from, int to, int factor) {
    return factor > 0 ? i * factor : int(int64_t(i) * from / to);
}

ESN_HD int box_end(int i, int from, int to, int factor) {
    return factor > 0 ? (i + 1) * factor : int((int64_t(i + 1) * from + to - 1) / to);
}

template <class T>
struct MeanPooling {
    Operand<T> in;
    Extent from;
    int factor;
    T* out;
    Extent to;

    ESN_HD void operator()(int64_t i) const {
        Place p = place<1>(i, in.channels);
        Voxel v = position(to, p.voxel);
        int z1 = box_end(v.z, from.z, to.z, factor);
        int y0 = box_begin(v.y, from.y, to.y, factor);
        int y1 = box_end(v.y, from.y, to.y, factor);
        int x0 = box_begin(v.x, from.x, to.x, factor);
        int x1 = box_end(v.x, from.x, to.x, factor);
        int z0 = box_begin(v.z, from.z, to.z, factor);
        Reader<T, 1> read(in, p.channel);
        float sum = 0.0f;
        for (int z = z0; z < z1; z++) {
            for (int y = y0; y < y1; y++) {
                // Rows first: one sum over all voxels would add small numbers to a large one.
                float row = 0.0f;
                for (int x = x0; x < x1; x++) {
                    float value[1];
                    read.load(from.voxel(z, y, x), value);
                    row += value[0];
                }
                sum += row;
            }
        }
        out[i] = Format<T>::narrow(sum / (float(z1 - z0) * float(y1 - y0) * float(x1 - x0)));
    }
};

/**
 * Trilinear, corners aligned; then an addend, then ReLU. A thread makes a run of outputs along z, so that what it has
 * interpolated in a slice of the input serves for all outputs next to it.
 */
template <class T, int V>
struct Resize {
    static constexpr int RUN = 4;

    Operand<T> in;
    Extent from;
    const AxisEntry* tables[3];
    Operand<T> addend;
    bool relu;
    T* out;
    Extent to;

    /** Four neighbours in a slice: how far they are apart, and the weights of the further ones. */
    struct Square {
        int64_t corner;
        int64_t down;
        int64_t across;
        float y;
        float x;
    };

    static int64_t threads(const Extent& to, int64_t vectors) { return vectors / to.z * ((to.z + RUN - 1) / RUN); }

    static ESN_HD int upper(int lower, int extent) { return lower + 1 < extent ? lower + 1 : extent - 1; }

    static ESN_HD void interpolate(float (&low)[V], const float (&high)[V], float weight) {
#pragma unroll
        for (int c = 0; c < V; c++) {
            low[c] += weight * (high[c] - low[c]);
        }
    }

    static ESN_HD void row(const Reader<T, V>& read, int64_t at, const Square& square, float (&values)[V]) {
        float high[V];
        read.load_at(at, values);
        read.load_at(at + square.across, high);
        interpolate(values, high, square.x);
    }

    ESN_HD void slice(const Reader<T, V>& read, int z, const Square& square, float (&values)[V]) const {
        float high[V];
        int64_t at = square.corner + int64_t(z) * from.y * from.x * in.channels;
        row(read, at, square, values);
        row(read, at + square.down, square, high);
        interpolate(values, high, square.y);
    }

    ESN_HD void operator()(int64_t i) const {
        Place p = place<V>(i, in.channels);
        Voxel v = position(Extent{(to.z + RUN - 1) / RUN, to.y, to.x}, p.voxel);
        AxisEntry ey = tables[1][v.y];
        AxisEntry ex = tables[2][v.x];
        Square square{from.voxel(0, ey.lower, ex.lower) * in.channels,
                      int64_t(upper(ey.lower, from.y) - ey.lower) * from.x * in.channels,
                      int64_t(upper(ex.lower, from.x) - ex.lower) * in.channels, ey.weight, ex.weight};
        Reader<T, V> read(in, p.channel);
        Reader<T, V> more(addend, p.channel);
        int64_t at = to.voxel(v.z * RUN, v.y, v.x) * in.channels;
        int64_t step = int64_t(to.y) * to.x * in.channels;
        int end = v.z * RUN + RUN < to.z ? v.z * RUN + RUN : to.z;
        // What `low` and `high` hold are the slice `below` and the next.
        int below = -2;
        float low[V] = {};
        float high[V] = {};
#pragma unroll 1
        for (int z = v.z * RUN; z < end; z++, at += step) {
            AxisEntry ez = tables[0][z];
            if (ez.lower != below) {
                if (ez.lower == below + 1) {
#pragma unroll
                    for (int c = 0; c < V; c++) {
                        low[c] = high[c];
                    }
                } else {
                    slice(read, ez.lower, square, low);
                }
                slice(read, upper(ez.lower, from.z), square, high);
                below = ez.lower;
            }
            float values[V];
#pragma unroll
            for (int c = 0; c < V; c++) {
                values[c] = low[c];
            }
            interpolate(values, high, ez.weight);
            if (addend.data != nullptr) {
                float addends[V];
                more.load_at(at, addends);
#pragma unroll
                for (int c = 0; c < V; c++) {
                    values[c] += addends[c];
                }
            }
            store<T, V>(out + at + p.channel, values, relu);
        }
    }
};

template <class T>
struct Depthwise {
    Operand<T> in;
    Extent from;
    const float* weights;
    Extent kernel;
    int stride;
    T* out;
    Extent to;

    ESN_HD void operator()(int64_t i) const {
        Place p = place<1>(i, in.channels);
        Voxel v = position(to, p.voxel);
        const float* weight = weights + p.channel * kernel.voxels();
        Reader<T, 1> read(in, p.channel);
        float sum = 0.0f;
        for (int kz = 0; kz < kernel.z; kz++) {
            int z = v.z * stride - kernel.z / 2 + kz;
            for (int ky = 0; ky < kernel.y; ky++) {
                int y = v.y * stride - kernel.y / 2 + ky;
                for (int kx = 0; kx < kernel.x; kx++) {
                    int x = v.x * stride - kernel.x / 2 + kx;
                    if (unsigned(z) < unsigned(from.z) && unsigned(y) < unsigned(from.y) &&
                        unsigned(x) < unsigned(from.x)) {
                        float value[1];
                        read.load(from.voxel(z, y, x), value);
                        sum += weight[kernel.voxel(kz, ky, kx)] * value[0];
                    }
                }
            }
        }
        out[i] = Format<T>::narrow(sum);
    }
};

/** Two voxels a thread, so that weights are read once for both, and four classes at a time. */
template <class T, int V>
struct Logits {
    static constexpr int CLASSES = 4;
    static constexpr int VOXELS = 2;

    Operand<T> in;
    int64_t voxels;
    /** How far a thread's voxels are apart. */
    int64_t step;
    const float* weights;
    int classes;
    float* logits;
    /** Becomes 1 if a logit is not finite. */
    int* strange;

    /** V weights, four at once. */
    static ESN_HD void load_weights(float (&result)[V], const float* from) {
        if constexpr (V == 8) {
#pragma unroll
            for (int c = 0; c < V; c += 4) {
                float4 four = *reinterpret_cast<const float4*>(from + c);
                result[c] = four.x;
                result[c + 1] = four.y;
                result[c + 2] = four.z;
                result[c + 3] = four.w;
            }
        } else {
            result[0] = *from;
        }
    }

    ESN_HD void operator()(int64_t i) const {
        // Where there is no second voxel the first takes its place.
        int64_t at[VOXELS] = {i, i + step < voxels ? i + step : i};
        bool finite = true;
        for (int first = 0; first < classes; first += CLASSES) {
            float sums[VOXELS][CLASSES] = {};
            for (int channel = 0; channel < in.channels; channel += V) {
                Reader<T, V> read(in, channel);
                float values[VOXELS][V];
#pragma unroll
                for (int n = 0; n < VOXELS; n++) {
                    read.load(at[n], values[n]);
                }
#pragma unroll
                for (int k = 0; k < CLASSES; k++) {
                    if (first + k < classes) {
                        float weight[V];
                        load_weights(weight, weights + int64_t(first + k) * in.channels + channel);
#pragma unroll
                        for (int c = 0; c < V; c++) {
#pragma unroll
                            for (int n = 0; n < VOXELS; n++) {
                                sums[n][k] += weight[c] * values[n][c];
                            }
                        }
                    }
                }
            }
#pragma unroll
            for (int k = 0; k < CLASSES; k++) {
                if (first + k < classes) {
#pragma unroll
                    for (int n = 0; n < VOXELS; n++) {
                        logits[(first + k) * voxels + at[n]] = sums[n][k];
                        finite = finite && fabsf(sums[n][k]) < INFINITY;
                    }
                }
            }
        }
        if (!finite) {
            volatile_store(strange, 1);
        }
    }
};

ESN_HD Affine affine_of(double sum, double squares, double voxels, double epsilon) {
    double mean = sum / voxels;
    double variance = squares / voxels - mean * mean;
    double scale = 1.0 / sqrt((variance > 0.0 ? variance : 0.0) + epsilon);
    return Affine{float(scale), float(-mean * scale)};
}

/** What a convolution's blocks left: sums and sums of squares, channel after channel. */
struct Partials {
    const float2* sums;
    int64_t count;

    ESN_HD double2 at(int channel, int64_t i) const {
        float2 sum = sums[channel * count + i];
        return double2{double(sum.x), double(sum.y)};
    }
};

/** The maps themselves: for the few norms that do not follow a convolution. */
template <class T>
struct Values {
    const T* maps;
    int64_t count;
    int channels;

    ESN_HD double2 at(int channel, int64_t i) const {
        double value = Format<T>::widen(maps[i * channels + channel]);
        return double2{value, value * value};
    }
};

/** One block a channel adds, in double and in a fixed order. */
template <class Terms>
struct Norm {
    static constexpr int THREADS = 256;
    static constexpr int BLOCKS = 2;
    static constexpr int64_t BYTES = THREADS * int64_t(sizeof(double2));

    struct State {};

    Terms terms;
    double voxels;
    double epsilon;
    Affine* affine;

    template <class Block>
    ESN_HD void run(Block& block, unsigned char* shared, int channel, int) const {
        double2* sums = reinterpret_cast<double2*>(shared);
        auto add = [](double2& sum, const double2& term) {
            sum.x += term.x;
            sum.y += term.y;
        };
        block.each([&](int t, State&) {
            double2 sum = double2{0.0, 0.0};
            for (int64_t i = t; i < terms.count; i += THREADS) {
                add(sum, terms.at(channel, i));
            }
            sums[t] = sum;
        });
        fold<THREADS>(block, sums, add);
        block.each([&](int t, State&) {
            if (t == 0) {
                affine[channel] = affine_of(sums[0].x, sums[0].y, voxels, epsilon);
            }
        });
    }
};

Extent extent(const int32_t* shape) { return Extent{shape[0], shape[1], shape[2]}; }

int64_t elements(const int32_t* shape) { return extent(shape).voxels() * shape[3]; }

/** Calls f with the width of the vectors that so many channels are made of. */
template <class F>
int with_vectors(bool whole, const F& f) {
    return whole ? f(std::integral_constant<int, 8>()) : f(std::integral_constant<int, 1>());
}

}  // namespace
}  // namespace esn

using namespace esn;

int esn_to_half(int64_t context, int type, int64_t values, int64_t n, int64_t result) {
    return with_format("esn_to_half", type, [&](auto zero) {
        using T = decltype(zero);
        return each(context_of(context), "esn_to_half", n, Narrow<T>{pointer<const float>(values), pointer<T>(result)});
    });
}

int esn_to_float(int64_t context, int type, const int64_t* maps, const int32_t* shape, int64_t result) {
    return with_format("esn_to_float", type, [&](auto zero) {
        using T = decltype(zero);
        Widen<T> body{operand<T>(maps, shape[3]), extent(shape).voxels(), pointer<float>(result)};
        return each(context_of(context), "esn_to_float", elements(shape), body);
    });
}

int esn_norm_from_partials(int64_t context, int64_t partials, int64_t count, int64_t voxels, int channels,
                           double epsilon, int64_t affine) {
    return guarded("esn_norm_from_partials", [&] {
        using Body = Norm<Partials>;
        Body body{{pointer<const float2>(partials), count}, double(voxels), epsilon, pointer<Affine>(affine)};
        return blocks(context_of(context), "esn_norm_from_partials", channels, 1, Body::BYTES, body);
    });
}

int esn_norm_from_maps(int64_t context, int type, int64_t maps, int64_t voxels, int channels, double epsilon,
                       int64_t affine) {
    return with_format("esn_norm_from_maps", type, [&](auto zero) {
        using T = decltype(zero);
        using Body = Norm<Values<T>>;
        Body body{{pointer<const T>(maps), voxels, channels}, double(voxels), epsilon, pointer<Affine>(affine)};
        return blocks(context_of(context), "esn_norm_from_maps", channels, 1, Body::BYTES, body);
    });
}

int esn_combine(int64_t context, int type, const int64_t* first, const int64_t* second, int relu, const int32_t* shape,
                int64_t out) {
    return with_format("esn_combine", type, [&](auto zero) {
        using T = decltype(zero);
        return with_vectors(shape[3] % 8 == 0, [&](auto v) {
            constexpr int V = decltype(v)::value;
            Shares shares = Shares::of(elements(shape) / V, shape[3] / V);
            Combine<T, V> body{operand<T>(first, shape[3]), operand<T>(second, shape[3]), relu != 0, pointer<T>(out), shares};
            return each(context_of(context), "esn_combine", shares.step, body);
        });
    });
}

int esn_gate(int64_t context, int type, const int64_t* features, const int64_t* gate, const int32_t* shape,
             int64_t out) {
    return with_format("esn_gate", type, [&](auto zero) {
        using T = decltype(zero);
        return with_vectors(shape[3] % 8 == 0, [&](auto v) {
            constexpr int V = decltype(v)::value;
            Gate<T, V> body{operand<T>(features, shape[3]), operand<T>(gate, shape[3]), pointer<T>(out)};
            return each(context_of(context), "esn_gate", elements(shape) / V, body);
        });
    });
}

int esn_concatenate(int64_t context, int type, const int64_t* in, const int32_t* shape, int64_t out, int first_channel,
                    int out_channels) {
    return with_format("esn_concatenate", type, [&](auto zero) {
        using T = decltype(zero);
        if (first_channel < 0 || first_channel + shape[3] > out_channels) {
            return invalid("esn_concatenate", "the channels do not fit into the result's");
        }
        bool whole = shape[3] % 8 == 0 && first_channel % 8 == 0 && out_channels % 8 == 0;
        return with_vectors(whole, [&](auto v) {
            constexpr int V = decltype(v)::value;
            Concatenate<T, V> body{operand<T>(in, shape[3]), pointer<T>(out), first_channel, out_channels};
            return each(context_of(context), "esn_concatenate", elements(shape) / V, body);
        });
    });
}

int esn_max_pooling(int64_t context, int type, const int64_t* in, const int32_t* in_shape, int kernel, int stride,
                    int padding, int64_t out, const int32_t* out_shape) {
    return with_format("esn_max_pooling", type, [&](auto zero) {
        using T = decltype(zero);
        if (kernel < 1 || stride < 1 || padding < 0 || padding >= kernel) {
            return invalid("esn_max_pooling", "kernel and stride of at least 1 and less padding than kernel are needed");
        }
        return with_vectors(in_shape[3] % 8 == 0, [&](auto v) {
            constexpr int V = decltype(v)::value;
            MaxPooling<T, V> body{operand<T>(in, in_shape[3]), extent(in_shape), kernel, stride, padding,
                                  pointer<T>(out),             extent(out_shape)};
            return each(context_of(context), "esn_max_pooling", elements(out_shape) / V, body);
        });
    });
}

int esn_mean_pooling(int64_t context, int type, const int64_t* in, const int32_t* in_shape, int factor, int64_t out,
                     const int32_t* out_shape) {
    return with_format("esn_mean_pooling", type, [&](auto zero) {
        using T = decltype(zero);
        MeanPooling<T> body{operand<T>(in, in_shape[3]), extent(in_shape), factor, pointer<T>(out), extent(out_shape)};
        return each(context_of(context), "esn_mean_pooling", elements(out_shape), body);
    });
}

int esn_resize(int64_t context, int type, const int64_t* in, const int32_t* in_shape, const int64_t* tables,
               const int64_t* addend, int relu, int64_t out, const int32_t* out_shape) {
    return with_format("esn_resize", type, [&](auto zero) {
        using T = decltype(zero);
        return with_vectors(in_shape[3] % 8 == 0, [&](auto v) {
            constexpr int V = decltype(v)::value;
            Resize<T, V> body;
            body.in = operand<T>(in, in_shape[3]);
            body.from = extent(in_shape);
            for (int a = 0; a < 3; a++) {
                body.tables[a] = pointer<const AxisEntry>(tables[a]);
            }
            body.addend = operand<T>(addend, in_shape[3]);
            body.relu = relu != 0;
            body.out = pointer<T>(out);
            body.to = extent(out_shape);
            return each(context_of(context), "esn_resize", body.threads(body.to, elements(out_shape) / V), body);
        });
    });
}

int esn_depthwise(int64_t context, int type, const int64_t* in, const int32_t* in_shape, int64_t weights,
                  const int32_t* kernel, int stride, int64_t out, const int32_t* out_shape) {
    return with_format("esn_depthwise", type, [&](auto zero) {
        using T = decltype(zero);
        Depthwise<T> body{operand<T>(in, in_shape[3]), extent(in_shape), pointer<const float>(weights),
                          extent(kernel),              stride,           pointer<T>(out),
                          extent(out_shape)};
        return each(context_of(context), "esn_depthwise", elements(out_shape), body);
    });
}

int esn_logits(int64_t context, int type, const int64_t* in, const int32_t* shape, int64_t weights, int classes,
               int64_t logits, int64_t strange) {
    return with_format("esn_logits", type, [&](auto zero) {
        using T = decltype(zero);
        return with_vectors(shape[3] % 8 == 0, [&](auto v) {
            constexpr int V = decltype(v)::value;
            using Body = Logits<T, V>;
            int64_t voxels = extent(shape).voxels();
            int64_t step = (voxels + Body::VOXELS - 1) / Body::VOXELS;
            Body body{operand<T>(in, shape[3]), voxels, step, pointer<const float>(weights), classes,
                      pointer<float>(logits),   pointer<int>(strange)};
            return each(context_of(context), "esn_logits", step, body);
        });
    });
}
