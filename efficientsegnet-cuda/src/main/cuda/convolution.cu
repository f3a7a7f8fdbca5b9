// SPDX-License-Identifier: Apache-2.0
// Launches convolutions, and packs their weights.
#include "convolution.cuh"

namespace esn {
namespace {

/** Shared memory that every GPU gives a block without being asked. */
constexpr int64_t SHARED_BYTES = 48 * 1024;

/** Tiles of eight output channels that a block computes: fewest blocks, with sums that still fit into registers. */
int width_of(int outputs) { return outputs <= 8 ? 1 : outputs <= 16 ? 2 : outputs <= 32 ? 4 : 8; }

int weight_tiles(int outputs) {
    int width = width_of(outputs);
    return (outputs + 8 * width - 1) / (8 * width) * width;
}

int halo_along(int tile, int kernel, int stride) { return (tile - 1) * stride + kernel; }

int64_t halo_bytes(const int32_t* kernel, int stride, int tile_y) {
    // Bounded before it is multiplied.
    for (int a = 0; a < 3; a++) {
        if (kernel[a] > 64 || stride > 64) {
            return INT32_MAX;
        }
    }
    Halo halo{halo_along(4, kernel[0], stride), halo_along(tile_y, kernel[1], stride), halo_along(8, kernel[2], stride), stride};
    return 2 * int64_t(halo.plane());
}

/** Rows of 16 voxels a warp computes: four for the kernels of stride 1 that are known, if the sums fit. */
int height_of(const int32_t* kernel, int stride, int outputs) {
    bool wide = (kernel[0] == 3 || kernel[0] == 1) && kernel[1] == kernel[0] && (kernel[2] == 3 || kernel[2] == 1);
    return width_of(outputs) < 8 && stride == 1 && wide ? 4 : 2;
}

int64_t tiles_along(int extent, int tile) { return (extent + tile - 1) / tile; }

int64_t tile_count(const int32_t* kernel, int stride, const int32_t* out) {
    int tile_y = height_of(kernel, stride, out[3]) * 2;
    return tiles_along(out[0], 4) * tiles_along(out[1], tile_y) * tiles_along(out[2], 8);
}

struct Call {
    const Context& context;
    const int64_t* operand;
    const int32_t* in_shape;
    int64_t packed;
    const int32_t* kernel;
    int stride;
    int64_t out;
    const int32_t* out_shape;
    int64_t partials;
};

template <class T, int MW, int NW, class K>
int launch(const Call& call) {
    using Body = Convolution<T, MW, NW, K>;
    Body body;
    body.in = operand<T>(call.operand, call.in_shape[3]);
    body.in_z = call.in_shape[0];
    body.in_y = call.in_shape[1];
    body.in_x = call.in_shape[2];
    body.weights = pointer<const WeightPair>(call.packed);
    body.kernel_z = call.kernel[0];
    body.kernel_y = call.kernel[1];
    body.kernel_x = call.kernel[2];
    body.any_stride = call.stride;
    body.out = pointer<T>(call.out);
    body.out_z = call.out_shape[0];
    body.out_y = call.out_shape[1];
    body.out_x = call.out_shape[2];
    body.outputs = call.out_shape[3];
    body.partials = pointer<float2>(call.partials);
    body.tiles_y = int(tiles_along(body.out_y, Body::TILE_Y));
    body.tiles_x = int(tiles_along(body.out_x, Body::TILE_X));
    int64_t tiles = tiles_along(body.out_z, Body::TILE_Z) * body.tiles_y * body.tiles_x;
    int64_t bytes = halo_bytes(call.kernel, call.stride, Body::TILE_Y);
    int64_t sums = int64_t(Body::WARPS) * Body::OUTPUTS * int64_t(sizeof(float2));
    bytes = bytes > sums ? bytes : sums;
    int halo_z = halo_along(Body::TILE_Z, call.kernel[0], call.stride);
    int halo_y = halo_along(Body::TILE_Y, call.kernel[1], call.stride);
    int halo_x = halo_along(Body::TILE_X, call.kernel[2], call.stride);
    if (bytes > SHARED_BYTES || halo_z * halo_y * halo_x >= 4096 || halo_y > 255 || halo_x > 255) {
        return invalid("esn_convolution", "the kernel is too large");
    }
    // A block's places in the maps are counted in 32 bits from its corner.
    int64_t reach = int64_t(halo_z) * body.in_y * body.in_x * body.in.channels;
    if (tiles > 0x7fffffff || reach > 0x7fffffff) {
        return invalid("esn_convolution", "the feature maps are too large");
    }
    body.tiles = int(tiles);
    body.halo_y = Divider::by(halo_y);
    body.halo_x = Divider::by(halo_x);
    int groups = weight_tiles(call.out_shape[3]) / NW;
    return blocks(call.context, "esn_convolution", tiles, groups, bytes, body);
}

template <class T, int MW, class K>
int launch_width(const Call& call) {
    switch (width_of(call.out_shape[3])) {
        case 1: return launch<T, MW, 1, K>(call);
        case 2: return launch<T, MW, 2, K>(call);
        case 4: return launch<T, MW, 4, K>(call);
        default: return launch<T, 2, 8, K>(call);
    }
}

bool is(const Call& call, int z, int y, int x, int stride) {
    return call.kernel[0] == z && call.kernel[1] == y && call.kernel[2] == x && call.stride == stride;
}

/** The networks' own kernels are known to the compiler. */
template <class T>
int launch_taps(const Call& call) {
    if (is(call, 3, 3, 3, 1)) {
        return launch_width<T, 4, Taps<3, 3, 3, 1>>(call);
    }
    if (is(call, 3, 3, 1, 1)) {
        return launch_width<T, 4, Taps<3, 3, 1, 1>>(call);
    }
    if (is(call, 1, 1, 3, 1)) {
        return launch_width<T, 4, Taps<1, 1, 3, 1>>(call);
    }
    if (is(call, 1, 1, 1, 1)) {
        return launch_width<T, 4, Taps<1, 1, 1, 1>>(call);
    }
    if (is(call, 3, 3, 3, 2)) {
        return launch_width<T, 2, Taps<3, 3, 3, 2>>(call);
    }
    return launch_width<T, 2, AnyTaps>(call);
}

int along(int extent, int stride) { return (extent - 1) / stride + 1; }

}  // namespace
}  // namespace esn

