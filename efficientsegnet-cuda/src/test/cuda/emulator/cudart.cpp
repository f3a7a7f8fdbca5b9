// SPDX-License-Identifier: Apache-2.0
// In the place of cudart: the part of the runtime that the library uses, on one emulated device.
//
// Streams are lazy: what is put into them happens when somebody waits for it, not before, and until then the target of a
// copy to the host holds garbage. A missing synchronisation therefore shows. A fault of a kernel is an error that stays.
#include <cuda_runtime_api.h>
#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

#include "machine.h"

using namespace emulator;

extern "C" int64_t emulator_report(char* text, int64_t capacity);

namespace {

using Work = std::function<void()>;

struct Graph {
    std::vector<Work> works;
};

struct Stream {
    std::vector<Work> works;
    /** Memory that is given back when the stream comes to it; what is taken in the same stream may lie there. */
    std::unordered_map<void*, int64_t> leaving;
    /** Tells what was given back from what is given back again. */
    int64_t given_back = 0;
    bool recording = false;
    bool broken = false;
    std::unique_ptr<Graph> graph;
};

struct Function {
    std::string name;
    std::string image;
    Program* program = nullptr;
};

struct Machine {
    std::recursive_mutex lock;
    std::unordered_map<const void*, Function> functions;
    /** By image and name: kernels without external linkage have the same name in several images. */
    std::map<std::pair<std::string, std::string>, std::unique_ptr<Program>> programs;
    std::set<Stream*> streams;
    std::set<void*> pinned;
    /** How large what was taken in the order of a stream is. */
    std::unordered_map<void*, size_t> sizes;
    std::set<cudaGraphExec_t> graphs;
    int images = 0;
    int64_t recordings = 0;
    cudaError_t sticky = cudaSuccess;
    bool hidden = false;
    std::string fault;
};

Machine& machine() {
    static Machine* machine = new Machine;
    return *machine;
}

thread_local cudaError_t last = cudaSuccess;
thread_local Stream* recording_here = nullptr;

struct Configuration {
    dim3 grid;
    dim3 block;
    size_t shared;
    cudaStream_t stream;
};
thread_local Configuration configuration;

cudaError_t report(cudaError_t error) {
    if (error != cudaSuccess) {
        last = error;
    }
    return error;
}

void break_device(const Fault& fault) {
    Machine& m = machine();
    if (m.sticky == cudaSuccess) {
        m.sticky = cudaErrorIllegalAddress;
        m.fault = fault.what();
        std::fprintf(stderr, "emulated device: %s\n", fault.what());
    }
}

/** Does what a stream holds. */
cudaError_t drain(Stream& stream) {
    Machine& m = machine();
    std::vector<Work> works;
    works.swap(stream.works);
    for (const Work& work : works) {
        if (m.sticky != cudaSuccess) {
            break;
        }
        try {
            work();
        } catch (const Fault& fault) {
            break_device(fault);
        }
    }
    return m.sticky;
}

void drain_all() {
    for (Stream* stream : machine().streams) {
        if (!stream->recording) {
            drain(*stream);
        }
    }
}

template <class F>
cudaError_t guarded(const F& f) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    if (machine().sticky != cudaSuccess) {
        return report(machine().sticky);
    }
    return report(f());
}

/** What may not be called by a thread that records. */
bool forbidden_here() {
    if (recording_here != nullptr) {
        recording_here->broken = true;
        return true;
    }
    return false;
}

cudaError_t put(cudaStream_t handle, Work work) {
    Stream* stream = reinterpret_cast<Stream*>(handle);
    if (machine().streams.count(stream) == 0) {
        return cudaErrorInvalidResourceHandle;
    }
    if (stream->recording) {
        stream->graph->works.push_back(std::move(work));
    } else {
        stream->works.push_back(std::move(work));
    }
    return cudaSuccess;
}

std::string shown_name(const std::string& mangled) {
    int status = 0;
    char* text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
    std::string name = status == 0 ? text : mangled;
    std::free(text);
    // void esn::block_kernel<esn::Convolution<__half, 4, 2> >(esn::Convolution<__half, 4, 2>): the body is enough.
    size_t begin = name.find("_kernel<");
    size_t end = name.find(">(");
    if (begin != std::string::npos && end != std::string::npos) {
        name = name.substr(begin + 8, end - begin - 8);
    }
    for (const char* noise : {"(anonymous namespace)::", "esn::", "(int)"}) {
        for (size_t at = name.find(noise); at != std::string::npos; at = name.find(noise)) {
            name.erase(at, std::strlen(noise));
        }
    }
    while (!name.empty() && name.back() == ' ') {
        name.pop_back();
    }
    return name;
}

