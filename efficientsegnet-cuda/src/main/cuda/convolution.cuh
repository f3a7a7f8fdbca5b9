// SPDX-License-Identifier: Apache-2.0
// Convolution as an implicit matrix product on tensor cores.
//
// A block of four warps computes a box of 16-voxel rows of the product: 4 x 8 x 8 outputs, or 4 x 4 x 8. For sixteen
// input channels at a time it brings the box with its halo into shared memory, normalised and rectified on the way, and
// multiplies it tap by tap: the taps are offsets into the same box, so that an input voxel is read once a block, not once
// a tap. Weights come in the order in which lanes need them, straight from the cache. Sums are 32-bit. At the end every
// output channel's sum and sum of squares over the box are left for the instance norm that follows.
#pragma once

#include <type_traits>

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
template <class T, int MW, int NW>
struct Convolution {
    static constexpr int THREADS = 128;
    /** Blocks that a multiprocessor shall hold: leaves 128 registers a thread, enough not to spill. */
    static constexpr int BLOCKS = 4;
    static constexpr int WARPS = 4;
    static constexpr int VOXELS = WARPS * MW * 16;
    static constexpr int TILE_X = 8;
    static constexpr int TILE_Z = 4;
    static constexpr int TILE_Y = VOXELS / (TILE_X * TILE_Z);
    static constexpr int CHUNK = 16;
    static constexpr int OUTPUTS = 8 * NW;

    struct State {
        float sums[MW][NW][4];
        uint32_t a[MW][4];
        WeightPair b[NW];
        /** The halo voxel of this lane's row for the first tap. */
        int rows[MW];
        /** Byte address of this lane's row of a matrix in shared memory. */
        uint32_t address[MW];
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
    /** Tiles of eight output channels in the packed weights. */
    int weight_tiles;
    int kernel_z;
    int kernel_y;
    int kernel_x;
    int stride;
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
    int halo_voxels;
    Divider halo_y;
    Divider halo_x;

    /** A voxel's half of eight channels lies where eight neighbours along x fall into different banks. */
    static ESN_HD uint32_t place(uint32_t voxel, uint32_t half) {
        return voxel * 32 + ((half ^ (voxel >> 2 & 1)) << 4);
    }

    template <class Block>
    ESN_HD void run(Block& block, unsigned char* shared, int tile, int group) const {
        int z0 = tile / (tiles_x * tiles_y) * TILE_Z;
        int y0 = tile / tiles_x % tiles_y * TILE_Y;
        int x0 = tile % tiles_x * TILE_X;
        int taps = kernel_z * kernel_y * kernel_x;
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
                // Lanes 0-7 name the rows of the first 8 x 8 matrix, the next eight those of the second, and so on.
                int row = (t / 32 * MW + m) * 16 + (t & 7) + (t & 8);
                int x = row % TILE_X;
                int y = row / TILE_X % TILE_Y;
                int z = row / (TILE_X * TILE_Y);
                s.rows[m] = ((z * int(halo_y.divisor) + y) * int(halo_x.divisor) + x) * stride;
            }
        });
        for (int chunk = 0; chunk < chunks; chunk++) {
            block.barrier();
            block.each([&](int t, State&) { bring(shared, t, chunk * CHUNK, z0, y0, x0); });
            block.barrier();
            const WeightPair* w = weights + (int64_t(chunk) * taps * weight_tiles + group * NW) * 32;
            for (int kz = 0; kz < kernel_z; kz++) {
                for (int ky = 0; ky < kernel_y; ky++) {
                    int line = (kz * int(halo_y.divisor) + ky) * int(halo_x.divisor);
                    for (int kx = 0; kx < kernel_x; kx++) {
                        block.each([&](int t, State& s) {
#pragma unroll
                            for (int m = 0; m < MW; m++) {
                                s.address[m] = place(uint32_t(s.rows[m] + line + kx), t >> 4 & 1);
                            }
#pragma unroll
                            for (int n = 0; n < NW; n++) {
                                s.b[n] = w[n * 32 + (t & 31)];
                            }
                        });
                        load_matrices(block, shared);
                        multiply(block);
                        w += int64_t(weight_tiles) * 32;
                    }
                }
            }
        }
        block.each([&](int t, State& s) { write(s, t, group, z0, y0, x0); });
        if (partials != nullptr) {
            leave_sums(block, shared, tile, group);
        }
    }

