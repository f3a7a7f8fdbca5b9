// SPDX-License-Identifier: Apache-2.0
// Tests of the emulator itself. Every instruction of its table is tried on PTX of its own and compared with what the PTX
// ISA says, computed here by other means: wide integers, 128-bit floats, the ISA's formulas for elements of fragments.
// Then every kind of fault: a program that has it is stopped, and its sound twin is not.
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <set>

#include "machine.h"

using namespace emulator;

namespace {

int failures = 0;
std::set<std::string> tried;

void check(bool good, const std::string& what) {
    if (!good) {
        failures++;
        std::printf("FAILED: %s\n", what.c_str());
    }
}

const char* HEAD = ".version 9.0\n.target sm_90\n.address_size 64\n.extern .shared .align 16 .b8 dynamic[];\n";
const char* REGISTERS =
    ".reg .pred %p<8>; .reg .b16 %rs<16>; .reg .b32 %r<64>; .reg .b64 %rd<32>; .reg .f32 %f<32>; .reg .f64 %fd<16>;\n"
    "ld.param.u64 %rd1, [memory]; cvta.to.global.u64 %rd1, %rd1; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 32;\n"
    "add.s64 %rd3, %rd1, %rd2;\n";

/** Runs a body on memory: %rd1 is its address, %r1 the thread, %rd3 the thread's own 32 bytes. */
void run(const std::string& body, std::vector<uint8_t>& memory, uint32_t threads = 32, uint32_t blocks = 1, uint32_t shared = 1024,
         bool written = true) {
    std::string text = std::string(HEAD) + ".visible .entry kernel(.param .align 16 .b8 memory[16])\n{\n" + REGISTERS + body + "\nret;\n}\n";
    Module module = parse(text);
    std::unique_ptr<Program> program = decode(module, module.kernels.at(0));
    program->shown = "kernel";
    Memory& device = Memory::get();
    uint64_t address = device.allocate(memory.size());
    if (written) {
        device.copy_in(address, memory.data(), memory.size());
    }
    Launch launch{program.get(), Dim{blocks, 1, 1}, Dim{threads, 1, 1}, shared, std::vector<uint8_t>(16)};
    std::memcpy(launch.parameters.data(), &address, 8);
    try {
        execute(launch);
        if (written) {
            device.copy_out(memory.data(), address, memory.size());
        }
    } catch (const Fault&) {
        device.free(address);
        throw;
    }
    device.free(address);
}

// ---- Arithmetic: operands at bytes 0, 8, 16 of a thread's memory, the result at 24.

using Reference = std::function<uint64_t(uint64_t, uint64_t, uint64_t)>;

std::string register_of(const std::string& type, int i) {
    std::string n = std::to_string(i + 8);
    if (type == "pred") {
        return "%p" + std::to_string(i + 1);
    }
    std::string bits = type.substr(type.find_first_of("0123456789"));
    if (type == "f32") {
        return "%f" + n;
    }
    if (type == "f64") {
        return "%fd" + n;
    }
    return bits == "64" ? "%rd" + n : bits == "16" ? "%rs" + n : bits == "8" ? "%rs" + n : "%r" + n;
}

std::string memory_type(const std::string& type) {
    std::string bits = type.substr(type.find_first_of("0123456789"));
    return type == "f32" || type == "f64" ? type : "u" + bits;
}

uint64_t mask_of(const std::string& type) {
    if (type == "pred") {
        return 1;
    }
    int bits = std::stoi(type.substr(type.find_first_of("0123456789")));
    return bits == 64 ? ~0ull : (1ull << bits) - 1;
}

std::vector<uint64_t> interesting(const std::string& type) {
    std::vector<uint64_t> values;
    if (type == "f32") {
        for (float f : {0.0f, -0.0f, 1.0f, -1.5f, 3.25f, 0.1f, -7e-30f, 1e30f, 65504.0f, 65519.0f, 65520.0f, 1e-7f, 6e-8f, -3e-8f,
                        2.9e-8f, 127.5f, -126.75f, 1e-40f, INFINITY, -INFINITY, NAN, 2048.5f, 2049.0f, 33333.3f}) {
            uint32_t bits;
            std::memcpy(&bits, &f, 4);
            values.push_back(bits);
        }
    } else if (type == "f64") {
        for (double f : {0.0, -0.0, 1.0, -1.5, 3.25, 0.1, 1e300, -1e-300, 4294967296.5, -2147483649.0, 1e10, double(INFINITY),
                         double(-INFINITY), double(NAN), 16777217.0, 9007199254740993.0, 5e18, -1e19}) {
            uint64_t bits;
            std::memcpy(&bits, &f, 8);
            values.push_back(bits);
        }
    } else {
        for (uint64_t v : {0ull, 1ull, 2ull, 3ull, 7ull, 31ull, 32ull, 33ull, 64ull, 100ull, 255ull, 128ull, 0x7fffull, 0x8000ull,
                           0xffffull, 0x10000ull, 0x7fffffffull, 0x80000000ull, 0xffffffffull, 0x123456789abcdefull,
                           0x7fffffffffffffffull, 0x8000000000000000ull, 0xffffffffffffffffull, 0xdeadbeefull}) {
            values.push_back(v & mask_of(type));
        }
    }
    return values;
}

std::string show(uint64_t v) {
    char text[32];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(v));
    return text;
}

bool is_nan(const std::string& type, uint64_t v) {
    return type == "f32" ? (v & 0x7fffffff) > 0x7f800000 : type == "f64" ? (v & ~(1ull << 63)) > 0x7ff0000000000000ull : false;
}

/** Tries one opcode; the result's type first. Results that are NaN need not have the same bits. */
void arithmetic(const std::string& opcode, const std::vector<std::string>& types, const Reference& reference,
                double tolerance = 0) {
    tried.insert(opcode);
    size_t n = types.size() - 1;
    std::string body;
    std::string operands;
    for (size_t i = 0; i < n; i++) {
        std::string name = register_of(types[i + 1], int(i));
        std::string at = "[%rd3+" + std::to_string(8 * i) + "]";
        if (types[i + 1] == "pred") {
            body += "ld.global.u32 %r2, " + at + "; and.b32 %r2, %r2, 1; setp.ne.s32 " + name + ", %r2, 0;\n";
        } else {
            body += "ld.global." + memory_type(types[i + 1]) + " " + name + ", " + at + ";\n";
        }
        operands += ", " + name;
    }
    std::string result = register_of(types[0], 4);
    body += opcode + " " + result + operands + ";\n";
    if (types[0] == "pred") {
        body += "selp.u32 %r3, 1, 0, " + result + "; st.global.u32 [%rd3+24], %r3;";
    } else {
        body += "st.global." + memory_type(types[0]) + " [%rd3+24], " + result + ";";
    }
    std::mt19937_64 random(17);
    for (int round = 0; round < 12; round++) {
        std::vector<uint64_t> words(4 * 32, 0);
        for (size_t l = 0; l < 32; l++) {
            for (size_t i = 0; i < n; i++) {
                std::vector<uint64_t> some = interesting(types[i + 1] == "pred" ? "u32" : types[i + 1]);
                words[4 * l + i] = round < 10 ? some[random() % some.size()] : random() & mask_of(types[i + 1]);
            }
        }
        std::vector<uint8_t> memory(32 * 32);
        std::memcpy(memory.data(), words.data(), memory.size());
        run(body, memory);
        for (size_t l = 0; l < 32; l++) {
            uint64_t found;
            std::memcpy(&found, &memory[32 * l + 24], 8);
            found &= mask_of(types[0]);
            uint64_t a = words[4 * l];
            uint64_t b = words[4 * l + 1];
            uint64_t c = words[4 * l + 2];
            uint64_t expected = reference(a, b, c) & mask_of(types[0]);
            bool good = found == expected || (is_nan(types[0], found) && is_nan(types[0], expected));
            if (!good && tolerance > 0) {
                float x;
                float y;
                std::memcpy(&x, &found, 4);
                std::memcpy(&y, &expected, 4);
                good = std::fabs(x - y) <= tolerance * std::fabs(y);
            }
            if (!good) {
                check(false, opcode + " of " + show(a) + ", " + show(b) + ", " + show(c) + " is " + show(found) + ", not " +
                                 show(expected));
                return;
            }
        }
    }
}