/** The headers of a fat binary, as nvcc 13 writes them without compression. */
struct FatWrapper {
    uint32_t magic;
    uint32_t version;
    const uint8_t* data;
    void* unused;
};
struct FatHeader {
    uint32_t magic;
    uint16_t version;
    uint16_t bytes;
    uint64_t content;
};
struct FatEntry {
    uint16_t kind;
    uint16_t version;
    uint32_t bytes;
    uint64_t content;
    uint32_t compressed;
    uint32_t unused;
    uint16_t minor;
    uint16_t major;
    uint32_t capability;
};

/** PTX for the newest capability that the emulated device has. */
std::string image_of(const void* fat) {
    const FatWrapper* wrapper = static_cast<const FatWrapper*>(fat);
    FatHeader header;
    std::memcpy(&header, wrapper->data, sizeof header);
    if (wrapper->magic != 0x466243b1 || header.magic != 0xba55ed50) {
        throw Fault("the fat binary has an unknown format");
    }
    std::string best;
    uint32_t best_capability = 0;
    const uint8_t* at = wrapper->data + header.bytes;
    const uint8_t* end = at + header.content;
    while (at < end) {
        FatEntry entry;
        std::memcpy(&entry, at, sizeof entry);
        if (entry.kind == 1 && entry.capability <= uint32_t(Settings::get().capability) && entry.capability > best_capability) {
            best_capability = entry.capability;
            best.assign(reinterpret_cast<const char*>(at + entry.bytes), entry.content);
        }
        at += entry.bytes + entry.content;
    }
    return best;
}

/** Writes what kernels did to the file that the environment names, when the process ends. */
void write_counts() {
    const char* path = std::getenv("EMULATOR_COUNTS");
    std::vector<char> text(1 << 20);
    emulator_report(text.data(), int64_t(text.size()));
    std::FILE* file = std::fopen(path, "w");
    if (file != nullptr) {
        std::fputs(text.data(), file);
        std::fclose(file);
    }
}

[[noreturn]] void die(const Fault& fault) {
    std::fprintf(stderr, "emulator: %s\n", fault.what());
    std::_Exit(3);
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* fat) {
    Machine& m = machine();
    if (m.images == 0 && std::getenv("EMULATOR_COUNTS") != nullptr) {
        std::atexit(write_counts);
    }
    std::string image = std::to_string(m.images++);
    try {
        std::string text = image_of(fat);
        if (!text.empty()) {
            Module module = parse(text);
            for (const Kernel& kernel : module.kernels) {
                std::unique_ptr<Program> program = decode(module, kernel);
                program->shown = shown_name(kernel.name);
                m.programs[{image, kernel.name}] = std::move(program);
            }
        }
    } catch (const Fault& fault) {
        die(fault);
    }
    return reinterpret_cast<void**>(new std::string(image));
}

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void**) {}

void __cudaRegisterFunction(void** handle, const char* host, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*, int*) {
    Machine& m = machine();
    const std::string& image = *reinterpret_cast<std::string*>(handle);
    auto found = m.programs.find({image, name});
    m.functions[host] = Function{name, image, found == m.programs.end() ? nullptr : found->second.get()};
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, cudaStream_t stream) {
    configuration = Configuration{grid, block, shared, stream};
    return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
    *grid = configuration.grid;
    *block = configuration.block;
    *shared = configuration.shared;
    *static_cast<cudaStream_t*>(stream) = configuration.stream;
    return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {
    *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(host));
    return cudaSuccess;
}

