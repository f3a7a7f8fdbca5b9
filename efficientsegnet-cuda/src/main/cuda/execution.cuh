// SPDX-License-Identifier: Apache-2.0
// How kernel bodies run: over an index space, or in blocks of threads that share memory and meet at barriers. A body is
// one source for both sides; on the host a block's threads take turns between two barriers.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "efficientsegnet_cuda.h"

#define ESN_HD __host__ __device__ __forceinline__

namespace esn {

struct Context {
    int device;
    int threads;
    int capability;
    /** Whether memory is taken and given back in the order of the stream, so that nobody else waits for it. */
    bool pools;
    cudaStream_t stream;

    bool host() const { return device < 0; }
};

void remember(const char* what, const char* why);
int invalid(const char* what, const char* why);
int checked(cudaError_t status, const char* what);
/** Makes the context's device the calling thread's. */
int enter(const Context& context);

inline Context& context_of(int64_t handle) { return *reinterpret_cast<Context*>(handle); }

template <class T>
T* pointer(int64_t address) {
    return reinterpret_cast<T*>(address);
}

/** Ranges of 0..count on the host's threads. */
template <class Range>
void host_ranges(const Context& context, int64_t count, int64_t least, const Range& range) {
    int64_t workers = std::min<int64_t>(context.threads, count / std::max<int64_t>(1, least));
    if (workers <= 1) {
        range(int64_t(0), count);
        return;
    }
    std::vector<std::thread> threads;
    for (int64_t w = 1; w < workers; w++) {
        threads.emplace_back([&, w] { range(count * w / workers, count * (w + 1) / workers); });
    }
    range(int64_t(0), count / workers);
    for (auto& thread : threads) {
        thread.join();
    }
}

/** Reports this launch alone, not what another library may have left behind in the thread. */
template <class... Parameters, class... Arguments>
int launch_kernel(const Context& context, const char* what, void (*kernel)(Parameters...), dim3 blocks, int threads,
                  int64_t bytes, const Arguments&... arguments) {
    void* list[] = {const_cast<void*>(static_cast<const void*>(&arguments))...};
    return checked(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), blocks, dim3(unsigned(threads)), list,
                                    size_t(bytes), context.stream),
                   what);
}

template <class Body>
__global__ void each_kernel(const Body body, int64_t count) {
    int64_t step = int64_t(gridDim.x) * blockDim.x;
    for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
        body(i);
    }
}

/** Runs body(i) for every i below count; bodies write to places of their own or by atomics. */
template <class Body>
int each(const Context& context, const char* what, int64_t count, const Body& body) {
    if (count <= 0) {
        return 0;
    }
    if (context.host()) {
        host_ranges(context, count, 4096, [&](int64_t from, int64_t to) {
            for (int64_t i = from; i < to; i++) {
                body(i);
            }
        });
        return 0;
    }
    int status = enter(context);
    if (status != 0) {
        return status;
    }
    constexpr int threads = 256;
    int64_t blocks = std::min<int64_t>((count + threads - 1) / threads, 1 << 20);
    return launch_kernel(context, what, each_kernel<Body>, dim3(unsigned(blocks)), threads, 0, body, count);
}

/**
 * A block as one of its threads sees it on a device. Marked for both sides, as the bodies that call it
 * are; only a device runs it.
 */
template <class State>
struct DeviceBlock {
    State state;

    template <class F>
    ESN_HD void each(const F& f) {
#ifdef __CUDA_ARCH__
        f(int(threadIdx.x), state);
#endif
    }
    ESN_HD void barrier() {
#ifdef __CUDA_ARCH__
        __syncthreads();
#endif
    }
};

/** A whole block on the host. */
template <class State, int THREADS>
struct HostBlock {
    State* states;

    template <class F>
    ESN_HD void each(const F& f) {
        for (int t = 0; t < THREADS; t++) {
            f(t, states[t]);
        }
    }
    ESN_HD void barrier() {}
};

template <class Body>
__global__ void __launch_bounds__(Body::THREADS, Body::BLOCKS) block_kernel(const Body body) {
    extern __shared__ __align__(16) unsigned char shared[];
    DeviceBlock<typename Body::State> block;
    body.run(block, shared, int(blockIdx.x), int(blockIdx.y));
}

/** Runs a body's blocks 0..across x 0..down, each with so many bytes of shared memory. */
template <class Body>
int blocks(const Context& context, const char* what, int64_t across, int down, int64_t bytes, const Body& body) {
    if (context.host()) {
        host_ranges(context, across * down, 2, [&](int64_t from, int64_t to) {
            // Garbage, not zeros, as on a device: what is read before it is written shows.
            std::vector<uint64_t> shared(size_t(bytes + 7) / 8, 0x7ff4dead7e017e01ull);
            std::vector<typename Body::State> states(Body::THREADS);
            HostBlock<typename Body::State, Body::THREADS> block{states.data()};
            for (int64_t b = from; b < to; b++) {
                body.run(block, reinterpret_cast<unsigned char*>(shared.data()), int(b % across), int(b / across));
            }
        });
        return 0;
    }
    int status = enter(context);
    if (status != 0) {
        return status;
    }
    return launch_kernel(context, what, block_kernel<Body>, dim3(unsigned(across), unsigned(down)), Body::THREADS, bytes, body);
}

/**
 * Joins what a block's threads left at `places` into the first place, pair by pair, so always in the same order. Thread 0
 * may read it without another barrier.
 */
template <int THREADS, class Block, class Place, class Join>
ESN_HD void fold(Block& block, Place* places, const Join& join) {
    for (int half = THREADS / 2; half > 0; half /= 2) {
        block.barrier();
        block.each([&](int t, auto&) {
            if (t < half) {
                join(places[t], places[t + half]);
            }
        });
    }
}

ESN_HD int atomic_min(int* p, int value) {
#ifdef __CUDA_ARCH__
    return atomicMin(p, value);
#else
    int old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (value < old && !__atomic_compare_exchange_n(p, &old, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
#endif
}

/** Counts one at `which`. Of the lanes of a warp that count at the same place one adds for all. */
ESN_HD void count_at(int* counts, int which) {
#ifdef __CUDA_ARCH__
    unsigned same = __match_any_sync(__activemask(), which);
    if (int(threadIdx.x & 31) == __ffs(int(same)) - 1) {
        atomicAdd(counts + which, __popc(same));
    }
#else
    __atomic_fetch_add(counts + which, 1, __ATOMIC_RELAXED);
#endif
}

/** Adds and gives what was there before. */
ESN_HD int atomic_add(int* p, int value) {
#ifdef __CUDA_ARCH__
    return atomicAdd(p, value);
#else
    return __atomic_fetch_add(p, value, __ATOMIC_RELAXED);
#endif
}

/** Plain loads may be cached while other threads change the value; the trees of union-find need the newest. */
ESN_HD int volatile_load(const int* p) {
#ifdef __CUDA_ARCH__
    return *static_cast<const volatile int*>(p);
#else
    return __atomic_load_n(p, __ATOMIC_RELAXED);
#endif
}

/** A store beside such loads. */
ESN_HD void volatile_store(int* p, int value) {
#ifdef __CUDA_ARCH__
    *static_cast<volatile int*>(p) = value;
#else
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
#endif
}

/** What a C function does, with C++ exceptions turned into a status. */
template <class F>
int guarded(const char* what, const F& f) {
    try {
        return f();
    } catch (const std::bad_alloc&) {
        remember(what, "out of host memory");
        return ESN_NO_HOST_MEMORY;
    } catch (const std::exception& e) {
        return invalid(what, e.what());
    }
}

}  // namespace esn
