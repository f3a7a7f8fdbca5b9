// SPDX-License-Identifier: Apache-2.0
// Contexts, memory, captured graphs and errors.
#include "execution.cuh"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace esn {

static thread_local std::string last_error;

void remember(const char* what, const char* why) { last_error = std::string(what) + ": " + why; }

int invalid(const char* what, const char* why) {
    remember(what, why);
    return ESN_INVALID;
}

/** Errors after which every call of the process fails, as the runtime's documentation says of each. */
static bool stays(cudaError_t status) {
    switch (status) {
        case cudaErrorECCUncorrectable:
        case cudaErrorIllegalAddress:
        case cudaErrorLaunchTimeout:
        case cudaErrorAssert:
        case cudaErrorHardwareStackError:
        case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress:
        case cudaErrorInvalidAddressSpace:
        case cudaErrorInvalidPc:
        case cudaErrorLaunchFailure: return true;
        default: return false;
    }
}

int checked(cudaError_t status, const char* what) {
    if (status == cudaSuccess) {
        return 0;
    }
    last_error = std::string(what) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
    if (stays(status)) {
        last_error += "; nothing runs on the GPU in this process any more: it has to be restarted";
    }
    // Clears the error, unless it is one that stays, so that the next call does not report it again.
    cudaGetLastError();
    return int(status);
}

/** What this process holds; see esn_in_use. */
static struct {
    std::atomic<int64_t> contexts{0};
    std::atomic<int64_t> blocks{0};
    std::atomic<int64_t> bytes{0};
    std::atomic<int64_t> pinned{0};
    std::atomic<int64_t> graphs{0};
    std::mutex lock;
    std::unordered_map<int64_t, int64_t> sizes;

    void taken(int64_t address, int64_t size) {
        std::lock_guard<std::mutex> guard(lock);
        sizes[address] = size;
        blocks++;
        bytes += size;
    }

    void freed(int64_t address) {
        std::lock_guard<std::mutex> guard(lock);
        auto found = sizes.find(address);
        if (found != sizes.end()) {
            blocks--;
            bytes -= found->second;
            sizes.erase(found);
        }
    }
} in_use;

/** Does nothing; a device either has code for it, and for all the other kernels too, or has not. */
__global__ void probe() {}

int enter(const Context& context) { return context.host() ? 0 : checked(cudaSetDevice(context.device), "cudaSetDevice"); }

}  // namespace esn

using namespace esn;

const char* esn_last_error(void) { return last_error.c_str(); }

int esn_device_count(int32_t* count) {
    int n = 0;
    int status = checked(cudaGetDeviceCount(&n), "cudaGetDeviceCount");
    *count = n;
    return status;
}

int esn_device_info(int device, int64_t* info, char* name, int name_bytes) {
    cudaDeviceProp properties;
    int status = checked(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    if (status != 0) {
        return status;
    }
    int driver = 0;
    int runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    info[0] = properties.major * 10 + properties.minor;
    info[1] = properties.multiProcessorCount;
    info[2] = int64_t(properties.totalGlobalMem);
    info[3] = driver;
    info[4] = runtime;
    std::snprintf(name, size_t(name_bytes), "%s", properties.name);
    return 0;
}

const char* esn_architectures(void) { return ESN_ARCHITECTURES; }

int esn_device_supported(int device) {
    int status = checked(cudaSetDevice(device), "cudaSetDevice");
    cudaFuncAttributes attributes;
    return status != 0 ? status : checked(cudaFuncGetAttributes(&attributes, probe), "cudaFuncGetAttributes");
}

int esn_context_create(int device, int threads, int64_t* context) {
    return guarded("esn_context_create", [&] {
        if (threads < 1 || device < -1) {
            return invalid("esn_context_create", "a device or -1 and at least one thread are needed");
        }
        auto made = std::make_unique<Context>(Context{device, threads, 0, false, nullptr});
        if (!made->host()) {
            int major = 0;
            int minor = 0;
            int status = enter(*made);
            if (status == 0) {
                status = checked(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "device");
            }
            if (status == 0) {
                status = checked(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "device");
            }
            if (status == 0) {
                status = checked(cudaStreamCreateWithFlags(&made->stream, cudaStreamNonBlocking), "cudaStreamCreate");
            }
            if (status != 0) {
                return status;
            }
            made->capability = major * 10 + minor;
            int pools = 0;
            status = checked(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, device), "device");
            if (status != 0) {
                cudaStreamDestroy(made->stream);
                return status;
            }
            made->pools = pools != 0;
        }
        *context = reinterpret_cast<int64_t>(made.release());
        in_use.contexts++;
        return 0;
    });
}