cudaError_t cudaLaunchKernel(const void* host, dim3 grid, dim3 block, void** arguments, size_t shared, cudaStream_t stream) {
    return guarded([&] {
        auto found = machine().functions.find(host);
        if (found == machine().functions.end()) {
            return cudaErrorInvalidDeviceFunction;
        }
        Program* program = found->second.program;
        if (program == nullptr || machine().hidden) {
            return cudaErrorNoKernelImageForDevice;
        }
        uint64_t threads = uint64_t(block.x) * block.y * block.z;
        if (threads == 0 || threads > 1024 || grid.x == 0 || grid.x > 0x7fffffff || grid.y == 0 || grid.y > 65535 ||
            grid.z == 0 || grid.z > 65535 || uint64_t(program->shared_bytes) + shared > 48 * 1024) {
            return cudaErrorInvalidConfiguration;
        }
        Launch launch{program, Dim{grid.x, grid.y, grid.z}, Dim{block.x, block.y, block.z}, uint32_t(shared), {}};
        launch.parameters.resize(size_t(program->parameter_bytes));
        for (size_t i = 0; i < program->parameters.size(); i++) {
            std::memcpy(&launch.parameters[size_t(program->parameters[i].offset)], arguments[i],
                        size_t(program->parameters[i].bytes));
        }
        return put(stream, [launch] { execute(launch); });
    });
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, size_t shared, cudaStream_t stream) {
    return cudaLaunchKernel(reinterpret_cast<const void*>(kernel), grid, block, arguments, shared, stream);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* host) {
    return guarded([&] {
        auto found = machine().functions.find(host);
        if (found == machine().functions.end()) {
            return cudaErrorInvalidDeviceFunction;
        }
        if (found->second.program == nullptr || machine().hidden) {
            return cudaErrorNoKernelImageForDevice;
        }
        *attributes = cudaFuncAttributes{};
        attributes->sharedSizeBytes = size_t(found->second.program->shared_bytes);
        attributes->maxThreadsPerBlock = 1024;
        attributes->ptxVersion = attributes->binaryVersion = Settings::get().capability;
        return cudaSuccess;
    });
}

cudaError_t cudaGetLastError(void) {
    cudaError_t error = last;
    last = machine().sticky;
    return error;
}

cudaError_t cudaPeekAtLastError(void) { return last; }

const char* cudaGetErrorName(cudaError_t error) {
    switch (error) {
        case cudaSuccess: return "cudaSuccess";
        case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
        case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
        case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
        case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
        case cudaErrorNoKernelImageForDevice: return "cudaErrorNoKernelImageForDevice";
        case cudaErrorInvalidDeviceFunction: return "cudaErrorInvalidDeviceFunction";
        case cudaErrorInvalidResourceHandle: return "cudaErrorInvalidResourceHandle";
        case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
        case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
        case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
        default: return "another error";
    }
}

const char* cudaGetErrorString(cudaError_t error) {
    // The device's own words, which say more than an error number of a GPU.
    return error == machine().sticky && error != cudaSuccess ? machine().fault.c_str() : cudaGetErrorName(error);
}

cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    if (device != 0) {
        return report(cudaErrorInvalidDevice);
    }
    std::memset(properties, 0, sizeof *properties);
    std::snprintf(properties->name, sizeof properties->name, "emulated device");
    properties->major = Settings::get().capability / 10;
    properties->minor = Settings::get().capability % 10;
    properties->multiProcessorCount = 132;
    properties->totalGlobalMem = Memory::SIZE;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    return guarded([&] {
        if (device != 0) {
            return cudaErrorInvalidDevice;
        }
        switch (attribute) {
            case cudaDevAttrComputeCapabilityMajor: *value = Settings::get().capability / 10; return cudaSuccess;
            case cudaDevAttrComputeCapabilityMinor: *value = Settings::get().capability % 10; return cudaSuccess;
            case cudaDevAttrMultiProcessorCount: *value = 132; return cudaSuccess;
            case cudaDevAttrMemoryPoolsSupported: *value = 1; return cudaSuccess;
            default: return cudaErrorInvalidValue;
        }
    });
}

cudaError_t cudaDriverGetVersion(int* version) {
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
    return guarded([&] { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; });
}

cudaError_t cudaMalloc(void** address, size_t bytes) {
    return guarded([&] {
        if (forbidden_here()) {
            return cudaErrorStreamCaptureUnsupported;
        }
        uint64_t at = Memory::get().allocate(bytes);
        *address = reinterpret_cast<void*>(at);
        return at == 0 ? cudaErrorMemoryAllocation : cudaSuccess;
    });
}

/** Waits for the whole device, as the real one does. */
cudaError_t cudaFree(void* address) {
    return guarded([&] {
        if (forbidden_here()) {
            return cudaErrorStreamCaptureUnsupported;
        }
        drain_all();
        if (address != nullptr) {
            try {
                Memory::get().free(reinterpret_cast<uint64_t>(address));
            } catch (const Fault&) {
                return cudaErrorInvalidValue;
            }
        }
        return machine().sticky;
    });
}