using Wide = __int128;

/** The number that bits stand for. */
Wide number(const std::string& type, uint64_t bits) {
    int width = std::stoi(type.substr(1));
    Wide value = Wide(bits & mask_of(type));
    return type[0] == 's' && (bits >> (width - 1) & 1) != 0 ? value - (Wide(1) << width) : value;
}

void integer_type(const std::string& t) {
    int width = std::stoi(t.substr(1));
    auto two = [&](const char* name, const std::function<Wide(Wide, Wide)>& f) {
        arithmetic(std::string(name) + "." + t, {t, t, t},
                   [=](uint64_t a, uint64_t b, uint64_t) { return uint64_t(f(number(t, a), number(t, b))); });
    };
    two("add", [](Wide a, Wide b) { return a + b; });
    two("sub", [](Wide a, Wide b) { return a - b; });
    two("mul.lo", [](Wide a, Wide b) { return Wide(static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b)); });
    two("div", [](Wide a, Wide b) { return b == 0 ? Wide(-1) : a / b; });
    two("rem", [](Wide a, Wide b) { return b == 0 ? Wide(-1) : a % b; });
    two("min", [](Wide a, Wide b) { return a < b ? a : b; });
    two("max", [](Wide a, Wide b) { return a < b ? b : a; });
    arithmetic("mov." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return a; });
    arithmetic("mad.lo." + t, {t, t, t, t}, [=](uint64_t a, uint64_t b, uint64_t c) {
        return uint64_t(static_cast<unsigned __int128>(number(t, a)) * static_cast<unsigned __int128>(number(t, b)) +
                        static_cast<unsigned __int128>(number(t, c)));
    });
    arithmetic("shr." + t, {t, t, "u32"}, [=](uint64_t a, uint64_t n, uint64_t) {
        return uint64_t(number(t, a) >> (n > uint64_t(width) ? uint64_t(width) : n));
    });
    if (t[0] == 's') {
        arithmetic("neg." + t, {t, t}, [=](uint64_t a, uint64_t, uint64_t) { return uint64_t(-number(t, a)); });
        arithmetic("abs." + t, {t, t}, [=](uint64_t a, uint64_t, uint64_t) {
            return uint64_t(number(t, a) < 0 ? -number(t, a) : number(t, a));
        });
    }
    auto order = [&](const char* name, const std::function<bool(Wide, Wide)>& f) {
        arithmetic(std::string("setp.") + name + "." + t, {"pred", t, t},
                   [=](uint64_t a, uint64_t b, uint64_t) { return f(number(t, a), number(t, b)) ? 1 : 0; });
    };
    order("eq", [](Wide a, Wide b) { return a == b; });
    order("ne", [](Wide a, Wide b) { return a != b; });
    order("lt", [](Wide a, Wide b) { return a < b; });
    order("le", [](Wide a, Wide b) { return a <= b; });
    order("gt", [](Wide a, Wide b) { return a > b; });
    order("ge", [](Wide a, Wide b) { return a >= b; });
    arithmetic("selp." + t, {t, t, t, "pred"}, [](uint64_t a, uint64_t b, uint64_t p) { return p & 1 ? a : b; });
    if (width >= 32) {
        arithmetic("mul.hi." + t, {t, t, t}, [=](uint64_t a, uint64_t b, uint64_t) {
            if (t == "u64") {
                return uint64_t(static_cast<unsigned __int128>(a) * b >> 64);
            }
            return uint64_t(number(t, a) * number(t, b) >> width);
        });
    }
    if (width < 64) {
        std::string wide = t.substr(0, 1) + std::to_string(2 * width);
        arithmetic("mul.wide." + t, {wide, t, t},
                   [=](uint64_t a, uint64_t b, uint64_t) { return uint64_t(number(t, a) * number(t, b)); });
        if (width == 32) {
            arithmetic("mad.wide." + t, {wide, t, t, wide},
                       [=](uint64_t a, uint64_t b, uint64_t c) { return uint64_t(number(t, a) * number(t, b)) + c; });
        }
    }
}

void bit_type(const std::string& t) {
    int width = std::stoi(t.substr(1));
    arithmetic("mov." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return a; });
    arithmetic("and." + t, {t, t, t}, [](uint64_t a, uint64_t b, uint64_t) { return a & b; });
    arithmetic("or." + t, {t, t, t}, [](uint64_t a, uint64_t b, uint64_t) { return a | b; });
    arithmetic("xor." + t, {t, t, t}, [](uint64_t a, uint64_t b, uint64_t) { return a ^ b; });
    arithmetic("not." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return ~a; });
    arithmetic("shl." + t, {t, t, "u32"},
               [=](uint64_t a, uint64_t n, uint64_t) { return n >= uint64_t(width) ? 0 : a << n; });
    arithmetic("setp.eq." + t, {"pred", t, t}, [](uint64_t a, uint64_t b, uint64_t) { return a == b ? 1 : 0; });
    arithmetic("setp.ne." + t, {"pred", t, t}, [](uint64_t a, uint64_t b, uint64_t) { return a != b ? 1 : 0; });
    arithmetic("selp." + t, {t, t, t, "pred"}, [](uint64_t a, uint64_t b, uint64_t p) { return p & 1 ? a : b; });
}

using Exact = __float128;

