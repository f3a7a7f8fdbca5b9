// SPDX-License-Identifier: Apache-2.0
// Convolution as an implicit matrix product on tensor cores.
//
// A block of four warps computes a box of 16-voxel rows of the product: 4 x 8 x 8 outputs, or 4 x 4 x 8. For sixteen
// input channels at a time it brings the box with its halo into shared memory, normalised and rectified on the way, and
// multiplies it tap by tap: the taps are offsets into the same box, so that an input voxel is read once a block, not once
// a tap. Where the kernel and the stride are known to the compiler, these offsets are part of the instructions. Weights
// come in the order in which lanes need them, straight from the cache. Sums are 32-bit. At the end every output channel's
// sum and sum of squares over the box are left for the instance norm that follows.
#pragma once

#include <type_traits>
#include <utility>

#include "numbers.cuh"

namespace esn {

/** n / divisor for n below 4096 by one multiplication. */
struct Divider {
    uint32_t divisor;
    uint32_t factor;

    static Divider by(int divisor) {
        return Divider{uint32_t(divisor), ((1u << 20) + uint32_t(divisor) - 1) / uint32_t(divisor)};
    }
    ESN_HD uint32_t quotient(uint32_t n) const { return n * factor >> 20; }
};

/** The weights of one product for one lane: rows 2 (l % 4) and the next, and the same eight below, of column l / 4. */
struct alignas(8) WeightPair {
    uint32_t low;
    uint32_t high;
};

/** Those of two products, which a lane gets by one load. */
struct alignas(16) WeightPairs {
    WeightPair pairs[2];
};

/** A kernel and stride that are known when the kernel is compiled; zeros for any. */
template <int Z, int Y, int X, int STRIDE>
struct Taps {
    static constexpr int KERNEL_Z = Z;
    static constexpr int KERNEL_Y = Y;
    static constexpr int KERNEL_X = X;
    static constexpr int STRIDES = STRIDE;
    static constexpr bool KNOWN = STRIDE > 0;
};
using AnyTaps = Taps<0, 0, 0, 0>;

/** Where a halo's voxels lie in shared memory. */
struct Halo {
    int z;
    int y;
    int x;
    int stride;

    /** Voxels of a row in the order in which rows of a matrix take them: x, x + stride, x + 2 stride, ... */
    ESN_HD constexpr int part() const { return (x + stride - 1) / stride; }
    ESN_HD constexpr int row() const { return part() * stride; }
    ESN_HD constexpr int offset(int kz, int ky, int kx) const {
        return ((kz * y + ky) * row() + kx % stride * part() + kx / stride) * 16;
    }
    /** Eight channels of all voxels; so much more that a voxel's halves of sixteen fall into different banks. */
    ESN_HD constexpr int plane() const { return (z * y * row() * 16 + 127) / 128 * 128 + 64; }
};

/** a 16 x 16 times b 16 x 8 added to c, as the lanes of a warp hold them (PTX ISA, mma.m16n8k16). */
template <class T>
struct Product {
    /** One lane's part of the product; nothing on the host, where whole warps multiply. */
    static ESN_HD void add(const uint32_t (&a)[4], const WeightPair& b, float (&c)[4]) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
        if constexpr (std::is_same<T, __half>::value) {
            asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.low), "r"(b.high));
        } else {
            asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.low), "r"(b.high));
        }
#elif defined(__CUDA_ARCH__)
        // Turing multiplies eight columns at a time and knows FP16 alone; launchers refuse BF16 there.
        if constexpr (std::is_same<T, __half>::value) {
            asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[0]), "r"(a[1]), "r"(b.low));
            asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[2]), "r"(a[3]), "r"(b.high));
        }
#else
        (void)a;
        (void)b;
        (void)c;
#endif
    }
};

/** What a convolution computes and how it is cut into blocks; NW tiles of eight output channels, MW of 16 voxels a warp. */
template <class T, int MW, int NW, class K>
struct Convolution {
    static constexpr int THREADS = 128;
    /** Blocks that a multiprocessor shall hold: leaves as many registers a thread that none spills. */
    static constexpr int BLOCKS = NW >= 4 ? 2 : 4;
    static constexpr int WARPS = 4;
    static constexpr int VOXELS = WARPS * MW * 16;
    static constexpr int TILE_X = 8;
    /** A warp computes a slice of the box, in each of its tiles two rows. */
    static constexpr int TILE_Z = WARPS;
    static constexpr int TILE_Y = 2 * MW;
    static constexpr int CHUNK = 16;
    static constexpr int OUTPUTS = 8 * NW;