int esn_context_destroy(int64_t context) {
    std::unique_ptr<Context> c(&context_of(context));
    in_use.contexts--;
    if (c->host()) {
        return 0;
    }
    int status = enter(*c);
    return status != 0 ? status : checked(cudaStreamDestroy(c->stream), "cudaStreamDestroy");
}

int esn_synchronize(int64_t context) {
    Context& c = context_of(context);
    int status = enter(c);
    return status != 0 || c.host() ? status : checked(cudaStreamSynchronize(c.stream), "cudaStreamSynchronize");
}

static int host_allocate(int64_t bytes, int64_t* address) {
    // Whole pages, as a device gives them; kernels read vectors of 16 bytes.
    void* p = std::aligned_alloc(4096, size_t(bytes + 4095) / 4096 * 4096);
    if (p == nullptr) {
        remember("esn_allocate", "out of host memory");
        return ESN_NO_HOST_MEMORY;
    }
    *address = reinterpret_cast<int64_t>(p);
    return 0;
}

int esn_allocate(int64_t context, int64_t bytes, int64_t* address) {
    return guarded("esn_allocate", [&] {
        Context& c = context_of(context);
        if (bytes < 1) {
            return invalid("esn_allocate", "at least one byte is needed");
        }
        int status = enter(c);
        if (c.host()) {
            status = host_allocate(bytes, address);
        } else if (status == 0) {
            void* p = nullptr;
            std::string what = "cudaMalloc of " + std::to_string(bytes) + " bytes";
            status = checked(c.pools ? cudaMallocAsync(&p, size_t(bytes), c.stream) : cudaMalloc(&p, size_t(bytes)), what.c_str());
            if (status == 0 && c.pools) {
                // Other streams may use it from now on.
                status = checked(cudaStreamSynchronize(c.stream), what.c_str());
            }
            *address = reinterpret_cast<int64_t>(p);
        }
        if (status == 0) {
            in_use.taken(*address, bytes);
        }
        return status;
    });
}

int esn_free(int64_t context, int64_t address) {
    Context& c = context_of(context);
    in_use.freed(address);
    if (c.host()) {
        std::free(pointer<void>(address));
        return 0;
    }
    int status = enter(c);
    if (status != 0 || address == 0) {
        return status;
    }
    void* freed = pointer<void>(address);
    return checked(c.pools ? cudaFreeAsync(freed, c.stream) : cudaFree(freed), "cudaFree");
}

int esn_allocate_pinned(int64_t context, int64_t bytes, int64_t* address) {
    return guarded("esn_allocate_pinned", [&] {
        Context& c = context_of(context);
        if (bytes < 1) {
            return invalid("esn_allocate_pinned", "at least one byte is needed");
        }
        int status = enter(c);
        if (c.host()) {
            status = host_allocate(bytes, address);
        } else if (status == 0) {
            void* p = nullptr;
            std::string what = "cudaMallocHost of " + std::to_string(bytes) + " bytes";
            status = checked(cudaMallocHost(&p, size_t(bytes)), what.c_str());
            *address = reinterpret_cast<int64_t>(p);
        }
        in_use.pinned += status == 0 ? 1 : 0;
        return status;
    });
}