template <class T>
T as(uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

template <class T>
uint64_t bits_of(T value) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T>
void float_type(const std::string& t) {
    auto two = [&](const std::string& name, const std::function<T(T, T)>& f) {
        arithmetic(name + "." + t, {t, t, t}, [=](uint64_t a, uint64_t b, uint64_t) { return bits_of(f(as<T>(a), as<T>(b))); });
    };
    for (const char* rounding : {"", ".rn"}) {
        // Rounded once, from an exact value: 113 bits are more than twice those of the operands.
        two(std::string("add") + rounding, [](T a, T b) { return T(Exact(a) + Exact(b)); });
        two(std::string("sub") + rounding, [](T a, T b) { return T(Exact(a) - Exact(b)); });
        two(std::string("mul") + rounding, [](T a, T b) { return T(Exact(a) * Exact(b)); });
    }
    two("div.rn", [](T a, T b) { return T(Exact(a) / Exact(b)); });
    two("min", [](T a, T b) { return std::isnan(a) ? b : std::isnan(b) ? a : a < b ? a : b < a ? b : std::signbit(a) ? a : b; });
    two("max", [](T a, T b) { return std::isnan(a) ? b : std::isnan(b) ? a : a > b ? a : b > a ? b : std::signbit(a) ? b : a; });
    arithmetic("fma.rn." + t, {t, t, t, t}, [](uint64_t a, uint64_t b, uint64_t c) {
        return bits_of(std::fma(as<T>(a), as<T>(b), as<T>(c)));
    });
    arithmetic("rcp.rn." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return bits_of(T(Exact(1) / Exact(as<T>(a)))); });
    arithmetic("sqrt.rn." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return bits_of(std::sqrt(as<T>(a))); });
    uint64_t sign = 1ull << (8 * sizeof(T) - 1);
    arithmetic("mov." + t, {t, t}, [](uint64_t a, uint64_t, uint64_t) { return a; });
    arithmetic("neg." + t, {t, t}, [=](uint64_t a, uint64_t, uint64_t) { return a ^ sign; });
    arithmetic("abs." + t, {t, t}, [=](uint64_t a, uint64_t, uint64_t) { return a & ~sign; });
    arithmetic("selp." + t, {t, t, t, "pred"}, [](uint64_t a, uint64_t b, uint64_t p) { return p & 1 ? a : b; });
    auto order = [&](const char* name, const std::function<bool(T, T)>& f, bool with_nan) {
        arithmetic(std::string("setp.") + name + "." + t, {"pred", t, t}, [=](uint64_t a, uint64_t b, uint64_t) {
            bool unordered = std::isnan(as<T>(a)) || std::isnan(as<T>(b));
            return uint64_t((unordered ? with_nan : f(as<T>(a), as<T>(b))) ? 1 : 0);
        });
    };
    order("eq", std::equal_to<T>(), false);
    order("ne", std::not_equal_to<T>(), false);
    order("lt", std::less<T>(), false);
    order("le", std::less_equal<T>(), false);
    order("gt", std::greater<T>(), false);
    order("ge", std::greater_equal<T>(), false);
    order("equ", std::equal_to<T>(), true);
    order("neu", std::not_equal_to<T>(), true);
    order("ltu", std::less<T>(), true);
    order("leu", std::less_equal<T>(), true);
    order("gtu", std::greater<T>(), true);
    order("geu", std::greater_equal<T>(), true);
    order("num", [](T, T) { return true; }, false);
    order("nan", [](T, T) { return false; }, true);
}

/** The value of a half or bfloat16 by its fields. */
double small_value(uint32_t bits, int exponent_bits) {
    int significand_bits = 15 - exponent_bits;
    int exponent = int(bits >> significand_bits) & ((1 << exponent_bits) - 1);
    int significand = int(bits) & ((1 << significand_bits) - 1);
    int bias = (1 << (exponent_bits - 1)) - 1;
    double magnitude = exponent == (1 << exponent_bits) - 1 ? (significand != 0 ? double(NAN) : double(INFINITY))
                       : exponent == 0 ? std::ldexp(significand, 1 - bias - significand_bits)
                                       : std::ldexp(significand + (1 << significand_bits), exponent - bias - significand_bits);
    return bits & 0x8000 ? -magnitude : magnitude;
}

/** The nearest, by looking at all; of two the even one. What lies half a step beyond the largest is infinite. */
uint32_t nearest(float value, int exponent_bits) {
    if (std::isnan(value)) {
        return 0x7fff;
    }
    uint32_t sign = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs(double(value));
    uint32_t infinity = uint32_t(((1 << exponent_bits) - 1) << (15 - exponent_bits));
    uint32_t low = 0;
    uint32_t high = infinity;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        (small_value(middle, exponent_bits) <= magnitude ? low : high) = middle;
    }
    double below = small_value(low, exponent_bits);
    double above = high == infinity ? 2 * below - small_value(low - 1, exponent_bits) : small_value(high, exponent_bits);
    double middle = below + (above - below) / 2;
    bool up = std::isinf(magnitude) || magnitude > middle || (magnitude == middle && low % 2 == 1);
    return sign | (up ? high : low);
}

void conversions() {
    for (const char* to : {"u16", "s16", "u32", "s32", "u64", "s64"}) {
        for (const char* from : {"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"}) {
            std::string f = from;
            arithmetic(std::string("cvt.") + to + "." + f, {to, f},
                       [=](uint64_t a, uint64_t, uint64_t) { return uint64_t(number(f, a)); });
        }
    }
    for (const char* from : {"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"}) {
        std::string f = from;
        arithmetic("cvt.rn.f32." + f, {"f32", f},
                   [=](uint64_t a, uint64_t, uint64_t) { return bits_of(float(Exact(number(f, a)))); });
        if (std::stoi(f.substr(1)) >= 32) {
            arithmetic("cvt.rn.f64." + f, {"f64", f},
                       [=](uint64_t a, uint64_t, uint64_t) { return bits_of(double(Exact(number(f, a)))); });
        }
    }
    arithmetic("cvt.rn.f32.f64", {"f32", "f64"}, [](uint64_t a, uint64_t, uint64_t) { return bits_of(float(as<double>(a))); });
    arithmetic("cvt.f64.f32", {"f64", "f32"}, [](uint64_t a, uint64_t, uint64_t) { return bits_of(double(as<float>(a))); });
    for (const char* to : {"s32", "u32", "s64"}) {
        std::string t = to;
        int width = std::stoi(t.substr(1));
        Exact least = t[0] == 's' ? -Exact(Wide(1) << (width - 1)) : Exact(0);
        Exact most = Exact((Wide(1) << (width - (t[0] == 's' ? 1 : 0))) - 1);
        auto clamp = [=](double v) {
            return std::isnan(v) ? 0 : Exact(v) < least ? uint64_t(Wide(least)) : Exact(v) > most ? uint64_t(Wide(most)) : uint64_t(Wide(v));
        };
        arithmetic("cvt.rzi." + t + ".f32", {t, "f32"},
                   [=](uint64_t a, uint64_t, uint64_t) { return clamp(std::trunc(as<float>(a))); });
        arithmetic("cvt.rzi." + t + ".f64", {t, "f64"},
                   [=](uint64_t a, uint64_t, uint64_t) { return clamp(std::trunc(as<double>(a))); });
        arithmetic("cvt.rni." + t + ".f32", {t, "f32"}, [=](uint64_t a, uint64_t, uint64_t) {
            double v = as<float>(a);
            double down = std::floor(v);
            double rest = v - down;
            return clamp(rest > 0.5 || (rest == 0.5 && std::fmod(down, 2) != 0) ? down + 1 : std::isinf(v) ? v : down);
        });
    }
    arithmetic("cvt.sat.f32.f32", {"f32", "f32"}, [](uint64_t a, uint64_t, uint64_t) {
        float v = as<float>(a);
        return bits_of(v >= 1 ? 1.0f : v > 0 ? v : 0.0f);
    });
    for (const char* name : {"f16", "bf16"}) {
        std::string h = name;
        int exponent = h == "f16" ? 5 : 8;
        arithmetic("cvt.f32." + h, {"f32", "b16"}, [=](uint64_t a, uint64_t, uint64_t) {
            return bits_of(float(small_value(uint32_t(a), exponent)));
        });
        arithmetic("cvt.rn." + h + ".f32", {"b16", "f32"},
                   [=](uint64_t a, uint64_t, uint64_t) { return uint64_t(nearest(as<float>(a), exponent)); });
        auto pair = [=](float high, float low) { return uint64_t(nearest(high, exponent) << 16 | nearest(low, exponent)); };
        arithmetic("cvt.rn." + h + "x2.f32", {"b32", "f32", "f32"},
                   [=](uint64_t a, uint64_t b, uint64_t) { return pair(as<float>(a), as<float>(b)); });
        auto relu = [](float v) { return std::isnan(v) ? v : v > 0 ? v : 0.0f; };
        arithmetic("cvt.rn.relu." + h + "x2.f32", {"b32", "f32", "f32"},
                   [=](uint64_t a, uint64_t b, uint64_t) { return pair(relu(as<float>(a)), relu(as<float>(b))); });
    }
    auto finite = [](float v) { return std::isnan(v) ? v : std::fmax(std::fmin(v, 65504.0f), -65504.0f); };
    arithmetic("cvt.rn.satfinite.f16x2.f32", {"b32", "f32", "f32"}, [=](uint64_t a, uint64_t b, uint64_t) {
        return uint64_t(nearest(finite(as<float>(a)), 5) << 16 | nearest(finite(as<float>(b)), 5));
    });
    arithmetic("cvt.rn.relu.satfinite.f16x2.f32", {"b32", "f32", "f32"}, [=](uint64_t a, uint64_t b, uint64_t) {
        auto relu = [](float v) { return std::isnan(v) ? v : v > 0 ? v : 0.0f; };
        return uint64_t(nearest(finite(relu(as<float>(a))), 5) << 16 | nearest(finite(relu(as<float>(b))), 5));
    });
}