private:
    /** Sixteen channels of the box with its halo, normalised; zeros outside of the maps and beyond the channels. */
    ESN_HD void bring(unsigned char* shared, int t, int first_channel, int z0, int y0, int x0) const {
        // THREADS is even, so that a thread keeps to one half of the sixteen channels.
        int half = t & 1;
        int channel = first_channel + 8 * half;
        bool whole = in.channels % 8 == 0;
        int present = in.channels - channel;
        Affine affine[8];
#pragma unroll
        for (int c = 0; c < 8; c++) {
            affine[c] = in.affine != nullptr && c < present ? in.affine[channel + c] : Affine{1.0f, 0.0f};
        }
        int corner_z = z0 * stride - kernel_z / 2;
        int corner_y = y0 * stride - kernel_y / 2;
        int corner_x = x0 * stride - kernel_x / 2;
        bool plain = in.affine == nullptr && !in.relu;
        for (int voxel = t / 2; voxel < halo_voxels; voxel += THREADS / 2) {
            uint32_t row = halo_x.quotient(uint32_t(voxel));
            uint32_t slice = halo_y.quotient(row);
            int x = corner_x + voxel - int(row * halo_x.divisor);
            int y = corner_y + int(row - slice * halo_y.divisor);
            int z = corner_z + int(slice);
            bool inside = unsigned(z) < unsigned(in_z) && unsigned(y) < unsigned(in_y) && unsigned(x) < unsigned(in_x);
            Vector vector = {{0, 0, 0, 0}};
            if (inside && present > 0) {
                const T* from = in.data + ((int64_t(z) * in_y + y) * in_x + x) * in.channels + channel;
                if (whole) {
                    vector = *reinterpret_cast<const Vector*>(from);
                } else {
                    gather(vector, from, present);
                }
                if (!plain) {
                    finish(vector, affine);
                }
            }
            *reinterpret_cast<Vector*>(shared + place(uint32_t(voxel), uint32_t(half))) = vector;
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
            if (in.relu) {
                low = low < 0.0f ? 0.0f : low;
                high = high < 0.0f ? 0.0f : high;
            }
            vector.words[w] = Format<T>::pack(low, high);
        }
    }

    /** Four 8 x 8 matrices a tile: lane l gets row l / 4, columns 2 (l % 4) and the next, of each. */
    static ESN_HD void load_matrices(OnDevice& block, unsigned char* shared) {
#ifdef __CUDA_ARCH__
        uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
        State& s = block.state;
#pragma unroll
        for (int m = 0; m < MW; m++) {
            asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                         : "=r"(s.a[m][0]), "=r"(s.a[m][1]), "=r"(s.a[m][2]), "=r"(s.a[m][3])
                         : "r"(base + s.address[m])
                         : "memory");
        }
#else
        (void)block;
        (void)shared;
#endif
    }

    static ESN_HD void load_matrices(OnHost& block, unsigned char* shared) {
        for (int warp = 0; warp < WARPS; warp++) {
            State* lanes = block.states + warp * 32;
            for (int m = 0; m < MW; m++) {
                for (int matrix = 0; matrix < 4; matrix++) {
                    for (int l = 0; l < 32; l++) {
                        const unsigned char* row = shared + lanes[matrix * 8 + l / 4].address[m];
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

    /** Writes a lane's outputs and sums them over its rows. */
    ESN_HD void write(State& s, int t, int group, int z0, int y0, int x0) const {
        int lane = t & 31;
        bool pairs = outputs % 2 == 0;
#pragma unroll
        for (int n = 0; n < NW; n++) {
            s.totals[n][0] = s.totals[n][1] = 0.0f;
            s.squares[n][0] = s.squares[n][1] = 0.0f;
        }
#pragma unroll
        for (int m = 0; m < MW; m++) {
#pragma unroll
            for (int upper = 0; upper < 2; upper++) {
                int row = (t / 32 * MW + m) * 16 + lane / 4 + 8 * upper;
                int x = x0 + row % TILE_X;
                int y = y0 + row / TILE_X % TILE_Y;
                int z = z0 + row / (TILE_X * TILE_Y);
                if (z >= out_z || y >= out_y || x >= out_x) {
                    continue;
                }
                int64_t voxel = (int64_t(z) * out_y + y) * out_x + x;
#pragma unroll
                for (int n = 0; n < NW; n++) {
                    int channel = group * OUTPUTS + n * 8 + lane % 4 * 2;
                    float low = s.sums[m][n][2 * upper];
                    float high = s.sums[m][n][2 * upper + 1];
                    s.totals[n][0] += low;
                    s.totals[n][1] += high;
                    s.squares[n][0] += low * low;
                    s.squares[n][1] += high * high;
                    T* at = out + voxel * outputs + channel;
                    if (pairs && channel < outputs) {
                        *reinterpret_cast<uint32_t*>(at) = Format<T>::pack(low, high);
                    } else if (channel < outputs) {
                        at[0] = Format<T>::narrow(low);
                        if (channel + 1 < outputs) {
                            at[1] = Format<T>::narrow(high);
                        }
                    }
                }
            }
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