    struct State {
        float sums[MW][NW][4];
        uint32_t a[MW][4];
        WeightPair b[NW];
        const WeightPair* weights;
        /** Byte address, in shared memory, of this lane's row of a matrix for the first tile and tap. */
        uint32_t address;
        float totals[NW][2];
        float squares[NW][2];
    };

    using OnDevice = DeviceBlock<State>;
    using OnHost = HostBlock<State, THREADS>;

    Operand<T> in;
    int in_z;
    int in_y;
    int in_x;
    const WeightPair* weights;
    int kernel_z;
    int kernel_y;
    int kernel_x;
    int any_stride;
    T* out;
    int out_z;
    int out_y;
    int out_x;
    int outputs;
    /** Sum and sum of squares, channel after channel, block after block; null if nobody wants them. */
    float2* partials;
    int tiles_y;
    int tiles_x;
    int tiles;
    Divider halo_y;
    Divider halo_x;

    static constexpr int along(int tile, int kernel, int stride) { return (tile - 1) * stride + kernel; }
    static constexpr Halo KNOWN_HALO{along(TILE_Z, K::KERNEL_Z, K::STRIDES), along(TILE_Y, K::KERNEL_Y, K::STRIDES),
                                     along(TILE_X, K::KERNEL_X, K::STRIDES), K::KNOWN ? K::STRIDES : 1};

    ESN_HD int size_z() const { return K::KNOWN ? K::KERNEL_Z : kernel_z; }
    ESN_HD int size_y() const { return K::KNOWN ? K::KERNEL_Y : kernel_y; }
    ESN_HD int size_x() const { return K::KNOWN ? K::KERNEL_X : kernel_x; }
    ESN_HD int stride() const { return K::KNOWN ? K::STRIDES : any_stride; }

    ESN_HD Halo halo() const {
        if constexpr (K::KNOWN) {
            return Halo{KNOWN_HALO.z, KNOWN_HALO.y, KNOWN_HALO.x, KNOWN_HALO.stride};
        } else {
            return Halo{(TILE_Z - 1) * any_stride + kernel_z, int(halo_y.divisor), int(halo_x.divisor), any_stride};
        }
    }

    template <class Block>
    ESN_HD void run(Block& block, unsigned char* shared, int tile, int group) const {
        int z0 = tile / (tiles_x * tiles_y) * TILE_Z;
        int y0 = tile / tiles_x % tiles_y * TILE_Y;
        int x0 = tile % tiles_x * TILE_X;
        int taps = size_z() * size_y() * size_x();
        int chunks = (in.channels + CHUNK - 1) / CHUNK;
        block.each([&](int t, State& s) {
#pragma unroll
            for (int m = 0; m < MW; m++) {
#pragma unroll
                for (int n = 0; n < NW; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        s.sums[m][n][i] = 0.0f;
                    }
                }
            }
            // Lanes 0-7 name the rows of the first 8 x 8 matrix, the next eight those of the second, and so on.
            Halo h = halo();
            s.address = uint32_t((t / 32 * stride() * h.y + (t >> 3 & 1) * stride()) * h.row() + (t & 7)) * 16 +
                        uint32_t(t >> 4 & 1) * uint32_t(h.plane());
            s.weights = weights + int64_t(group) * chunks * taps * NW * 32;
        });
        for (int chunk = 0; chunk < chunks; chunk++) {
            block.barrier();
            block.each([&](int t, State&) { bring(shared, t, chunk * CHUNK, z0, y0, x0); });
            block.barrier();
            multiply_taps(block, shared);
        }
        block.each([&](int t, State& s) { write(s, t, group, z0, y0, x0); });
        if (partials != nullptr) {
            leave_sums(block, shared, tile, group);
        }
    }