void others() {
    auto p = [](uint64_t a) { return (a & 1) != 0; };
    arithmetic("mov.pred", {"pred", "pred"}, [=](uint64_t a, uint64_t, uint64_t) { return p(a); });
    arithmetic("not.pred", {"pred", "pred"}, [=](uint64_t a, uint64_t, uint64_t) { return !p(a); });
    arithmetic("and.pred", {"pred", "pred", "pred"}, [=](uint64_t a, uint64_t b, uint64_t) { return p(a) && p(b); });
    arithmetic("or.pred", {"pred", "pred", "pred"}, [=](uint64_t a, uint64_t b, uint64_t) { return p(a) || p(b); });
    arithmetic("xor.pred", {"pred", "pred", "pred"}, [=](uint64_t a, uint64_t b, uint64_t) { return p(a) != p(b); });
    auto count = [](uint64_t a) {
        int n = 0;
        for (int i = 0; i < 32; i++) {
            n += int(a >> i & 1);
        }
        return uint64_t(n);
    };
    auto highest = [](uint64_t a) {
        int at = 31;
        while (at >= 0 && (a >> at & 1) == 0) {
            at--;
        }
        return at;
    };
    arithmetic("popc.b32", {"b32", "b32"}, [=](uint64_t a, uint64_t, uint64_t) { return count(a); });
    arithmetic("clz.b32", {"b32", "b32"}, [=](uint64_t a, uint64_t, uint64_t) { return uint64_t(31 - highest(a)); });
    arithmetic("bfind.shiftamt.u32", {"u32", "u32"},
               [=](uint64_t a, uint64_t, uint64_t) { return a == 0 ? ~0ull : uint64_t(31 - highest(a)); });
    arithmetic("brev.b32", {"b32", "b32"}, [](uint64_t a, uint64_t, uint64_t) {
        uint64_t r = 0;
        for (int i = 0; i < 32; i++) {
            r = r * 2 + (a >> i & 1);
        }
        return r;
    });
    arithmetic("prmt.b32", {"b32", "b32", "b32", "b32"}, [](uint64_t a, uint64_t b, uint64_t selector) {
        uint8_t bytes[8];
        std::memcpy(bytes, &a, 4);
        std::memcpy(bytes + 4, &b, 4);
        uint64_t r = 0;
        for (int i = 3; i >= 0; i--) {
            uint64_t nibble = selector >> 4 * i & 15;
            uint8_t byte = bytes[nibble & 7];
            r = r << 8 | (nibble & 8 ? (byte >= 128 ? 255u : 0u) : byte);
        }
        return r;
    });
    arithmetic("bfe.u32", {"u32", "u32", "u32", "u32"}, [](uint64_t a, uint64_t at, uint64_t n) {
        at &= 255;
        n &= 255;
        uint64_t shifted = at >= 32 ? 0 : a >> at;
        return n >= 32 ? shifted : shifted & ((1ull << n) - 1);
    });
    arithmetic("bfe.s32", {"s32", "s32", "u32", "u32"}, [](uint64_t a, uint64_t at, uint64_t n) {
        at &= 255;
        n &= 255;
        if (n == 0) {
            return 0ull;
        }
        uint64_t extended = uint64_t(int64_t(int32_t(a)));
        uint64_t shifted = uint64_t(int64_t(extended) >> (at > 63 ? 63 : at));
        // The sign is the field's last bit, or bit 31.
        uint64_t last = at + n - 1 > 31 ? 31 : at + n - 1;
        uint64_t sign = a >> last & 1;
        uint64_t kept = last < at ? 0 : last - at + 1;
        uint64_t value = shifted & ((1ull << kept) - 1);
        return (sign != 0 ? value | ~((1ull << kept) - 1) : value) & 0xffffffffull;
    });
    arithmetic("ex2.approx.ftz.f32", {"f32", "f32"}, [](uint64_t a, uint64_t, uint64_t) {
        float v = as<float>(a);
        double r = std::exp2(std::fpclassify(v) == FP_SUBNORMAL ? 0.0 : double(v));
        return bits_of(r < 1.1754943508222875e-38 ? 0.0f : float(r));
    }, 3e-7);
    arithmetic("fma.rm.f32", {"f32", "f32", "f32", "f32"}, [](uint64_t a, uint64_t b, uint64_t c) {
        Exact product = Exact(as<float>(a)) * Exact(as<float>(b));
        Exact exact = product + Exact(as<float>(c));
        if (exact == 0) {
            return bits_of(std::fma(as<float>(a), as<float>(b), as<float>(c)));
        }
        // Not above the exact value; a product that 113 bits do not hold beside the summand still counts.
        float r = float(exact);
        Exact summand = as<float>(c);
        bool lost = std::isfinite(r) && ((exact == summand && product < 0) || (exact == product && summand < 0));
        return bits_of(Exact(r) > exact || (Exact(r) == exact && lost) ? std::nextafter(r, -INFINITY) : r);
    });
    arithmetic("min.NaN.f32", {"f32", "f32", "f32"}, [](uint64_t a, uint64_t b, uint64_t) {
        float x = as<float>(a);
        float y = as<float>(b);
        return bits_of(std::isnan(x) || std::isnan(y) ? NAN : x < y || (x == y && std::signbit(x)) ? x : y);
    });
    arithmetic("max.NaN.f32", {"f32", "f32", "f32"}, [](uint64_t a, uint64_t b, uint64_t) {
        float x = as<float>(a);
        float y = as<float>(b);
        return bits_of(std::isnan(x) || std::isnan(y) ? NAN : x > y || (x == y && std::signbit(y)) ? x : y);
    });
    arithmetic("cvta.to.global.u64", {"u64", "u64"}, [](uint64_t a, uint64_t, uint64_t) { return a; });
    // Five operands: a into b at a position, so many bits.
    tried.insert("bfi.b32");
    for (uint32_t at : {0u, 3u, 28u, 31u, 32u}) {
        for (uint32_t n : {0u, 1u, 5u, 29u, 32u}) {
            std::vector<uint8_t> memory(32 * 32);
            run("mov.u32 %r2, 0x89abcdef; mov.u32 %r3, 0x13572468; bfi.b32 %r4, %r2, %r3, " + std::to_string(at) + ", " +
                    std::to_string(n) + "; st.global.u32 [%rd3], %r4;",
                memory);
            uint32_t expected = 0x13572468;
            for (uint32_t i = 0; i < n && at + i < 32; i++) {
                expected = (expected & ~(1u << (at + i))) | (0x89abcdefu >> i & 1) << (at + i);
            }
            check(as<uint32_t>(memory[0] | memory[1] << 8 | memory[2] << 16 | uint32_t(memory[3]) << 24) == expected,
                  "bfi at " + std::to_string(at) + ", " + std::to_string(n) + " bits");
        }
    }
    std::vector<uint8_t> memory(32 * 32);
    run("mov.b32 %r2, {%rs1, %rs2}; mov.u32 %r2, 0x12345678; mov.b32 {%rs3, %rs4}, %r2; mov.b32 %r3, {%rs4, %rs3};"
        "mov.b64 %rd4, {%r2, %r3}; mov.b64 {%r5, %r6}, %rd4; mov.pred %p1, 1; @!%p1 mov.u32 %r5, 9; st.global.u64 [%rd3], %rd4;"
        "st.global.u32 [%rd3+8], %r5; st.global.u32 [%rd3+12], %r6;",
        memory);
    check(std::memcmp(memory.data(), "\x78\x56\x34\x12\x34\x12\x78\x56\x78\x56\x34\x12\x34\x12\x78\x56", 16) == 0,
          "packing and unpacking by mov");
}

