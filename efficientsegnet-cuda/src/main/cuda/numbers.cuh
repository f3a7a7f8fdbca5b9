// SPDX-License-Identifier: Apache-2.0
// The two 16-bit formats, eight at a time, and feature maps that are normalised while they are read.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstring>

#include "execution.cuh"

namespace esn {

/** 16 bytes: eight 16-bit numbers. */
struct alignas(16) Vector {
    uint32_t words[4];
};

#ifndef __CUDA_ARCH__
inline float from_bits(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

/** Read with the single's bias the half is 2^112 too small, subnormal numbers too; infinities stay what they are. */
inline float half_to_float(uint32_t half) {
    uint32_t magnitude = half & 0x7fffu;
    float value = magnitude >= 0x7c00u ? from_bits(0x7f800000u | magnitude << 13)
                                       : from_bits(magnitude << 13) * 0x1p112f;
    return half & 0x8000u ? -value : value;
}
#endif

/** ReLU; NaN stays. */
ESN_HD float rectified(float value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    float result;
    asm("max.NaN.f32 %0, %1, 0f00000000;" : "=f"(result) : "f"(value));
    return result;
#else
    return value <= 0.0f ? 0.0f : value;
#endif
}

template <class T>
struct Format;

template <>
struct Format<__half> {
    static ESN_HD float2 unpack(uint32_t word) {
#ifdef __CUDA_ARCH__
        return __half22float2(*reinterpret_cast<const __half2*>(&word));
#else
        return float2{half_to_float(word & 0xffffu), half_to_float(word >> 16)};
#endif
    }
    /** Too large a number becomes the largest one: an infinity would be NaN in the next norm. NaN stays. */
    static ESN_HD float finite(float value) {
        return value > 65504.0f ? 65504.0f : value < -65504.0f ? -65504.0f : value;
    }
    static ESN_HD uint32_t pack(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
        uint32_t word;
        asm("cvt.rn.satfinite.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
        return word;
#else
        __half2 pair = __floats2half2_rn(finite(low), finite(high));
        return *reinterpret_cast<const uint32_t*>(&pair);
#endif
    }
    /** After ReLU. */
    static ESN_HD uint32_t pack_rectified(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
        uint32_t word;
        asm("cvt.rn.relu.satfinite.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
        return word;
#else
        return pack(rectified(low), rectified(high));
#endif
    }
    static ESN_HD float widen(__half value) { return __half2float(value); }
    static ESN_HD __half narrow(float value) { return __float2half_rn(finite(value)); }
};

template <>
struct Format<__nv_bfloat16> {
    static ESN_HD float2 unpack(uint32_t word) {
#ifdef __CUDA_ARCH__
        return float2{__uint_as_float(word << 16), __uint_as_float(word & 0xffff0000u)};
#else
        return float2{from_bits(word << 16), from_bits(word & 0xffff0000u)};
#endif
    }
    static ESN_HD uint32_t pack(float low, float high) {
        __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
        return *reinterpret_cast<const uint32_t*>(&pair);
    }
    static ESN_HD uint32_t pack_rectified(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
        uint32_t word;
        asm("cvt.rn.relu.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
        return word;
#else
        return pack(rectified(low), rectified(high));
#endif
    }
    static ESN_HD float widen(__nv_bfloat16 value) { return __bfloat162float(value); }
    static ESN_HD __nv_bfloat16 narrow(float value) { return __float2bfloat16_rn(value); }
};

/** Scale and shift of a channel. */
struct alignas(8) Affine {
    float scale;
    float shift;
};

/** Those of two channels, which are read at once. */
struct alignas(16) AffinePair {
    Affine channels[2];
};

/** Scale and shift of V channels from `channel` on: 8, a multiple of 8 before them, or 1. */
template <int V>
ESN_HD void load_affine(Affine (&result)[V], const Affine* affine, int channel) {
    if constexpr (V == 8) {
        const AffinePair* pairs = reinterpret_cast<const AffinePair*>(affine + channel);
#pragma unroll
        for (int p = 0; p < 4; p++) {
            AffinePair pair = pairs[p];
            result[2 * p] = pair.channels[0];
            result[2 * p + 1] = pair.channels[1];
        }
    } else {
        result[0] = affine[channel];
    }
}

/** Feature maps, channels last, and what is done to them while they are read. */
template <class T>
struct Operand {
    const T* data;
    const Affine* affine;
    int channels;
    bool relu;
};

/** Reads V channels of feature maps, always the same: 8 at once from one vector, or 1. */
template <class T, int V>
class Reader {
public:
    ESN_HD Reader(const Operand<T>& maps, int channel)
        : data(maps.data + channel), channels(maps.channels), normalized(maps.affine != nullptr), relu(maps.relu), affine{} {
        if (normalized) {
            load_affine(affine, maps.affine, channel);
        }
    }

    ESN_HD void load(int64_t voxel, float (&values)[V]) const { load_at(voxel * channels, values); }

    /** At so many numbers from the first voxel's. */
    ESN_HD void load_at(int64_t offset, float (&values)[V]) const {
        if constexpr (V == 8) {
            Vector vector = *reinterpret_cast<const Vector*>(data + offset);
#pragma unroll
            for (int w = 0; w < 4; w++) {
                float2 pair = Format<T>::unpack(vector.words[w]);
                values[2 * w] = pair.x;
                values[2 * w + 1] = pair.y;
            }
        } else {
            values[0] = Format<T>::widen(data[offset]);
        }
        if (normalized) {
#pragma unroll
            for (int c = 0; c < V; c++) {
                values[c] = values[c] * affine[c].scale + affine[c].shift;
            }
        }
        if (relu) {
#pragma unroll
            for (int c = 0; c < V; c++) {
                values[c] = rectified(values[c]);
            }
        }
    }

private:
    const T* data;
    int channels;
    bool normalized;
    bool relu;
    Affine affine[V];
};

/** Writes V numbers, after ReLU if that is wanted. */
template <class T, int V>
ESN_HD void store(T* data, const float (&values)[V], bool relu = false) {
    if constexpr (V == 8) {
        Vector vector;
#pragma unroll
        for (int w = 0; w < 4; w++) {
            vector.words[w] = relu ? Format<T>::pack_rectified(values[2 * w], values[2 * w + 1])
                                   : Format<T>::pack(values[2 * w], values[2 * w + 1]);
        }
        *reinterpret_cast<Vector*>(data) = vector;
    } else {
        *data = Format<T>::narrow(relu ? rectified(values[0]) : values[0]);
    }
}

template <class T>
Operand<T> operand(const int64_t* description, int channels) {
    return Operand<T>{pointer<const T>(description[0]), pointer<const Affine>(description[1]), channels,
                      description[2] != 0};
}

/** Calls f with a zero of the format that a type number stands for. */
template <class F>
int with_format(const char* what, int type, const F& f) {
    return guarded(what, [&] {
        switch (type) {
            case 0: return f(__half());
            case 1: return f(__nv_bfloat16());
            default: return invalid(what, "type 0 is FP16, 1 is BF16, there is no other");
        }
    });
}

}  // namespace esn