private:
    /** Rows of taps that are unrolled; with the most sums all of a slice would not leave enough registers. */
    static constexpr int UNROLLED_ROWS = NW >= 8 ? 1 : K::KERNEL_Y;

    /** One slice of the kernel after the other, or one row, so that the rest can be unrolled. */
    template <class Block>
    ESN_HD void multiply_taps(Block& block, unsigned char* shared) const {
        if constexpr (K::KNOWN) {
            constexpr int TAPS = UNROLLED_ROWS * K::KERNEL_X;
#pragma unroll 1
            for (int kz = 0; kz < K::KERNEL_Z; kz++) {
#pragma unroll 1
                for (int ky = 0; ky < K::KERNEL_Y; ky += UNROLLED_ROWS) {
                    multiply_known(block, shared + kz * KNOWN_HALO.offset(1, 0, 0) + ky * KNOWN_HALO.offset(0, 1, 0),
                                   std::make_integer_sequence<int, TAPS>());
                    block.each([&](int, State& s) { s.weights += TAPS * NW * 32; });
                }
            }
        } else {
            Halo h = halo();
            for (int kz = 0; kz < kernel_z; kz++) {
                for (int ky = 0; ky < kernel_y; ky++) {
                    for (int kx = 0; kx < kernel_x; kx++) {
                        load_weights(block, 0);
                        load_matrices(block, shared + h.offset(kz, ky, kx), uint32_t(2 * any_stride * h.row() * 16));
                        multiply(block);
                        block.each([&](int, State& s) { s.weights += NW * 32; });
                    }
                }
            }
        }
    }

    template <class Block, int... TAP>
    ESN_HD void multiply_known(Block& block, unsigned char* shared, std::integer_sequence<int, TAP...>) const {
        (multiply_tap<TAP>(block, shared), ...);
    }

    template <int TAP, class Block>
    ESN_HD void multiply_tap(Block& block, unsigned char* shared) const {
        constexpr int offset = KNOWN_HALO.offset(0, TAP / K::KERNEL_X, TAP % K::KERNEL_X);
        load_weights(block, TAP);
        load_known_matrices<offset>(block, shared, std::make_integer_sequence<int, MW>());
        multiply(block);
    }

    template <class Block>
    ESN_HD void load_weights(Block& block, int tap) const {
        block.each([&](int t, State& s) {
            const WeightPair* from = s.weights + tap * NW * 32;
            if constexpr (NW == 1) {
                s.b[0] = from[t & 31];
            } else {
#pragma unroll
                for (int n = 0; n < NW; n += 2) {
                    WeightPairs two = reinterpret_cast<const WeightPairs*>(from + n * 32)[t & 31];
                    s.b[n] = two.pairs[0];
                    s.b[n + 1] = two.pairs[1];
                }
            }
        });
    }

    /** Sixteen channels of the box with its halo, normalised; zeros outside of the maps and beyond the channels. */
    ESN_HD void bring(unsigned char* shared, int t, int first_channel, int z0, int y0, int x0) const {
        // THREADS is even, so that a thread keeps to one half of the sixteen channels.
        int channel = first_channel + 8 * (t & 1);
        int present = in.channels - channel;
        Box box{z0 * stride() - size_z() / 2, y0 * stride() - size_y() / 2, x0 * stride() - size_x() / 2};
        unsigned char* to = shared + (t & 1) * halo().plane();
        // Only what lies inside is read through it.
        const T* corner = in.data + ((int64_t(box.z) * in_y + box.y) * in_x + box.x) * in.channels + channel;
        auto whole = [](Vector& vector, const T* from) { vector = *reinterpret_cast<const Vector*>(from); };
        bool changed = in.affine != nullptr || in.relu;
        if (!changed && in.channels % 8 == 0) {
            bring_columns(to, t, box, corner, present > 0, whole, [](Vector&) {});
            return;
        }
        Affine affine[8];
        affine_of(affine, channel, present);
        if (in.channels % 8 == 0) {
            bring_columns(to, t, box, corner, present > 0, whole, [&](Vector& vector) { finish(vector, affine); });
        } else {
            auto some = [&](Vector& vector, const T* from) { gather(vector, from, present); };
            bring_voxels(to, t, box, corner, present > 0, some, [&](Vector& vector) {
                if (changed) {
                    finish(vector, affine);
                }
            });
        }
    }

    /** The corner of the box with its halo. */
    struct Box {
        int z;
        int y;
        int x;
    };

    ESN_HD void affine_of(Affine (&affine)[8], int channel, int present) const {
        if (in.affine != nullptr && present >= 8) {
            load_affine(affine, in.affine, channel);
            return;
        }
#pragma unroll
        for (int c = 0; c < 8; c++) {
            affine[c] = in.affine != nullptr && c < present ? in.affine[channel + c] : Affine{1.0f, 0.0f};
        }
    }

    static ESN_HD bool within(int place, int extent) { return uint32_t(place) < uint32_t(extent); }

    /**
     * Brings the columns of the box along z, one after the other, several of its voxels on their way at once.
     *
     * any: whether the channels are there; fetch reads those of a voxel, finish changes them
     */
    template <class Fetch, class Finish>
    ESN_HD void bring_columns(unsigned char* to, int t, const Box& box, const T* corner, bool any, const Fetch& fetch,
                              const Finish& finish) const {
        if constexpr (!K::KNOWN) {
            bring_voxels(to, t, box, corner, any, fetch, finish);
        } else {
            constexpr Halo H = KNOWN_HALO;
            constexpr int COLUMNS = H.y * H.x;
            constexpr int TOGETHER = H.z <= 6 ? H.z : 3;
            int32_t slice = in_y * in_x * in.channels;
            for (int column = t / 2; column < COLUMNS; column += THREADS / 2) {
                int y = column / H.x;
                int x = column - y * H.x;
                bool inside = any && within(box.y + y, in_y) && within(box.x + x, in_x);
                const T* from = corner + int32_t((y * in_x + x) * in.channels);
                unsigned char* place = to + (y * H.row() + x % H.stride * H.part() + x / H.stride) * 16;
#pragma unroll 1
                for (int z = 0; z < H.z; z += TOGETHER) {
                    Vector vectors[TOGETHER];
#pragma unroll
                    for (int v = 0; v < TOGETHER; v++) {
                        vectors[v] = Vector{{0, 0, 0, 0}};
                        if (inside && within(box.z + z + v, in_z)) {
                            fetch(vectors[v], from + int64_t(z + v) * slice);
                        }
                    }
#pragma unroll
                    for (int v = 0; v < TOGETHER; v++) {
                        if (inside && within(box.z + z + v, in_z)) {
                            finish(vectors[v]);
                        }
                        *reinterpret_cast<Vector*>(place + (z + v) * H.offset(1, 0, 0)) = vectors[v];
                    }
                }
            }
        }
    }

    /** The same voxel by voxel. */
    template <class Fetch, class Finish>
    ESN_HD void bring_voxels(unsigned char* to, int t, const Box& box, const T* corner, bool any, const Fetch& fetch,
                             const Finish& finish) const {
        Halo h = halo();
        uint32_t voxels = uint32_t(h.z * h.y * h.x);
        uint32_t s = uint32_t(h.stride);
#pragma unroll 1
        for (uint32_t voxel = uint32_t(t) / 2; voxel < voxels; voxel += THREADS / 2) {
            uint32_t line = halo_x.quotient(voxel);
            uint32_t z = halo_y.quotient(line);
            uint32_t x = voxel - line * uint32_t(h.x);
            uint32_t y = line - z * uint32_t(h.y);
            Vector vector = {{0, 0, 0, 0}};
            if (any && within(box.z + int(z), in_z) && within(box.y + int(y), in_y) && within(box.x + int(x), in_x)) {
                fetch(vector, corner + int32_t(((z * uint32_t(in_y) + y) * uint32_t(in_x) + x) * uint32_t(in.channels)));
                finish(vector);
            }
            uint32_t place = line * uint32_t(h.row()) + x % s * uint32_t(h.part()) + x / s;
            *reinterpret_cast<Vector*>(to + place * 16) = vector;
        }
    }

    static ESN_HD void gather(Vector& vector, const T* from, int present) {
#pragma unroll
        for (int w = 0; w < 4; w++) {
            float low = 2 * w < present ? Format<T>::widen(from[2 * w]) : 0.0f;
            float high = 2 * w + 1 < present ? Format<T>::widen(from[2 * w + 1]) : 0.0f;
            vector.words[w] = Format<T>::pack(low, high);
        }
    }

    ESN_HD void finish(Vector& vector, const Affine (&affine)[8]) const {
#pragma unroll
        for (int w = 0; w < 4; w++) {
            float2 pair = Format<T>::unpack(vector.words[w]);
            float low = pair.x * affine[2 * w].scale + affine[2 * w].shift;
            float high = pair.y * affine[2 * w + 1].scale + affine[2 * w + 1].shift;
            vector.words[w] = in.relu ? Format<T>::pack_rectified(low, high) : Format<T>::pack(low, high);
        }
    }

    /** Four 8 x 8 matrices: lane l gets row l / 4, columns 2 (l % 4) and the next, of each. */
    template <int OFFSET>
    static ESN_HD void load_matrix(uint32_t (&a)[4], uint32_t address) {
#ifdef __CUDA_ARCH__
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                     : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
                     : "r"(address), "n"(OFFSET)
                     : "memory");