// ---- What a warp does together.

std::vector<uint32_t> words(const std::vector<uint8_t>& memory) {
    std::vector<uint32_t> result(memory.size() / 4);
    std::memcpy(result.data(), memory.data(), memory.size());
    return result;
}

std::vector<uint8_t> bytes(const std::vector<uint32_t>& w) {
    std::vector<uint8_t> result(w.size() * 4);
    std::memcpy(result.data(), w.data(), result.size());
    return result;
}

void shuffles() {
    for (const char* way : {"up", "down", "bfly", "idx"}) {
        tried.insert(std::string("shfl.sync.") + way + ".b32");
        for (int b : {0, 1, 4, 16, 31}) {
            for (int c : {0x1f, 0, 0x181f, 0x1c1f, 0x1c00}) {
                std::vector<uint8_t> memory(32 * 32);
                run("add.s32 %r2, %r1, 1000; mov.u32 %r3, " + std::to_string(b) + "; mov.u32 %r4, " + std::to_string(c) +
                        "; mov.u32 %r5, -1; shfl.sync." + way +
                        ".b32 %r6|%p1, %r2, %r3, %r4, %r5; selp.u32 %r7, 1, 0, %p1; st.global.u32 [%rd3], %r6; st.global.u32 "
                        "[%rd3+4], %r7;",
                    memory);
                std::vector<uint32_t> found = words(memory);
                for (int lane = 0; lane < 32; lane++) {
                    // As the ISA writes it.
                    int bval = b & 31;
                    int cval = c & 31;
                    int mask = c >> 8 & 31;
                    int maxLane = (lane & mask) | (cval & ~mask);
                    int minLane = lane & mask;
                    int j = 0;
                    bool pval = false;
                    std::string w = way;
                    if (w == "up") {
                        j = lane - bval;
                        pval = j >= maxLane;
                    } else if (w == "down") {
                        j = lane + bval;
                        pval = j <= maxLane;
                    } else if (w == "bfly") {
                        j = lane ^ bval;
                        pval = j <= maxLane;
                    } else {
                        j = minLane | (bval & ~mask);
                        pval = j <= maxLane;
                    }
                    if (!pval) {
                        j = lane;
                    }
                    check(found[size_t(8 * lane)] == uint32_t(1000 + j) && found[size_t(8 * lane + 1)] == (pval ? 1u : 0u),
                          "shfl " + w + " " + std::to_string(b) + " " + show(uint64_t(c)) + " lane " + std::to_string(lane));
                }
            }
        }
    }
    for (const char* opcode : {"vote.sync.ballot.b32", "vote.sync.any.pred", "vote.sync.all.pred", "activemask.b32", "match.any.sync.b32"}) {
        tried.insert(opcode);
    }
    std::vector<uint8_t> memory(32 * 32);
    run("and.b32 %r2, %r1, 3; setp.eq.s32 %p1, %r2, 2; mov.u32 %r3, -1; vote.sync.ballot.b32 %r4, %p1, %r3;"
        "vote.sync.any.pred %p2, %p1, %r3; vote.sync.all.pred %p3, %p1, %r3; match.any.sync.b32 %r5, %r2, %r3;"
        "selp.u32 %r6, 1, 0, %p2; selp.u32 %r7, 1, 0, %p3; setp.lt.s32 %p4, %r1, 5; mov.u32 %r8, 0;"
        "@!%p4 bra over; activemask.b32 %r8; over: st.global.u32 [%rd3], %r4; st.global.u32 [%rd3+4], %r5;"
        "st.global.u32 [%rd3+8], %r6; st.global.u32 [%rd3+12], %r7; st.global.u32 [%rd3+16], %r8;",
        memory);
    std::vector<uint32_t> found = words(memory);
    for (uint32_t l = 0; l < 32; l++) {
        check(found[8 * l] == 0x44444444u && found[8 * l + 1] == 0x11111111u << (l & 3) && found[8 * l + 2] == 1 &&
                  found[8 * l + 3] == 0 && found[8 * l + 4] == (l < 5 ? 31u : 0u),
              "votes of lane " + std::to_string(l));
    }
}

/** mma: elements by the formulas of the ISA's section on its fragments. */
void product(const std::string& type, int k) {
    std::string opcode = "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col.f32." + type + "." + type + ".f32";
    tried.insert(opcode);
    int exponent = type == "f16" ? 5 : 8;
    std::mt19937 random(5);
    auto some = [&] { return double(int(random() % 65) - 32) / 16; };
    std::vector<std::vector<double>> a(16, std::vector<double>(size_t(k)));
    std::vector<std::vector<double>> b(size_t(k), std::vector<double>(8));
    std::vector<std::vector<double>> c(16, std::vector<double>(8));
    for (auto* matrix : {&a, &b, &c}) {
        for (auto& row : *matrix) {
            for (double& v : row) {
                v = some();
            }
        }
    }
    int aw = k / 4;
    int bw = k / 8;
    std::vector<uint32_t> input(32 * 16, 0);
    for (int lane = 0; lane < 32; lane++) {
        int group = lane >> 2;
        int thread = lane % 4;
        uint32_t* mine = &input[size_t(16 * lane)];
        for (int i = 0; i < 2 * aw; i++) {
            int row = k == 16 ? (i < 2 || (i >= 4 && i < 6) ? group : group + 8) : (i < 2 ? group : group + 8);
            int column = thread * 2 + (i & 1) + (k == 16 && i >= 4 ? 8 : 0);
            mine[i / 2] |= nearest(float(a[size_t(row)][size_t(column)]), exponent) << 16 * (i % 2);
        }
        for (int i = 0; i < 2 * bw; i++) {
            int row = thread * 2 + (i & 1) + (i >= 2 ? 8 : 0);
            mine[aw + i / 2] |= nearest(float(b[size_t(row)][size_t(group)]), exponent) << 16 * (i % 2);
        }
        for (int i = 0; i < 4; i++) {
            int row = i < 2 ? group : group + 8;
            mine[8 + i] = uint32_t(bits_of(float(c[size_t(row)][size_t(thread * 2 + (i & 1))])));
        }
    }
    std::vector<uint8_t> memory = bytes(input);
    std::string load = "mul.wide.u32 %rd2, %r1, 64; add.s64 %rd3, %rd1, %rd2;";
    std::string as_list;
    std::string bs_list;
    for (int i = 0; i < aw; i++) {
        load += "ld.global.u32 %r" + std::to_string(10 + i) + ", [%rd3+" + std::to_string(4 * i) + "];";
        as_list += (i ? "," : "") + std::string("%r") + std::to_string(10 + i);
    }
    for (int i = 0; i < bw; i++) {
        load += "ld.global.u32 %r" + std::to_string(20 + i) + ", [%rd3+" + std::to_string(4 * (aw + i)) + "];";
        bs_list += (i ? "," : "") + std::string("%r") + std::to_string(20 + i);
    }
    for (int i = 0; i < 4; i++) {
        load += "ld.global.f32 %f" + std::to_string(i + 1) + ", [%rd3+" + std::to_string(32 + 4 * i) + "];";
    }
    run(load + opcode + " {%f5,%f6,%f7,%f8}, {" + as_list + "}, {" + bs_list +
            "}, {%f1,%f2,%f3,%f4}; st.global.f32 [%rd3+48], %f5; st.global.f32 [%rd3+52], %f6; st.global.f32 [%rd3+56], %f7; "
            "st.global.f32 [%rd3+60], %f8;",
        memory);
    std::vector<uint32_t> found = words(memory);
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 4; i++) {
            int row = i < 2 ? lane >> 2 : (lane >> 2) + 8;
            int column = lane % 4 * 2 + (i & 1);
            double expected = c[size_t(row)][size_t(column)];
            for (int j = 0; j < k; j++) {
                expected += a[size_t(row)][size_t(j)] * b[size_t(j)][size_t(column)];
            }
            check(as<float>(found[size_t(16 * lane + 12 + i)]) == float(expected), opcode + ", element " + std::to_string(i));
        }
    }
}

