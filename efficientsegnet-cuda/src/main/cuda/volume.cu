// SPDX-License-Identifier: Apache-2.0
// What surrounds the networks: resampling, moments, restoring, components, painting. Compiled without contraction to
// fused multiply-adds, so that a device, the host and the Java implementations agree to the last bit.
#include <cmath>
#include <functional>

#include "execution.cuh"

namespace esn {
namespace {

struct AxisEntry {
    int lower;
    float weight;
};

/** Sample i of `to` lies at i (from - 1) / (to - 1); the quotient is of exact integers. */
struct AxisTable {
    int from;
    int to;
    AxisEntry* table;

    ESN_HD void operator()(int64_t i) const {
        double position = to == 1 ? 0.0 : double(i * (from - 1)) / double(to - 1);
        int lower = int(position);
        float weight = float(position - lower);
        table[i] = AxisEntry{lower, weight < 1.0f ? weight : 0.99999994f};
    }
};

struct Axis {
    const AxisEntry* table;
    int from;
    int64_t stride;

    ESN_HD int64_t lower(int i) const { return table[i].lower * stride; }
    ESN_HD int64_t upper(int i) const {
        int next = table[i].lower + 1;
        return (next < from ? next : from - 1) * stride;
    }
};

ESN_HD float lerp(float low, float high, float weight) { return low + weight * (high - low); }

template <class T>
struct Resample {
    const T* source;
    Axis axes[3];
    float* result;
    int extents[3];
    int64_t strides[3];
    float slope;
    float intercept;

    ESN_HD float along_outer(int outer, int64_t at) const {
        float a = float(source[at + axes[0].lower(outer)]);
        float weight = axes[0].table[outer].weight;
        return weight == 0.0f ? a : lerp(a, float(source[at + axes[0].upper(outer)]), weight);
    }

    ESN_HD float along_inner(int outer, int inner, int64_t at) const {
        float a = along_outer(outer, at + axes[1].lower(inner));
        float weight = axes[1].table[inner].weight;
        return weight == 0.0f ? a : lerp(a, along_outer(outer, at + axes[1].upper(inner)), weight);
    }

    ESN_HD void operator()(int64_t i) const {
        int row = int(i % extents[2]);
        int inner = int(i / extents[2] % extents[1]);
        int outer = int(i / extents[2] / extents[1]);
        float a = along_inner(outer, inner, axes[2].lower(row));
        float b = along_inner(outer, inner, axes[2].upper(row));
        result[outer * strides[0] + inner * strides[1] + row * strides[2]] =
            lerp(a, b, axes[2].table[row].weight) * slope + intercept;
    }
};

struct Window {
    float low;
    float high;

    ESN_HD float clip(float value) const { return value < low ? low : value > high ? high : value; }
};

/** Sum over a block of fixed size, in a fixed order: what comes out does not depend on the machine. */
struct BlockSum {
    static constexpr int THREADS = 256;
    static constexpr int BLOCKS = 2;
    static constexpr int64_t BLOCK = 16384;

    struct State {};

    const float* values;
    int64_t count;
    Window window;
    /** Subtracted before squaring; null for the plain sum. */
    const double* mean;
    double* sums;

    template <class Block>
    ESN_HD void run(Block& block, unsigned char* shared, int b, int) const {
        double* partial = reinterpret_cast<double*>(shared);
        block.each([&](int t, State&) {
            int64_t end = (b + 1) * BLOCK < count ? (b + 1) * BLOCK : count;
            double sum = 0;
            for (int64_t i = b * BLOCK + t; i < end; i += THREADS) {
                double value = window.clip(values[i]);
                sum += mean == nullptr ? value : (value - *mean) * (value - *mean);
            }
            partial[t] = sum;
        });
        fold<THREADS>(block, partial, [](double& sum, double term) { sum += term; });
        block.each([&](int t, State&) {
            if (t == 0) {
                sums[b] = partial[0];
            }
        });
    }
};

/** Second level, also in a fixed order: the mean, or the standard deviation from the sum of squares. */
struct FinishMoments {
    static constexpr int THREADS = 256;
    static constexpr int BLOCKS = 2;

