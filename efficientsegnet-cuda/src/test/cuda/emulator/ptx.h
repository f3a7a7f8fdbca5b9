// SPDX-License-Identifier: Apache-2.0
// PTX text as statements: what is parsed, before anything is known about instructions.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulator {

/** What a program does that a GPU would punish, or that this emulator does not know. */
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Operand {
    enum Kind { NAME, NUMBER, ADDRESS, LIST };
    Kind kind;
    /** A register, label or symbol, or what an address begins with; a register of a pair p|q is the first. */
    std::string name;
    /** Bits of a number, or what is added to an address. */
    int64_t value;
    std::vector<Operand> list;
};

struct Statement {
    /** The register that decides, or empty. */
    std::string guard;
    bool negated;
    std::string opcode;
    std::vector<Operand> operands;
    /** Bytes of a load that are used, bit by bit; the others may never have been written. */
    uint32_t used_bytes;
    int line;
};

struct Parameter {
    std::string name;
    int64_t offset;
    int64_t bytes;
};

struct SharedVariable {
    std::string name;
    int64_t bytes;
    int64_t alignment;
};

struct Kernel {
    std::string name;
    std::vector<Parameter> parameters;
    int64_t parameter_bytes = 0;
    /** Bits of every register, 1 for predicates. */
    std::map<std::string, int> registers;
    std::vector<Statement> statements;
    std::map<std::string, size_t> labels;
    std::vector<SharedVariable> shared;
    int64_t local_bytes = 0;
};

struct Module {
    int target = 0;
    std::vector<SharedVariable> shared;
    std::vector<Kernel> kernels;
};

Module parse(const std::string& text);

}  // namespace emulator