void matrices() {
    for (const char* suffix : {"x1", "x2", "x4", "x4.trans"}) {
        std::string s = suffix;
        std::string opcode = "ldmatrix.sync.aligned.m8n8." + s + ".shared.b16";
        tried.insert(opcode);
        int n = s[1] - '0';
        bool transposed = s.size() > 2;
        // Element e of row r of matrix m is 100 m + 10 r + e; rows lie 32 bytes apart, in an order of their own.
        std::string body;
        for (int i = 0; i < 8; i++) {
            body += "mov.u32 %r2, " + std::to_string(i) + "; shr.u32 %r3, %r1, 3; and.b32 %r4, %r1, 7; mad.lo.s32 %r5, %r3, 100, %r2;"
                    "mad.lo.s32 %r5, %r4, 10, %r5; and.b32 %r6, %r2, 1; mov.u32 %r7, %r5;";
            if (i % 2 == 1) {
                body += "shl.b32 %r7, %r7, 16; or.b32 %r9, %r8, %r7; mul.lo.s32 %r10, %r1, 1056; rem.u32 %r10, %r10, 1024;"
                        "mov.u32 %r11, dynamic; add.s32 %r12, %r10, %r11; st.shared.u32 [%r12+" +
                        std::to_string(2 * (i - 1)) + "], %r9;";
            } else {
                body += "mov.u32 %r8, %r7;";
            }
        }
        std::string list;
        for (int i = 0; i < n; i++) {
            list += (i ? "," : "") + std::string("%r") + std::to_string(20 + i);
        }
        body += "bar.sync 0; " + opcode + " {" + list + "}, [%r12];";
        for (int i = 0; i < n; i++) {
            body += "st.global.u32 [%rd3+" + std::to_string(4 * i) + "], %r" + std::to_string(20 + i) + ";";
        }
        std::vector<uint8_t> memory(32 * 32);
        run(body, memory);
        std::vector<uint32_t> found = words(memory);
        for (int lane = 0; lane < 32; lane++) {
            for (int m = 0; m < n; m++) {
                int row = lane / 4;
                int column = lane % 4 * 2;
                int low = 100 * m + (transposed ? 10 * column + row : 10 * row + column);
                int high = 100 * m + (transposed ? 10 * (column + 1) + row : 10 * row + column + 1);
                check(found[size_t(8 * lane + m)] == uint32_t(high << 16 | low), opcode + ", lane " + std::to_string(lane));
            }
        }
    }
    tried.insert("bar.sync");
}

// ---- Memory.

void accesses() {
    for (const char* space : {"global", "shared", "param"}) {
        for (const char* t : {"u8", "s8", "b8", "u16", "s16", "b16", "u32", "s32", "b32", "f32", "u64", "s64", "b64", "f64"}) {
            std::string type = t;
            int width = std::stoi(type.substr(1)) / 8;
            for (int vector : {1, 2, 4}) {
                if (vector * width > 16) {
                    continue;
                }
                std::string v = vector == 1 ? "" : ".v" + std::to_string(vector);
                std::string s = space;
                std::string load = "ld." + s + v + "." + type;
                std::string store = "st." + s + v + "." + type;
                tried.insert(load);
                std::string list;
                for (int i = 0; i < vector; i++) {
                    list += (i ? ", " : "") + register_of(type == "b8" ? "u8" : type, i);
                }
                list = vector == 1 ? list : "{" + list + "}";
                std::string body;
                if (s == "param") {
                    body = load + " " + list + ", [memory]; st.global" + v + "." + type + " [%rd3+16], " + list + ";";
                } else {
                    tried.insert(store);
                    body = "ld.global" + v + "." + type + " " + list + ", [%rd3];";
                    if (s == "shared") {
                        body += "mov.u32 %r2, dynamic; mad.lo.s32 %r2, %r1, 16, %r2;" + store + " [%r2], " + list + "; " + load + " " +
                                list + ", [%r2];";
                    }
                    body += "st.global" + v + "." + type + " [%rd3+16], " + list + ";";
                }
                std::vector<uint8_t> memory(32 * 32);
                for (size_t i = 0; i < memory.size(); i++) {
                    memory[i] = uint8_t(i * 37 + 11);
                }
                std::vector<uint8_t> before = memory;
                if (s == "shared" && width < 4) {
                    // Words are what races are looked for in; neighbours within one would meet.
                    body = "setp.eq.s32 %p1, %r1, 0; @!%p1 bra over; " + body + " over:";
                }
                run(body, memory);
                for (size_t l = 0; l < (s == "shared" && width < 4 ? 1u : 32u); l++) {
                    bool same = true;
                    uint64_t address = 0;
                    for (int i = 0; i < vector * width; i++) {
                        if (s != "param") {
                            same = same && memory[32 * l + 16 + size_t(i)] == before[32 * l + size_t(i)];
                        } else if (i < 8) {
                            address |= uint64_t(memory[32 * l + 16 + size_t(i)]) << 8 * i;
                        }
                    }
                    if (s == "param" && vector * width == 8) {
                        same = address >= Memory::BASE && address < Memory::BASE + Memory::SIZE;
                    }
                    check(same, load + " and " + store + ", lane " + std::to_string(l));
                }
            }
        }
    }
    // Narrow loads into wide registers: signs are kept or not.
    std::vector<uint8_t> memory(32 * 32, 0x80);
    run("ld.global.s8 %rs1, [%rd3]; cvt.s32.s16 %r2, %rs1; ld.global.u8 %rs2, [%rd3]; cvt.u32.u16 %r3, %rs2;"
        "ld.global.s32 %rd4, [%rd3]; ld.global.u32 %rd5, [%rd3]; st.global.u32 [%rd3+8], %r2; st.global.u32 [%rd3+12], %r3;"
        "st.global.u64 [%rd3+16], %rd4; st.global.u64 [%rd3+24], %rd5;",
        memory);
    check(std::memcmp(&memory[8], "\x80\xff\xff\xff\x80\0\0\0\x80\x80\x80\x80\xff\xff\xff\xff\x80\x80\x80\x80\0\0\0\0", 24) == 0,
          "signs of loads");
    for (const char* opcode : {"ld.volatile.global.u32", "st.volatile.global.u32"}) {
        tried.insert(opcode);
    }
    std::vector<uint8_t> one(64, 7);
    run("setp.eq.s32 %p1, %r1, 3; @!%p1 bra over; ld.volatile.global.u32 %r2, [%rd1]; st.volatile.global.u32 [%rd1+4], %r2; over:", one);
    check(one[4] == 7, "volatile accesses");
}