#else
        (void)a;
        (void)address;
#endif
    }

    /** Bytes from the rows of one tile to those of the next. */
    static constexpr int KNOWN_STEP = 2 * K::STRIDES * KNOWN_HALO.row() * 16;

    template <int OFFSET, int... M>
    static ESN_HD void load_known_matrices(OnDevice& block, unsigned char* shared, std::integer_sequence<int, M...>) {
#ifdef __CUDA_ARCH__
        uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared)) + block.state.address;
        (load_matrix<OFFSET + M * KNOWN_STEP>(block.state.a[M], base), ...);
#else
        (void)block;
        (void)shared;
#endif
    }

    template <int OFFSET, int... M>
    static ESN_HD void load_known_matrices(OnHost& block, unsigned char* shared, std::integer_sequence<int, M...>) {
        load_matrices(block, shared + OFFSET, uint32_t(KNOWN_STEP));
    }

    static ESN_HD void load_matrices(OnDevice& block, unsigned char* shared, uint32_t step) {
#ifdef __CUDA_ARCH__
        uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared)) + block.state.address;
#pragma unroll
        for (int m = 0; m < MW; m++) {
            load_matrix<0>(block.state.a[m], base + uint32_t(m) * step);
        }
#else
        (void)block;
        (void)shared;
        (void)step;
