// SPDX-License-Identifier: Apache-2.0
// The emulated device: its memory with what is known about every byte, and kernels that run block by block, warp by warp.
//
// A kernel is decoded once to operations on register files of 32 lanes. A warp follows one path at a time; where its lanes
// part they meet again at the immediate postdominator. What a GPU would punish, or what it would silently do wrong, is a
// Fault that names kernel, block, thread and PTX line.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "ptx.h"

namespace emulator {

constexpr int LANES = 32;
constexpr uint32_t ALL = 0xffffffffu;
constexpr uint32_t NOWHERE = 0xffffffffu;

/** How a run is done; the same settings give the same run. */
struct Settings {
    int capability = 90;
    unsigned seed = 1;
    /** Runs one block of so many and scales the counts; nothing is checked or computed right then. */
    int sample = 1;

    static Settings& get();
};

struct Counts {
    int64_t launches = 0;
    int64_t blocks = 0;
    int64_t instructions = 0;
    int64_t products = 0;
    int64_t shared_passes = 0;
    int64_t global_sectors = 0;

    void add(const Counts& other, double scale);
};

/**
 * Global memory. Device addresses are none of the host's: what reads them there crashes. Beside every byte lies what is
 * known about it: whether it is allocated, whether it was written, and which block of which launch wrote it last.
 */
class Memory {
public:
    static constexpr uint64_t BASE = 0x0100000000000000ull;
    static constexpr uint64_t SIZE = 16ull << 30;
    static constexpr uint8_t ALLOCATED = 1;
    static constexpr uint8_t WRITTEN = 2;
    /** The writer of what was written atomically, or by the host. */
    static constexpr uint32_t NOBODY = 0;

    static Memory& get();

    uint64_t allocate(uint64_t bytes);
    /** Throws a Fault if nothing begins there. */
    void free(uint64_t address);
    /** Takes bytes out of a block: whoever touches them is at fault. */
    void forbid(uint64_t address, uint64_t bytes);
    /** Makes bytes count as never written. */
    void forget(uint64_t address, uint64_t bytes);

    bool holds(uint64_t address) const { return address - BASE < SIZE; }
    void copy_in(uint64_t to, const void* from, uint64_t bytes);
    void copy_out(void* to, uint64_t from, uint64_t bytes);
    void copy(uint64_t to, uint64_t from, uint64_t bytes);
    void fill(uint64_t to, uint8_t value, uint64_t bytes);

    uint8_t* data;
    uint8_t* states;
    uint32_t* writers;

private:
    Memory();
    void require(uint64_t address, uint64_t bytes, uint8_t state, const char* what) const;

    struct Block {
        uint64_t offset;
        uint64_t bytes;
    };
    std::vector<Block> blocks;
};

struct Warp;
struct Op;

using Run = void (*)(Warp&, const Op&, uint32_t lanes);

/** A decoded instruction. Operands are byte offsets in a warp's register file; those of predicates are numbers. */
struct Op {
    Run run;
    uint32_t d, a, b, c;
    int64_t value;
    uint32_t guard;
    bool guarded;
    bool negated;
    uint8_t vector;
    uint8_t width;
    uint8_t flags;
    uint32_t list;
    uint32_t target;
    uint32_t meet;
    uint32_t used_bytes;
    int line;
    const char* opcode;
};

struct Program {
    std::string name;
    std::string shown;
    std::vector<Op> ops;
    std::vector<uint32_t> lists;
    std::vector<std::string> opcodes;
    uint32_t register_bytes = 0;
    uint32_t predicates = 0;
    struct Constant {
        uint32_t at;
        bool wide;
        uint64_t bits;
    };
    std::vector<Constant> constants;
    struct Special {
        enum Kind { THREAD, BLOCK, THREADS, BLOCKS, LANE };
        uint32_t at;
        Kind kind;
        char axis;
    };
    std::vector<Special> specials;
    std::vector<Parameter> parameters;
    int64_t parameter_bytes = 0;
    int64_t shared_bytes = 0;
    bool meets_others = false;
    Counts counts;
};

/** Where shared memory begins, so that a null address is not a place in it. */
constexpr uint32_t SHARED_BASE = 1024;

/** What is known about four bytes of shared memory: who touched them last, and when. */
struct SharedWord {
    uint64_t writer;
    uint64_t reader;
};

struct Copy {
    uint64_t from;
    uint32_t to;
    uint32_t bytes;
    uint32_t present;
    int lane;
};

struct Block;

struct Warp {
    uint8_t* registers;
    uint32_t* predicates;
    Block* block;
    int number;
    uint32_t pc;
    uint32_t active;
    uint32_t meet;
    uint32_t live;
    bool waiting;
    uint32_t synchronizations;
    struct Part {
        uint32_t pc;
        uint32_t active;
        uint32_t meet;
    };
    std::vector<Part> parts;
    std::vector<std::vector<Copy>> copies;

    void pop();
    void leave(uint32_t lanes);
};

struct Dim {
    uint32_t x, y, z;
};

/** A launch: everything that a kernel needs to run. */
struct Launch {
    Program* program;
    Dim grid;
    Dim block;
    uint32_t shared_bytes;
    std::vector<uint8_t> parameters;
};

/** The block that a thread of the host runs at the moment. */
struct Block {
    const Launch* launch;
    Dim place;
    uint32_t id;
    uint32_t first_id;
    uint32_t epoch;
    bool checked;
    std::minstd_rand random;
    std::vector<uint8_t> shared;
    std::vector<uint8_t> shared_written;
    std::vector<SharedWord> shared_words;
    std::vector<Warp> warps;
    std::vector<uint8_t> registers;
    std::vector<uint32_t> predicates;
    Counts counts;

    void run();
    uint8_t* shared_at(Warp& warp, const Op& op, int lane, uint64_t address, uint32_t bytes, bool write);
};

/** Ends the launch with a Fault that says where it happened. */
[[noreturn]] void fail(const Warp& warp, const Op& op, int lane, const std::string& why);

/** Decodes a kernel; a Fault names what the emulator does not know. */
std::unique_ptr<Program> decode(const Module& module, const Kernel& kernel);

/** Opcodes that a program may use: every one is tried by a test of its own. */
std::vector<std::string> known_opcodes();

void execute(const Launch& launch);

}  // namespace emulator