    struct State {};

    const double* sums;
    int64_t blocks;
    int64_t count;
    bool deviation;
    double* moments;

    template <class Block>
    ESN_HD void run(Block& block, unsigned char* shared, int, int) const {
        double* partial = reinterpret_cast<double*>(shared);
        block.each([&](int t, State&) {
            double sum = 0;
            for (int64_t i = t; i < blocks; i += THREADS) {
                sum += sums[i];
            }
            partial[t] = sum;
        });
        fold<THREADS>(block, partial, [](double& sum, double term) { sum += term; });
        block.each([&](int t, State&) {
            if (t == 0 && deviation) {
                moments[1] = count == 1 ? 0 : sqrt(partial[0] / double(count - 1));
            } else if (t == 0) {
                moments[0] = partial[0] / double(count);
            }
        });
    }
};

struct Standardize {
    float* values;
    Window window;
    const double* moments;
    double epsilon;

    ESN_HD void operator()(int64_t i) const {
        values[i] = float((window.clip(values[i]) - moments[0]) * (1 / (moments[1] + epsilon)));
    }
};

/** How values are distributed: the ends, how many lie below `air` and how many within `tissue` of zero. */
struct Distribution {
    float minimum;
    float maximum;
    int air;
    int tissue;

    ESN_HD void join(const Distribution& other) {
        minimum = other.minimum < minimum ? other.minimum : minimum;
        maximum = other.maximum > maximum ? other.maximum : maximum;
        air += other.air;
        tissue += other.tissue;
    }
};

/** The distribution of blocks of values, or with one block and `parts` that of all parts. */
struct BlockDistribution {
    static constexpr int THREADS = 256;
    static constexpr int BLOCKS = 2;

    struct State {};

    const float* values;
    const Distribution* parts;
    int64_t count;
    int64_t block;
    float air;
    float tissue;
    Distribution* results;

    template <class Block>
    ESN_HD void run(Block& threads, unsigned char* shared, int b, int) const {
        Distribution* partial = reinterpret_cast<Distribution*>(shared);
        threads.each([&](int t, State&) {
            int64_t end = (b + 1) * block < count ? (b + 1) * block : count;
            Distribution found{INFINITY, -INFINITY, 0, 0};
            for (int64_t i = b * block + t; i < end; i += THREADS) {
                if (parts != nullptr) {
                    found.join(parts[i]);
                } else {
                    float v = values[i];
                    found.join(Distribution{v, v, v < air ? 1 : 0, v >= -tissue && v <= tissue ? 1 : 0});
                }
            }
            partial[t] = found;
        });
        fold<THREADS>(threads, partial, [](Distribution& all, const Distribution& more) { all.join(more); });
        threads.each([&](int t, State&) {
            if (t == 0) {
                results[b] = partial[0];
            }
        });
    }
};

/** Interpolates logits and compares; no interpolated volume exists at any time. */
struct Restore {
    const float* logits;
    int64_t volume;
    Axis axes[3];
    int extents[3];
    int first_class;
    int classes;
    float least;
    unsigned char* masks;

    ESN_HD void operator()(int64_t i) const {
        int x = int(i % extents[2]);
        int y = int(i / extents[2] % extents[1]);
        int z = int(i / extents[2] / extents[1]);
        unsigned mask = 0;
        for (int c = 0; c < classes; c++) {
            const float* values = logits + (first_class + c) * volume;
            float low = column(values, z, y, axes[2].lower(x));
            float high = column(values, z, y, axes[2].upper(x));
            mask |= lerp(low, high, axes[2].table[x].weight) >= least ? 1u << c : 0u;
        }
        masks[i] = static_cast<unsigned char>(mask);
    }