template <class T>
void atomic_type(const std::string& t) {
    auto expect = [&](const std::string& opcode, bool returns, T start, const std::function<T(T, T)>& f) {
        tried.insert(opcode);
        std::string value = sizeof(T) == 8 ? "%rd5" : "%r5";
        std::string old = sizeof(T) == 8 ? "%rd6" : "%r6";
        std::string body = "add.s32 %r5, %r1, 100; cvt.u64.u32 %rd5, %r5;";
        body += opcode + (returns ? " " + old + "," : "") + " [%rd1], " + value + ";";
        std::vector<uint8_t> memory(256);
        std::memcpy(memory.data(), &start, sizeof start);
        run(body, memory, 64, 4);
        T expected = start;
        for (int block = 0; block < 4; block++) {
            for (int i = 0; i < 64; i++) {
                expected = f(expected, T(i + 100));
            }
        }
        check(std::memcmp(memory.data(), &expected, sizeof expected) == 0, opcode);
    };
    for (bool returns : {true, false}) {
        std::string head = returns ? "atom.global." : "red.global.";
        expect(head + "add." + t, returns, T(5), [](T a, T b) { return T(a + b); });
        expect(head + "min." + t, returns, T(120), [](T a, T b) { return a < b ? a : b; });
        expect(head + "max." + t, returns, T(120), [](T a, T b) { return a > b ? a : b; });
    }
}

void atomics() {
    atomic_type<uint32_t>("u32");
    atomic_type<int32_t>("s32");
    atomic_type<uint64_t>("u64");
    for (const char* opcode : {"atom.global.or.b32", "atom.global.exch.b32", "atom.global.cas.b32"}) {
        tried.insert(opcode);
    }
    std::vector<uint8_t> memory(64);
    run("mov.u32 %r2, 1; shl.b32 %r2, %r2, %r1; atom.global.or.b32 %r3, [%rd1], %r2; setp.eq.s32 %p1, %r1, 9; @!%p1 bra over;"
        "atom.global.exch.b32 %r4, [%rd1+4], 77; atom.global.cas.b32 %r5, [%rd1+4], 77, 78; atom.global.cas.b32 %r6, [%rd1+4], 77, "
        "79; st.global.u32 [%rd1+8], %r5; st.global.u32 [%rd1+12], %r6; over:",
        memory);
    std::vector<uint32_t> found = words(memory);
    check(found[0] == ALL && found[1] == 78 && found[2] == 77 && found[3] == 78, "or, exchange, compare and swap");
}

void ways() {
    for (const char* opcode : {"bra", "ret", "exit", "bar.warp.sync"}) {
        tried.insert(opcode);
    }
    // A loop of as many rounds as the lane says, with two ways in it; all lanes are together at the barrier after it.
    std::vector<uint8_t> memory(64 * 32);
    run("mov.u32 %r2, 0; mov.u32 %r3, 0; again: setp.ge.u32 %p1, %r2, %r1; @%p1 bra done; and.b32 %r4, %r2, 1;"
        "setp.eq.s32 %p2, %r4, 0; @%p2 bra even; add.s32 %r3, %r3, 10; bra.uni next; even: add.s32 %r3, %r3, 1;"
        "next: add.s32 %r2, %r2, 1; bra.uni again; done: bar.warp.sync -1; bar.sync 0; st.global.u32 [%rd3], %r3;"
        "setp.lt.u32 %p3, %r1, 7; @%p3 exit; st.global.u32 [%rd3+4], 1;",
        memory, 64);
    std::vector<uint32_t> found = words(memory);
    for (uint32_t l = 0; l < 64; l++) {
        check(found[8 * l] == (l + 1) / 2 + l / 2 * 10 && found[8 * l + 1] == (l < 7 ? 0u : 1u), "a loop's lane " + std::to_string(l));
    }
}

std::string copies(const std::string& wait, const std::string& how = "cp.async.cg.shared.global [%r2], [%rd4], 16;") {
    return "mov.u32 %r2, dynamic; mad.lo.s32 %r2, %r1, 16, %r2; mul.wide.u32 %rd4, %r1, 32; add.s64 %rd4, %rd4, %rd1;" + how +
           "cp.async.commit_group;" + wait + "ld.shared.v4.u32 {%r3, %r4, %r5, %r6}, [%r2]; st.global.v4.u32 [%rd3+16], {%r3, %r4, %r5, %r6};";
}

void async_copies() {
    for (const char* opcode : {"cp.async.ca.shared.global", "cp.async.cg.shared.global", "cp.async.commit_group",
                               "cp.async.wait_group", "cp.async.wait_all"}) {
        tried.insert(opcode);
    }
    for (const char* wait : {"cp.async.wait_group 0;", "cp.async.wait_all;"}) {
        std::vector<uint8_t> memory(32 * 32);
        for (size_t i = 0; i < memory.size(); i++) {
            memory[i] = uint8_t(i * 13 + 5);
        }
        std::vector<uint8_t> before = memory;
        run(copies(wait), memory);
        bool same = true;
        for (size_t l = 0; l < 32; l++) {
            same = same && std::memcmp(&memory[32 * l + 16], &before[32 * l], 16) == 0;
        }
        check(same, std::string("cp.async and ") + wait);
        memory = before;
        run(copies(wait, "mov.u32 %r9, 4; cp.async.ca.shared.global [%r2], [%rd4], 16, %r9;"), memory);
        same = true;
        for (size_t l = 0; l < 32; l++) {
            same = same && std::memcmp(&memory[32 * l + 16], &before[32 * l], 4) == 0 &&
                   std::memcmp(&memory[32 * l + 20], "\0\0\0\0\0\0\0\0\0\0\0\0", 12) == 0;
        }
        check(same, "cp.async of fewer bytes fills up with zeros");
    }
}

// ---- Faults.

void faulty(const char* what, const std::string& body, const char* words, uint32_t threads = 32, uint32_t blocks = 1,
            bool written = true) {
    std::vector<uint8_t> memory(64 * 32);
    std::string said = "nothing";
    try {
        run(body, memory, threads, blocks, 1024, written);
    } catch (const Fault& fault) {
        said = fault.what();
    }
    check(said.find(words) != std::string::npos, std::string(what) + ": it said " + said);
}

void sound(const char* what, const std::string& body, uint32_t threads = 32, uint32_t blocks = 1) {
    std::vector<uint8_t> memory(64 * 32);
    try {
        run(body, memory, threads, blocks);
    } catch (const Fault& fault) {
        check(false, std::string(what) + ": " + fault.what());
    }
}