/** In the order of the stream: the address is given at once, what lay there may be in use until then. */
cudaError_t cudaMallocAsync(void** address, size_t bytes, cudaStream_t stream) {
    return guarded([&] {
        Stream& in = *reinterpret_cast<Stream*>(stream);
        if (in.recording) {
            return cudaErrorStreamCaptureUnsupported;
        }
        for (const auto& leaving : in.leaving) {
            void* at = leaving.first;
            if (machine().sizes[at] == bytes) {
                in.leaving.erase(at);
                *address = at;
                return put(stream, [=] { Memory::get().forget(reinterpret_cast<uint64_t>(at), bytes); });
            }
        }
        uint64_t at = Memory::get().allocate(bytes);
        *address = reinterpret_cast<void*>(at);
        machine().sizes[*address] = bytes;
        return at == 0 ? cudaErrorMemoryAllocation : cudaSuccess;
    });
}

cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
    return guarded([&] {
        Stream* in = reinterpret_cast<Stream*>(stream);
        int64_t which = ++in->given_back;
        in->leaving[address] = which;
        return put(stream, [=] {
            auto found = in->leaving.find(address);
            if (found != in->leaving.end() && found->second == which) {
                in->leaving.erase(found);
                Memory::get().free(reinterpret_cast<uint64_t>(address));
            }
        });
    });
}

cudaError_t cudaMallocHost(void** address, size_t bytes) {
    return guarded([&] {
        if (forbidden_here()) {
            return cudaErrorStreamCaptureUnsupported;
        }
        *address = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
        machine().pinned.insert(*address);
        return *address == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
    });
}

cudaError_t cudaFreeHost(void* address) {
    return guarded([&] {
        drain_all();
        if (address != nullptr && machine().pinned.erase(address) == 0) {
            return cudaErrorInvalidValue;
        }
        std::free(address);
        return cudaSuccess;
    });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    return guarded([&] {
        Memory& memory = Memory::get();
        uint64_t target = reinterpret_cast<uint64_t>(to);
        uint64_t source = reinterpret_cast<uint64_t>(from);
        bool to_device = memory.holds(target);
        bool from_device = memory.holds(source);
        bool right = kind == cudaMemcpyHostToDevice ? to_device && !from_device
                     : kind == cudaMemcpyDeviceToHost ? from_device && !to_device
                     : kind == cudaMemcpyDeviceToDevice && to_device && from_device;
        if (!right) {
            return cudaErrorInvalidValue;
        }
        if (kind == cudaMemcpyHostToDevice) {
            return put(stream, [=] { Memory::get().copy_in(target, from, bytes); });
        }
        if (kind == cudaMemcpyDeviceToDevice) {
            return put(stream, [=] { Memory::get().copy(target, source, bytes); });
        }
        std::memset(to, 0xa5, bytes);
        return put(stream, [=] { Memory::get().copy_out(to, source, bytes); });
    });
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
    return guarded([&] {
        uint64_t target = reinterpret_cast<uint64_t>(to);
        return put(stream, [=] { Memory::get().fill(target, uint8_t(value), bytes); });
    });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    return guarded([&] {
        Stream* made = new Stream;
        machine().streams.insert(made);
        *stream = reinterpret_cast<cudaStream_t>(made);
        return cudaSuccess;
    });
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    Stream* stream = reinterpret_cast<Stream*>(handle);
    if (machine().streams.count(stream) == 0) {
        return report(cudaErrorInvalidResourceHandle);
    }
    drain(*stream);
    machine().streams.erase(stream);
    delete stream;
    return report(machine().sticky);
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
    return guarded([&] {
        Stream* stream = reinterpret_cast<Stream*>(handle);
        if (machine().streams.count(stream) == 0) {
            return cudaErrorInvalidResourceHandle;
        }
        if (stream->recording) {
            stream->broken = true;
            return cudaErrorStreamCaptureUnsupported;
        }
        return drain(*stream);
    });
}

cudaError_t cudaDeviceSynchronize(void) {
    return guarded([&] {
        drain_all();
        return machine().sticky;
    });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode) {
    return guarded([&] {
        Stream* stream = reinterpret_cast<Stream*>(handle);
        if (machine().streams.count(stream) == 0 || stream->recording) {
            return cudaErrorStreamCaptureUnsupported;
        }
        stream->recording = true;
        stream->broken = false;
        stream->graph = std::make_unique<Graph>();
        recording_here = stream;
        return cudaSuccess;
    });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
    return guarded([&] {
        Stream* stream = reinterpret_cast<Stream*>(handle);
        if (machine().streams.count(stream) == 0 || !stream->recording || recording_here != stream) {
            return cudaErrorInvalidValue;
        }
        stream->recording = false;
        recording_here = nullptr;
        *graph = nullptr;
        if (stream->broken) {
            stream->graph.reset();
            return cudaErrorStreamCaptureInvalidated;
        }
        *graph = reinterpret_cast<cudaGraph_t>(stream->graph.release());
        return cudaSuccess;
    });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    return guarded([&] {
        *executable = reinterpret_cast<cudaGraphExec_t>(new Graph(*reinterpret_cast<Graph*>(graph)));
        machine().graphs.insert(*executable);
        machine().recordings++;
        return cudaSuccess;
    });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete reinterpret_cast<Graph*>(graph);
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    return guarded([&] {
        if (machine().graphs.count(executable) == 0) {
            return cudaErrorInvalidValue;
        }
        Graph graph = *reinterpret_cast<Graph*>(executable);
        return put(stream, [graph] {
            for (const Work& work : graph.works) {
                work();
            }
        });
    });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    if (machine().graphs.erase(executable) == 0) {
        return report(cudaErrorInvalidValue);
    }
    delete reinterpret_cast<Graph*>(executable);
    return report(machine().sticky);
}