    ESN_HD float column(const float* values, int z, int y, int64_t at) const {
        const float* front = values + axes[0].lower(z) + at;
        const float* back = values + axes[0].upper(z) + at;
        float weight = axes[1].table[y].weight;
        float a = lerp(front[axes[1].lower(y)], front[axes[1].upper(y)], weight);
        float b = lerp(back[axes[1].lower(y)], back[axes[1].upper(y)], weight);
        return lerp(a, b, axes[0].table[z].weight);
    }
};

/**
 * Union-find over voxels (Playne and Hawick 2018 describe such trees on GPUs): a link never leads to a later voxel, so
 * that the root is the component's first voxel in C order, whatever order the threads ran in.
 */
struct Components {
    unsigned char* masks;
    unsigned bit;
    int nz;
    int ny;
    int nx;
    int* labels;
    int* sizes;

    ESN_HD bool set(int64_t i) const { return (masks[i] & bit) != 0; }

    ESN_HD int root(int i) const {
        int parent = volatile_load(labels + i);
        while (parent != i) {
            i = parent;
            parent = volatile_load(labels + i);
        }
        return i;
    }

    ESN_HD void join(int a, int b) const {
        a = root(a);
        b = root(b);
        while (a != b) {
            if (a > b) {
                int swap = a;
                a = b;
                b = swap;
            }
            int old = atomic_min(labels + b, a);
            // Unchanged, b was a root and is linked now; else another thread has linked it, and that link must hold too.
            b = old == b ? a : old;
        }
    }
};

struct InitLabels : Components {
    ESN_HD void operator()(int64_t i) const {
        labels[i] = set(i) ? int(i) : -1;
        sizes[i] = 0;
    }
};

/** Joins a voxel with the 13 of its 26 neighbours that come before it. */
struct JoinNeighbours : Components {
    ESN_HD void operator()(int64_t i) const {
        if (!set(i)) {
            return;
        }
        int x = int(i % nx);
        int y = int(i / nx % ny);
        int z = int(i / nx / ny);
        for (int dz = z > 0 ? -1 : 0; dz <= 0; dz++) {
            for (int dy = y > 0 ? -1 : 0; dy <= (dz == 0 ? 0 : y < ny - 1 ? 1 : 0); dy++) {
                for (int dx = x > 0 ? -1 : 0; dx <= (dz == 0 && dy == 0 ? -1 : x < nx - 1 ? 1 : 0); dx++) {
                    int64_t other = i + (int64_t(dz) * ny + dy) * nx + dx;
                    if (set(other)) {
                        join(int(i), int(other));
                    }
                }
            }
        }
    }
};

struct CountVoxels : Components {
    ESN_HD void operator()(int64_t i) const {
        if (labels[i] >= 0) {
            // Links that other threads follow are only ever shortened here, so their order does not matter.
            int r = root(int(i));
            volatile_store(labels + i, r);
            count_at(sizes, r);
        }
    }
};

/** Orders components: larger first, of one size the earlier. */
ESN_HD int64_t component_key(int size, int64_t root) { return int64_t(size) << 32 | (0xffffffffll - root); }

/** Components of more than some voxels: how many there are, and their keys in whatever order. */
struct LargeComponents : Components {
    double min_voxels;
    int* count;
    /** Null while they are counted. */
    int64_t* keys;

    ESN_HD void operator()(int64_t i) const {
        if (labels[i] == int(i) && double(sizes[i]) > min_voxels) {
            int place = atomic_add(count, 1);
            if (keys != nullptr) {
                keys[place] = component_key(sizes[i], i);
            }
        }
    }
};

/** Clears what is not kept; finds the box of what is. */
struct ClearOthers : Components {
    double min_voxels;
    int64_t least_key;
    int* box;