using namespace esn;

int64_t esn_packed_weights_bytes(int outputs, int inputs, int taps) {
    return int64_t(weight_tiles(outputs)) * ((inputs + 15) / 16) * taps * 32 * int64_t(sizeof(WeightPair));
}

int esn_pack_weights(int type, int64_t weights, int outputs, int inputs, int taps, int64_t packed) {
    return with_format("esn_pack_weights", type, [&](auto zero) {
        using T = decltype(zero);
        const float* from = pointer<const float>(weights);
        WeightPair* to = pointer<WeightPair>(packed);
        auto weight = [&](int output, int input, int tap) {
            return output < outputs && input < inputs ? from[(int64_t(output) * inputs + input) * taps + tap] : 0.0f;
        };
        int width = width_of(outputs);
        int together = width == 1 ? 1 : 2;
        for (int group = 0; group < weight_tiles(outputs) / width; group++) {
            for (int chunk = 0; chunk < (inputs + 15) / 16; chunk++) {
                for (int tap = 0; tap < taps; tap++) {
                    for (int first = 0; first < width; first += together) {
                        for (int lane = 0; lane < 32; lane++) {
                            for (int tile = first; tile < first + together; tile++) {
                                int output = (group * width + tile) * 8 + lane / 4;
                                int input = chunk * 16 + lane % 4 * 2;
                                to->low = Format<T>::pack(weight(output, input, tap), weight(output, input + 1, tap));
                                to->high = Format<T>::pack(weight(output, input + 8, tap), weight(output, input + 9, tap));
                                to++;
                            }
                        }
                    }
                }
            }
        }
        return 0;
    });
}

int64_t esn_convolution_partials(const int32_t* kernel, int stride, const int32_t* out_shape) {
    return tile_count(kernel, stride, out_shape);
}

int esn_convolution(int64_t context, int type, const int64_t* in, const int32_t* in_shape, int64_t packed,
                    const int32_t* kernel, int stride, int64_t out, const int32_t* out_shape, int64_t partials) {
    return with_format("esn_convolution", type, [&](auto zero) {
        using T = decltype(zero);
        Context& c = context_of(context);
        for (int a = 0; a < 3; a++) {
            if (kernel[a] < 1 || kernel[a] % 2 == 0 || stride < 1 || out_shape[a] != along(in_shape[a], stride)) {
                return invalid("esn_convolution", "odd kernels and outputs of (input - 1) / stride + 1 are needed");
            }
        }
        if (type == 1 && !c.host() && c.capability < 80) {
            return invalid("esn_convolution", "BF16 needs a GPU of compute capability 8.0 or more");
        }
        Call call{c, in, in_shape, packed, kernel, stride, out, out_shape, partials};
        return launch_taps<T>(call);
    });
}