// ---- What tests tell the emulator, and ask it. Java reaches these functions as native methods of a class.

/** Kernels that ran, a line each: name, launches, blocks, warp instructions, products, shared passes, sectors. */
int64_t emulator_report(char* text, int64_t capacity) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    std::map<std::string, Counts> all;
    for (auto& entry : machine().programs) {
        const Counts& c = entry.second->counts;
        if (c.launches > 0) {
            all[entry.second->shown].add(c, 1);
        }
    }
    std::string lines;
    for (const auto& entry : all) {
        const Counts& c = entry.second;
        char line[1024];
        std::snprintf(line, sizeof line, "%s\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\n", entry.first.c_str(),
                      static_cast<long long>(c.launches), static_cast<long long>(c.blocks),
                      static_cast<long long>(c.instructions), static_cast<long long>(c.products),
                      static_cast<long long>(c.shared_passes), static_cast<long long>(c.global_sectors));
        lines += line;
    }
    if (capacity > 0) {
        size_t n = std::min(size_t(capacity) - 1, lines.size());
        std::memcpy(text, lines.data(), n);
        text[n] = '\0';
    }
    return int64_t(lines.size());
}

void emulator_reset_counts(void) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    for (auto& entry : machine().programs) {
        entry.second->counts = Counts();
    }
}

/** From now on one block of so many runs, and nothing is checked; 1 for all. Before anything is allocated. */
void emulator_sample(int every) { Settings::get().sample = every; }

void emulator_forbid(int64_t address, int64_t bytes) { Memory::get().forbid(uint64_t(address), uint64_t(bytes)); }

/** Leaves an error in the calling thread, as another library may. */
void emulator_leave_error(void) { last = cudaErrorInvalidValue; }

/** Mends the device after a fault, and says what the fault was; empty if there was none. */
int64_t emulator_mend(char* text, int64_t capacity) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    std::string fault = machine().fault;
    machine().fault.clear();
    machine().sticky = cudaSuccess;
    last = cudaSuccess;
    for (Stream* stream : machine().streams) {
        stream->works.clear();
        stream->leaving.clear();
    }
    size_t n = std::min(size_t(capacity) - 1, fault.size());
    std::memcpy(text, fault.data(), n);
    text[n] = '\0';
    return int64_t(n);
}

/** How much of what was put into streams has not happened yet. */
int64_t emulator_pending(void) {
    std::lock_guard<std::recursive_mutex> guard(machine().lock);
    size_t works = 0;
    for (Stream* stream : machine().streams) {
        works += stream->works.size();
    }
    return int64_t(works);
}

#define JAVA(RETURN, NAME, ...) RETURN Java_org_efficientsegnet_cuda_Emulator_##NAME(void*, void*, ##__VA_ARGS__)

JAVA(int64_t, report, int64_t text, int64_t capacity) { return emulator_report(reinterpret_cast<char*>(text), capacity); }
JAVA(int64_t, mend, int64_t text, int64_t capacity) { return emulator_mend(reinterpret_cast<char*>(text), capacity); }
JAVA(void, resetCounts) { emulator_reset_counts(); }
JAVA(void, sample, int32_t every) { emulator_sample(every); }
JAVA(void, forbid, int64_t address, int64_t bytes) { emulator_forbid(address, bytes); }
JAVA(void, leaveError) { emulator_leave_error(); }
JAVA(int64_t, recordings) { return machine().recordings; }
JAVA(int64_t, pending) { return emulator_pending(); }
JAVA(void, hideKernels, uint8_t hidden) { machine().hidden = hidden != 0; }

}  // extern "C"