    ESN_HD void operator()(int64_t i) const {
        int label = labels[i];
        if (label < 0) {
            return;
        }
        int size = sizes[label];
        if (!(double(size) > min_voxels) || component_key(size, label) < least_key) {
            masks[i] = static_cast<unsigned char>(masks[i] & ~bit);
            return;
        }
        int x = int(i % nx);
        int y = int(i / nx % ny);
        int z = int(i / nx / ny);
        // Only ever smaller: ends are stored negated. Most voxels are inside already and need no atomic.
        int bounds[6] = {z, y, x, -z - 1, -y - 1, -x - 1};
        for (int b = 0; b < 6; b++) {
            if (bounds[b] < volatile_load(box + b)) {
                atomic_min(box + b, bounds[b]);
            }
        }
    }
};

/** Nothing is found yet: no components, and a box that anything makes smaller. */
struct NothingFound {
    int* count;
    int* box;

    ESN_HD void operator()(int64_t i) const {
        if (i == 0) {
            *count = 0;
        } else {
            box[i - 1] = 0x7fffffff;
        }
    }
};

struct Paint {
    const unsigned char* masks;
    unsigned bits;
    int first_label;
    int extents[3];
    unsigned char* labels;
    int64_t strides[3];

    ESN_HD void operator()(int64_t i) const {
        unsigned set = masks[i] & bits;
        if (set == 0) {
            return;
        }
        int last = 0;
        while (set > 1) {
            set >>= 1;
            last++;
        }
        int64_t x = i % extents[2];
        int64_t y = i / extents[2] % extents[1];
        int64_t z = i / extents[2] / extents[1];
        labels[z * strides[0] + y * strides[1] + x * strides[2]] = static_cast<unsigned char>(first_label + last);
    }
};

Axis axis(int64_t table, int from, int64_t stride) { return Axis{pointer<const AxisEntry>(table), from, stride}; }

template <class T>
int resample(const Context& context, int64_t source, int64_t offset, const int64_t* source_strides,
             const int64_t* tables, int64_t result, const int32_t* extents, const int64_t* result_strides, float slope,
             float intercept) {
    Resample<T> body;
    body.source = pointer<const T>(source) + offset;
    for (int a = 0; a < 3; a++) {
        body.axes[a] = axis(tables[a], extents[a], source_strides[a]);
        body.extents[a] = extents[3 + a];
        body.strides[a] = result_strides[a];
    }
    body.result = pointer<float>(result);
    body.slope = slope;
    body.intercept = intercept;
    return each(context, "esn_resample", int64_t(extents[3]) * extents[4] * extents[5], body);
}

}  // namespace
}  // namespace esn

using namespace esn;

int esn_axis_table(int64_t context, int from, int to, int64_t table) {
    return guarded("esn_axis_table", [&] {
        if (from < 1 || to < 1) {
            return invalid("esn_axis_table", "an axis needs at least one sample");
        }
        return each(context_of(context), "esn_axis_table", to, AxisTable{from, to, pointer<AxisEntry>(table)});
    });
}

int esn_resample(int64_t context, int type, int64_t source, int64_t offset, const int64_t* source_strides,
                 const int64_t* tables, int64_t result, const int32_t* extents, const int64_t* result_strides,
                 float slope, float intercept) {
    return guarded("esn_resample", [&] {
        auto with = [&](auto zero) {
            return resample<decltype(zero)>(context_of(context), source, offset, source_strides, tables, result,
                                            extents, result_strides, slope, intercept);
        };
        switch (type) {
            case 0: return with(int8_t(0));
            case 1: return with(uint8_t(0));
            case 2: return with(int16_t(0));
            case 3: return with(uint16_t(0));
            case 4: return with(int32_t(0));
            case 5: return with(uint32_t(0));
            case 6: return with(0.0f);
            default: return invalid("esn_resample", "no such source type");
        }
    });
}

int64_t esn_reduction_workspace(int64_t n) {
    return (n + BlockSum::BLOCK - 1) / BlockSum::BLOCK * int64_t(sizeof(Distribution));
}