int esn_free_pinned(int64_t context, int64_t address) {
    Context& c = context_of(context);
    in_use.pinned -= address != 0 ? 1 : 0;
    if (c.host()) {
        std::free(pointer<void>(address));
        return 0;
    }
    int status = enter(c);
    return status != 0 ? status : checked(cudaFreeHost(pointer<void>(address)), "cudaFreeHost");
}

void esn_in_use(int64_t* counts) {
    counts[0] = in_use.contexts;
    counts[1] = in_use.blocks;
    counts[2] = in_use.bytes;
    counts[3] = in_use.pinned;
    counts[4] = in_use.graphs;
}

static int copy(const char* what, int64_t context, int64_t to, int64_t from, int64_t bytes, cudaMemcpyKind kind) {
    Context& c = context_of(context);
    if (bytes < 0) {
        return invalid(what, "a negative number of bytes");
    }
    if (c.host()) {
        std::memcpy(pointer<void>(to), pointer<void>(from), size_t(bytes));
        return 0;
    }
    int status = enter(c);
    return status != 0
               ? status
               : checked(cudaMemcpyAsync(pointer<void>(to), pointer<void>(from), size_t(bytes), kind, c.stream), what);
}

int esn_upload(int64_t context, int64_t to, int64_t from_host, int64_t bytes) {
    return copy("esn_upload", context, to, from_host, bytes, cudaMemcpyHostToDevice);
}

int esn_download(int64_t context, int64_t to_host, int64_t from, int64_t bytes) {
    return copy("esn_download", context, to_host, from, bytes, cudaMemcpyDeviceToHost);
}

int esn_clear(int64_t context, int64_t address, int64_t bytes) {
    Context& c = context_of(context);
    if (c.host()) {
        std::memset(pointer<void>(address), 0, size_t(bytes));
        return 0;
    }
    int status = enter(c);
    return status != 0 ? status
                       : checked(cudaMemsetAsync(pointer<void>(address), 0, size_t(bytes), c.stream), "esn_clear");
}

int esn_capture_begin(int64_t context) {
    Context& c = context_of(context);
    if (c.host()) {
        return invalid("esn_capture_begin", "the host has no graphs");
    }
    int status = enter(c);
    return status != 0 ? status
                       : checked(cudaStreamBeginCapture(c.stream, cudaStreamCaptureModeThreadLocal), "begin capture");
}

int esn_capture_end(int64_t context, int64_t* graph) {
    Context& c = context_of(context);
    if (c.host()) {
        return invalid("esn_capture_end", "the host has no graphs");
    }
    int status = enter(c);
    if (status != 0) {
        return status;
    }
    cudaGraph_t recorded = nullptr;
    status = checked(cudaStreamEndCapture(c.stream, &recorded), "cudaStreamEndCapture");
    if (status != 0) {
        return status;
    }
    cudaGraphExec_t executable = nullptr;
    status = checked(cudaGraphInstantiate(&executable, recorded, 0), "cudaGraphInstantiate");
    cudaGraphDestroy(recorded);
    *graph = reinterpret_cast<int64_t>(executable);
    in_use.graphs += status == 0 ? 1 : 0;
    return status;
}

int esn_graph_launch(int64_t context, int64_t graph) {
    Context& c = context_of(context);
    int status = enter(c);
    return status != 0 ? status
                       : checked(cudaGraphLaunch(reinterpret_cast<cudaGraphExec_t>(graph), c.stream), "cudaGraphLaunch");
}

int esn_graph_destroy(int64_t context, int64_t graph) {
    Context& c = context_of(context);
    in_use.graphs--;
    int status = enter(c);
    return status != 0 ? status
                       : checked(cudaGraphExecDestroy(reinterpret_cast<cudaGraphExec_t>(graph)), "cudaGraphExecDestroy");
}