void faults() {
    faulty("reading behind memory", "ld.global.u32 %r2, [%rd3+2048];", "outside of what is allocated");
    faulty("writing before memory", "st.global.u32 [%rd3+-4], %r1;", "outside of what is allocated", 1);
    faulty("an address of the host", "mov.u64 %rd4, 4096; ld.global.u32 %r2, [%rd4];", "no address of the device");
    faulty("a misaligned read", "ld.global.u32 %r2, [%rd3+2];", "not a multiple of 4");
    faulty("a misaligned vector", "st.global.v4.u32 [%rd3+8], {%r1, %r1, %r1, %r1};", "not a multiple of 16");
    faulty("what was never written", "ld.global.u32 %r2, [%rd3];", "never written", 32, 1, false);
    faulty("shared memory's end", "mov.u32 %r2, dynamic; mad.lo.s32 %r2, %r1, 4, %r2; st.shared.u32 [%r2+1000], %r1;", "outside of 1024");
    faulty("shared memory misaligned", "mov.u32 %r2, dynamic; st.shared.u64 [%r2+4], %rd1;", "not a multiple of 8", 1);
    faulty("shared memory unwritten", "mov.u32 %r2, dynamic; ld.shared.u32 %r3, [%r2];", "never written");
    std::string exchange = "mov.u32 %r2, dynamic; mad.lo.s32 %r3, %r1, 4, %r2; st.shared.u32 [%r3], %r1;";
    std::string other = "xor.b32 %r4, %r1, 63; mad.lo.s32 %r5, %r4, 4, %r2; ld.shared.u32 %r6, [%r5];";
    faulty("a race of a write and a read", exchange + other, "", 64);
    sound("a barrier between them", exchange + "bar.sync 0;" + other, 64);
    faulty("a write after a read", exchange + "bar.sync 0;" + other + "st.shared.u32 [%r3], %r6;", "a race for shared", 64);
    sound("two barriers", exchange + "bar.sync 0;" + other + "bar.sync 0; st.shared.u32 [%r3], %r6;", 64);
    faulty("two threads write one place", "mov.u32 %r2, dynamic; st.shared.u32 [%r2], %r1;", "a race for shared");
    std::string neighbour = "xor.b32 %r4, %r1, 1; mad.lo.s32 %r5, %r4, 4, %r2; ld.shared.u32 %r6, [%r5];";
    faulty("lanes of a warp without synchronisation", exchange + neighbour, "a race for shared");
    sound("lanes of a warp that synchronise", exchange + "bar.warp.sync -1;" + neighbour);
    std::string part = "setp.lt.u32 %p1, %r1, 16; @%p1 bra over;";
    faulty("a barrier for some lanes", part + "bar.sync 0; over:", "only some lanes");
    faulty("a barrier for some warps", "setp.lt.u32 %p1, %r1, 32; @%p1 bra over; bar.sync 0; over:", "never reach", 64);
    faulty("ldmatrix for some lanes", part + "mov.u32 %r2, dynamic; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2]; over:",
           "only some lanes");
    faulty("mma for some lanes",
           part + "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r1}, {%r1}, {%f1,%f2,%f3,%f4}; over:",
           "only some lanes");
    faulty("a shuffle of some lanes", part + "mov.u32 %r5, -1; shfl.sync.bfly.b32 %r3, %r1, 1, 31, %r5; over:", "not here");
    faulty("blocks that write one place", "st.global.u32 [%rd3], 1;", "another block of the launch wrote there", 32, 2);
    sound("blocks that add to one place", "atom.global.add.u32 %r2, [%rd3], 1;", 32, 2);
    faulty("blocks that read what others write",
           "mov.u32 %r2, %ctaid.x; mul.wide.u32 %rd4, %r2, 4; add.s64 %rd4, %rd4, %rd1; xor.b32 %r2, %r2, 1; mul.wide.u32 %rd5, %r2, 4;"
           "add.s64 %rd5, %rd5, %rd1; st.global.u32 [%rd4], 1; ld.global.u32 %r3, [%rd5];",
           "another block of the launch writes", 1, 2);
    faulty("a copy that nobody waits for", copies(""), "still being copied");
    faulty("a copy of which one waits for the one before", copies("cp.async.wait_group 1;"), "still being copied");
    faulty("a block that ends before its copies", "mov.u32 %r2, dynamic; cp.async.ca.shared.global [%r2], [%rd1], 16; cp.async.commit_group;",
           "before its copies", 1);
    faulty("an unknown instruction", "add.cc.u32 %r2, %r1, 1;", "does not know this instruction");
    faulty("a wide register for a narrow type", "add.s32 %r2, %rd1, 1;", "has 64 bits");
}

void streams() {
    cudaStream_t stream;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess, "a stream");
    void* device;
    void* host;
    check(cudaMalloc(&device, 64) == cudaSuccess && cudaMallocHost(&host, 64) == cudaSuccess, "memory");
    std::memset(host, 1, 64);
    check(cudaMemcpyAsync(device, host, 64, cudaMemcpyHostToDevice, stream) == cudaSuccess, "a copy");
    // What is sent is what lies there when the copy happens.
    std::memset(host, 2, 64);
    check(cudaStreamSynchronize(stream) == cudaSuccess, "waiting");
    check(cudaMemcpyAsync(host, device, 64, cudaMemcpyDeviceToHost, stream) == cudaSuccess, "a copy back");
    check(static_cast<uint8_t*>(host)[5] == 0xa5, "a copy that was not waited for gives garbage");
    check(cudaStreamSynchronize(stream) == cudaSuccess && static_cast<uint8_t*>(host)[5] == 2, "streams are lazy");
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess, "recording");
    void* more;
    check(cudaMalloc(&more, 64) == cudaErrorStreamCaptureUnsupported, "no memory while recording");
    cudaGraph_t graph;
    check(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated, "such a recording is lost");
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess, "recording again");
    check(cudaMemsetAsync(device, 9, 64, stream) == cudaSuccess, "recorded");
    check(cudaStreamEndCapture(stream, &graph) == cudaSuccess, "the end of it");
    cudaGraphExec_t executable;
    check(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess && cudaGraphDestroy(graph) == cudaSuccess, "a graph");
    check(cudaMemcpyAsync(host, device, 64, cudaMemcpyDeviceToHost, stream) == cudaSuccess &&
              cudaStreamSynchronize(stream) == cudaSuccess && static_cast<uint8_t*>(host)[0] == 2,
          "what is recorded does not happen");
    check(cudaGraphLaunch(executable, stream) == cudaSuccess &&
              cudaMemcpyAsync(host, device, 64, cudaMemcpyDeviceToHost, stream) == cudaSuccess &&
              cudaStreamSynchronize(stream) == cudaSuccess && static_cast<uint8_t*>(host)[0] == 9,
          "until it is launched");
    check(cudaGraphExecDestroy(executable) == cudaSuccess && cudaFree(device) == cudaSuccess, "the end");
    check(cudaFree(device) != cudaSuccess, "memory is freed once");
    check(cudaFreeHost(host) == cudaSuccess && cudaStreamDestroy(stream) == cudaSuccess, "the end of the rest");
}

}  // namespace

int main() {
    for (const char* t : {"u16", "s16", "u32", "s32", "u64", "s64"}) {
        integer_type(t);
    }
    for (const char* t : {"b16", "b32", "b64"}) {
        bit_type(t);
    }
    float_type<float>("f32");
    float_type<double>("f64");
    conversions();
    others();
    shuffles();
    product("f16", 16);
    product("bf16", 16);
    product("f16", 8);
    matrices();
    accesses();
    atomics();
    ways();
    async_copies();
    faults();
    streams();
    std::vector<std::string> all = known_opcodes();
    for (const std::string& opcode : all) {
        check(tried.count(opcode) != 0, "no test tries " + opcode);
    }
    std::printf("%d of %d instructions were tried, %d failures\n", int(tried.size()), int(all.size()), failures);
    return failures == 0 ? 0 : 1;
}