int esn_moments(int64_t context, int64_t values, int64_t n, float low, float high, int64_t workspace, int64_t moments) {
    return guarded("esn_moments", [&] {
        if (n < 1 || !(low < high)) {
            return invalid("esn_moments", "there are no values, or the window is empty");
        }
        Context& c = context_of(context);
        double* sums = pointer<double>(workspace);
        double* out = pointer<double>(moments);
        int64_t count = (n + BlockSum::BLOCK - 1) / BlockSum::BLOCK;
        constexpr int64_t shared = 256 * sizeof(double);
        for (bool deviation : {false, true}) {
            BlockSum sum{pointer<const float>(values), n, Window{low, high}, deviation ? out : nullptr, sums};
            int status = blocks(c, "esn_moments", count, 1, shared, sum);
            if (status == 0) {
                status = blocks(c, "esn_moments", 1, 1, shared, FinishMoments{sums, count, n, deviation, out});
            }
            if (status != 0) {
                return status;
            }
        }
        return 0;
    });
}

int esn_standardize(int64_t context, int64_t values, int64_t n, float low, float high, int64_t moments,
                    double epsilon) {
    return guarded("esn_standardize", [&] {
        Standardize body{pointer<float>(values), Window{low, high}, pointer<const double>(moments), epsilon};
        return each(context_of(context), "esn_standardize", n, body);
    });
}

int esn_distribution(int64_t context, int64_t values, int64_t n, float air, float tissue, int64_t workspace,
                     int64_t distribution) {
    return guarded("esn_distribution", [&] {
        if (n < 1) {
            return invalid("esn_distribution", "there are no values");
        }
        Context& c = context_of(context);
        int64_t count = (n + BlockSum::BLOCK - 1) / BlockSum::BLOCK;
        Distribution* parts = pointer<Distribution>(workspace);
        constexpr int64_t shared = BlockDistribution::THREADS * sizeof(Distribution);
        BlockDistribution first{pointer<const float>(values), nullptr, n, BlockSum::BLOCK, air, tissue, parts};
        int status = blocks(c, "esn_distribution", count, 1, shared, first);
        BlockDistribution second{nullptr, parts, count, count, air, tissue, pointer<Distribution>(distribution)};
        return status != 0 ? status : blocks(c, "esn_distribution", 1, 1, shared, second);
    });
}

int esn_restore(int64_t context, int64_t logits, const int32_t* from, int first_class, int classes, float least,
                const int64_t* tables, const int32_t* to, int64_t masks) {
    return guarded("esn_restore", [&] {
        if (classes < 1 || classes > 8 || first_class < 0) {
            return invalid("esn_restore", "a byte holds 1 to 8 classes");
        }
        Restore body;
        body.logits = pointer<const float>(logits);
        body.volume = int64_t(from[0]) * from[1] * from[2];
        int64_t strides[3] = {int64_t(from[1]) * from[2], from[2], 1};
        for (int a = 0; a < 3; a++) {
            body.axes[a] = axis(tables[a], from[a], strides[a]);
            body.extents[a] = to[a];
        }
        body.first_class = first_class;
        body.classes = classes;
        body.least = least;
        body.masks = pointer<unsigned char>(masks);
        return each(context_of(context), "esn_restore", int64_t(to[0]) * to[1] * to[2], body);
    });
}

/** What was launched has ended, and its result is on the host. */
static int fetch(int64_t context, void* to, const void* from, int64_t bytes) {
    int status = esn_download(context, reinterpret_cast<int64_t>(to), reinterpret_cast<int64_t>(from), bytes);
    return status != 0 ? status : esn_synchronize(context);
}