#endif
    }

    static ESN_HD void load_matrices(OnHost& block, unsigned char* shared, uint32_t step) {
        for (int warp = 0; warp < WARPS; warp++) {
            State* lanes = block.states + warp * 32;
            for (int m = 0; m < MW; m++) {
                for (int matrix = 0; matrix < 4; matrix++) {
                    for (int l = 0; l < 32; l++) {
                        const unsigned char* row = shared + lanes[matrix * 8 + l / 4].address + uint32_t(m) * step;
                        lanes[l].a[m][matrix] = *reinterpret_cast<const uint32_t*>(row + 4 * (l % 4));
                    }
                }
            }
        }
    }

    static ESN_HD void multiply(OnDevice& block) {
        State& s = block.state;
#pragma unroll
        for (int n = 0; n < NW; n++) {
#pragma unroll
            for (int m = 0; m < MW; m++) {
                Product<T>::add(s.a[m], s.b[n], s.sums[m][n]);
            }
        }
    }

    static ESN_HD void multiply(OnHost& block) {
        for (int warp = 0; warp < WARPS; warp++) {
            multiply_by_definition(block.states + warp * 32);
        }
    }

    /** The same products from the fragments that the lanes hold, element by element. */
    static ESN_HD void multiply_by_definition(State* lanes) {
        float a[MW][16][16];
        for (int m = 0; m < MW; m++) {
            for (int l = 0; l < 32; l++) {
                for (int i = 0; i < 4; i++) {
                    float2 pair = Format<T>::unpack(lanes[l].a[m][i]);
                    float* at = &a[m][l / 4 + (i % 2) * 8][l % 4 * 2 + (i / 2) * 8];
                    at[0] = pair.x;
                    at[1] = pair.y;
                }
            }
        }
        for (int n = 0; n < NW; n++) {
            float b[16][8];
            for (int l = 0; l < 32; l++) {
                float2 low = Format<T>::unpack(lanes[l].b[n].low);
                float2 high = Format<T>::unpack(lanes[l].b[n].high);
                b[l % 4 * 2][l / 4] = low.x;
                b[l % 4 * 2 + 1][l / 4] = low.y;
                b[l % 4 * 2 + 8][l / 4] = high.x;
                b[l % 4 * 2 + 9][l / 4] = high.y;
            }
            for (int m = 0; m < MW; m++) {
                for (int row = 0; row < 16; row++) {
                    float c[8] = {};
                    for (int k = 0; k < 16; k++) {
                        for (int column = 0; column < 8; column++) {
                            c[column] += a[m][row][k] * b[k][column];
                        }
                    }
                    for (int column = 0; column < 8; column++) {
                        lanes[row % 8 * 4 + column / 2].sums[m][n][row / 8 * 2 + column % 2] += c[column];
                    }
                }
            }
        }
    }

    /** Writes a lane's outputs and sums them, as they are stored, over its rows: the norm is applied to those. */
    ESN_HD void write(State& s, int t, int group, int z0, int y0, int x0) const {
        int lane = t & 31;
        int first = group * OUTPUTS + lane % 4 * 2;
        int z = z0 + t / 32;
        int x = x0 + lane / 4;
#pragma unroll
        for (int n = 0; n < NW; n++) {
            s.totals[n][0] = s.totals[n][1] = 0.0f;
            s.squares[n][0] = s.squares[n][1] = 0.0f;
        }
        if (z >= out_z || x >= out_x) {
            return;
        }
        bool pairs = outputs % 2 == 0;
        T* at = out + ((int64_t(z) * out_y + y0) * out_x + x) * outputs + first;
        int64_t row = int64_t(out_x) * outputs;
#pragma unroll
        for (int line = 0; line < TILE_Y; line++) {
            if (y0 + line < out_y) {
#pragma unroll
                for (int n = 0; n < NW; n++) {
                    float low = s.sums[line / 2][n][line % 2 * 2];
                    float high = s.sums[line / 2][n][line % 2 * 2 + 1];
                    uint32_t word = Format<T>::pack(low, high);
                    float2 stored = Format<T>::unpack(word);
                    s.totals[n][0] += stored.x;
                    s.totals[n][1] += stored.y;
                    s.squares[n][0] += stored.x * stored.x;
                    s.squares[n][1] += stored.y * stored.y;
                    if (first + n * 8 < outputs) {
                        if (pairs) {
                            *reinterpret_cast<uint32_t*>(at + n * 8) = word;
                        } else {
                            at[n * 8] = Format<T>::narrow(low);
                            if (first + n * 8 + 1 < outputs) {
                                at[n * 8 + 1] = Format<T>::narrow(high);
                            }
                        }
                    }
                }
            }
            at += row;
        }
    }

    /** Adds the lanes' sums, always in the same order, and leaves one pair for every channel. */
    template <class Block>
    ESN_HD void leave_sums(Block& block, unsigned char* shared, int tile, int group) const {
        float* sums = reinterpret_cast<float*>(shared);
        // Lanes that hold the same columns differ in bits 2 to 4 of their number.
        for (int distance = 4; distance < 32; distance *= 2) {
            add_from(block, distance);
        }
        block.barrier();
        block.each([&](int t, State& s) {
            if ((t & 31) < 4) {
#pragma unroll
                for (int n = 0; n < NW; n++) {
#pragma unroll
                    for (int i = 0; i < 2; i++) {
                        int column = n * 8 + (t & 31) * 2 + i;
                        sums[(t / 32 * OUTPUTS + column) * 2] = s.totals[n][i];
                        sums[(t / 32 * OUTPUTS + column) * 2 + 1] = s.squares[n][i];
                    }
                }
            }
        });
        block.barrier();
        block.each([&](int t, State&) {
            int channel = group * OUTPUTS + t;
            if (t < OUTPUTS && channel < outputs) {
                float2 sum = float2{0.0f, 0.0f};
                for (int warp = 0; warp < WARPS; warp++) {
                    sum.x += sums[(warp * OUTPUTS + t) * 2];
                    sum.y += sums[(warp * OUTPUTS + t) * 2 + 1];
                }
                partials[int64_t(channel) * tiles + tile] = sum;
            }
        });
    }

    /** Every lane adds what the lane at a distance (in the sense of exclusive or) holds. */
    static ESN_HD void add_from(OnDevice& block, int distance) {
#ifdef __CUDA_ARCH__
        State& s = block.state;
#pragma unroll
        for (int n = 0; n < NW; n++) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                s.totals[n][i] += __shfl_xor_sync(0xffffffffu, s.totals[n][i], distance);
                s.squares[n][i] += __shfl_xor_sync(0xffffffffu, s.squares[n][i], distance);
            }
        }
#else
        (void)block;
        (void)distance;
#endif
    }

    static ESN_HD void add_from(OnHost& block, int distance) {
        for (int n = 0; n < NW; n++) {
            for (int i = 0; i < 2; i++) {
                for (int t = 0; t < THREADS; t++) {
                    // Both lanes of a pair get the same sum; the one of the lower number computes it.
                    int other = t ^ distance;
                    if (t < other) {
                        State& a = block.states[t];
                        State& b = block.states[other];
                        a.totals[n][i] = b.totals[n][i] = a.totals[n][i] + b.totals[n][i];
                        a.squares[n][i] = b.squares[n][i] = a.squares[n][i] + b.squares[n][i];
                    }
                }
            }
        }
    }
};

}  // namespace esn