/** The least key of the largest `keep` of `count` components. */
static int least_key(int64_t context, LargeComponents large, int64_t voxels, int keep, int count, int64_t* least) {
    int64_t memory = 0;
    int64_t bytes = int64_t(count) * int64_t(sizeof(int64_t));
    std::vector<int64_t> keys(static_cast<size_t>(count));
    int status = esn_allocate(context, bytes, &memory);
    if (status != 0) {
        return status;
    }
    large.keys = pointer<int64_t>(memory);
    status = esn_clear(context, reinterpret_cast<int64_t>(large.count), sizeof(int));
    if (status == 0) {
        status = each(context_of(context), "esn_keep_largest", voxels, large);
    }
    if (status == 0) {
        status = fetch(context, keys.data(), large.keys, bytes);
    }
    int freed = esn_free(context, memory);
    if (status != 0 || freed != 0) {
        return status != 0 ? status : freed;
    }
    std::nth_element(keys.begin(), keys.begin() + (keep - 1), keys.end(), std::greater<int64_t>());
    *least = keys[size_t(keep - 1)];
    return 0;
}

int esn_keep_largest(int64_t context, int64_t masks, int bit, const int32_t* shape, int keep, double min_voxels,
                     int64_t labels, int64_t sizes, int64_t workspace, int32_t* found) {
    return guarded("esn_keep_largest", [&] {
        const char* what = "esn_keep_largest";
        int64_t n = int64_t(shape[0]) * shape[1] * shape[2];
        if (bit < 0 || bit > 7 || keep < 0 || n < 1 || n > 0x7fffffff) {
            return invalid(what, "bit 0 to 7, no fewer than 0 components and 1 to 2^31 - 1 voxels are needed");
        }
        Context& c = context_of(context);
        Components tree{pointer<unsigned char>(masks), 1u << bit,           shape[0], shape[1], shape[2],
                        pointer<int>(labels),          pointer<int>(sizes)};
        int* count = pointer<int>(workspace);
        int* box = count + 1;
        LargeComponents large{tree, min_voxels, count, nullptr};
        int status = each(c, what, 7, NothingFound{count, box});
        if (status == 0) {
            status = each(c, what, n, InitLabels{tree});
        }
        if (status == 0) {
            status = each(c, what, n, JoinNeighbours{tree});
        }
        if (status == 0) {
            status = each(c, what, n, CountVoxels{tree});
        }
        if (status == 0) {
            status = each(c, what, n, large);
        }
        if (status == 0) {
            status = fetch(context, found, count, sizeof(int));
        }
        int64_t least = keep == 0 ? INT64_MAX : 0;
        if (status == 0 && keep > 0 && keep < found[0]) {
            status = least_key(context, large, n, keep, found[0], &least);
        }
        if (status == 0) {
            status = each(c, what, n, ClearOthers{tree, min_voxels, least, box});
        }
        if (status == 0) {
            status = fetch(context, found + 1, box, 6 * int64_t(sizeof(int)));
        }
        if (status != 0) {
            return status;
        }
        found[0] = std::min(found[0], keep);
        for (int b = 0; b < 6; b++) {
            found[1 + b] = found[0] == 0 ? 0 : b < 3 ? found[1 + b] : -found[1 + b];
        }
        return 0;
    });
}

int esn_paint(int64_t context, int64_t masks, int classes, int first_label, const int32_t* shape, int64_t labels,
              int64_t offset, const int64_t* strides) {
    return guarded("esn_paint", [&] {
        if (classes < 1 || classes > 8 || first_label < 1 || first_label + classes - 1 > 255) {
            return invalid("esn_paint", "1 to 8 labels from 1 to 255 are needed");
        }
        Paint body;
        body.masks = pointer<const unsigned char>(masks);
        body.bits = (1u << classes) - 1;
        body.first_label = first_label;
        body.labels = pointer<unsigned char>(labels) + offset;
        for (int a = 0; a < 3; a++) {
            body.extents[a] = shape[a];
            body.strides[a] = strides[a];
        }
        return each(context_of(context), "esn_paint", int64_t(shape[0]) * shape[1] * shape[2], body);
    });
}
