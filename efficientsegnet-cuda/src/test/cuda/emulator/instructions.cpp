// SPDX-License-Identifier: Apache-2.0
// What every instruction does, after the PTX ISA 9.0: arithmetic lane by lane, memory with its checks, what a warp does
// together. The table at the end is all that the emulator knows; what is not in it ends the build.
#ifdef __F16C__
#include <immintrin.h>
#endif

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "machine.h"

namespace emulator {
namespace {

// ---- Registers: 4 bytes a lane, or 8 for 64-bit types; narrower ones lie in the low bytes.

template <class T>
using Cell = typename std::conditional<sizeof(T) == 8, uint64_t, uint32_t>::type;

template <class T>
T get(Cell<T> cell) {
    T value;
    if constexpr (sizeof(T) >= 4) {
        std::memcpy(&value, &cell, sizeof value);
    } else {
        value = static_cast<T>(cell);
    }
    return value;
}

template <class T>
Cell<T> put(T value) {
    if constexpr (sizeof(T) >= 4) {
        Cell<T> cell;
        std::memcpy(&cell, &value, sizeof value);
        return cell;
    } else {
        return static_cast<typename std::make_unsigned<T>::type>(value);
    }
}

template <class T>
const Cell<T>* cells(const Warp& w, uint32_t at) {
    return reinterpret_cast<const Cell<T>*>(w.registers + at);
}

template <class C>
void write(Warp& w, uint32_t at, const C (&values)[LANES], uint32_t lanes) {
    C* to = reinterpret_cast<C*>(w.registers + at);
    if (lanes == ALL) {
        std::memcpy(to, values, sizeof values);
    } else {
        for (int l = 0; l < LANES; l++) {
            to[l] = lanes >> l & 1 ? values[l] : to[l];
        }
    }
}

void write_predicate(Warp& w, uint32_t p, uint32_t values, uint32_t lanes) {
    w.predicates[p] = (w.predicates[p] & ~lanes) | (values & lanes);
}

template <class F>
void each_lane(uint32_t lanes, const F& f) {
    for (; lanes != 0; lanes &= lanes - 1) {
        f(__builtin_ctz(lanes));
    }
}

// ---- Arithmetic.

template <class F, class R, class A>
void unary(Warp& w, const Op& op, uint32_t lanes) {
    const Cell<A>* a = cells<A>(w, op.a);
    alignas(64) Cell<R> result[LANES];
    for (int l = 0; l < LANES; l++) {
        result[l] = put<R>(F::of(get<A>(a[l])));
    }
    write(w, op.d, result, lanes);
}

/** A conversion may take a register that is wider than its type: the low bits count. */
template <class F, class R, class A>
void unary_of_wide(Warp& w, const Op& op, uint32_t lanes) {
    const uint64_t* a = cells<uint64_t>(w, op.a);
    alignas(64) Cell<R> result[LANES];
    for (int l = 0; l < LANES; l++) {
        result[l] = put<R>(F::of(static_cast<A>(a[l])));
    }
    write(w, op.d, result, lanes);
}

template <class F, class R, class A, class B>
void binary(Warp& w, const Op& op, uint32_t lanes) {
    const Cell<A>* a = cells<A>(w, op.a);
    const Cell<B>* b = cells<B>(w, op.b);
    alignas(64) Cell<R> result[LANES];
    for (int l = 0; l < LANES; l++) {
        result[l] = put<R>(F::of(get<A>(a[l]), get<B>(b[l])));
    }
    write(w, op.d, result, lanes);
}

template <class F, class R, class A, class B, class C>
void ternary(Warp& w, const Op& op, uint32_t lanes) {
    const Cell<A>* a = cells<A>(w, op.a);
    const Cell<B>* b = cells<B>(w, op.b);
    const Cell<C>* c = cells<C>(w, op.c);
    alignas(64) Cell<R> result[LANES];
    for (int l = 0; l < LANES; l++) {
        result[l] = put<R>(F::of(get<A>(a[l]), get<B>(b[l]), get<C>(c[l])));
    }
    write(w, op.d, result, lanes);
}

template <class F, class A>
void compare(Warp& w, const Op& op, uint32_t lanes) {
    const Cell<A>* a = cells<A>(w, op.a);
    const Cell<A>* b = cells<A>(w, op.b);
    uint32_t result = 0;
    for (int l = 0; l < LANES; l++) {
        result |= uint32_t(F::of(get<A>(a[l]), get<A>(b[l])) ? 1 : 0) << l;
    }
    write_predicate(w, op.d, result, lanes);
}

template <class F>
void on_predicates(Warp& w, const Op& op, uint32_t lanes) {
    write_predicate(w, op.d, F::of(w.predicates[op.a], w.predicates[op.b]), lanes);
}

template <class C>
void select(Warp& w, const Op& op, uint32_t lanes) {
    const C* a = reinterpret_cast<const C*>(w.registers + op.a);
    const C* b = reinterpret_cast<const C*>(w.registers + op.b);
    uint32_t p = w.predicates[op.c];
    alignas(64) C result[LANES];
    for (int l = 0; l < LANES; l++) {
        result[l] = p >> l & 1 ? a[l] : b[l];
    }
    write(w, op.d, result, lanes);
}

/** Integers wrap around; unsigned arithmetic says so to the compiler. */
template <class T>
using Wrapped = typename std::conditional<std::is_integral<T>::value, typename std::make_unsigned<typename std::conditional<std::is_integral<T>::value, T, int>::type>::type, T>::type;

struct Same {
    template <class T> static T of(T a) { return a; }
};
struct Add {
    template <class T> static T of(T a, T b) { return T(Wrapped<T>(a) + Wrapped<T>(b)); }
};
struct Sub {
    template <class T> static T of(T a, T b) { return T(Wrapped<T>(a) - Wrapped<T>(b)); }
};
struct Mul {
    template <class T> static T of(T a, T b) {
        // 16-bit operands would be multiplied as int.
        if constexpr (std::is_integral<T>::value && sizeof(T) == 2) {
            return T(uint32_t(a) * uint32_t(b));
        } else {
            return T(Wrapped<T>(a) * Wrapped<T>(b));
        }
    }
};
struct MulHigh {
    static uint32_t of(uint32_t a, uint32_t b) { return uint32_t(uint64_t(a) * b >> 32); }
    static int32_t of(int32_t a, int32_t b) { return int32_t(int64_t(a) * b >> 32); }
    static uint64_t of(uint64_t a, uint64_t b) { return uint64_t(static_cast<unsigned __int128>(a) * b >> 64); }
    static int64_t of(int64_t a, int64_t b) { return int64_t(static_cast<__int128>(a) * b >> 64); }
};
struct MulWide {
    static uint32_t of(uint16_t a, uint16_t b) { return uint32_t(a) * b; }
    static int32_t of(int16_t a, int16_t b) { return int32_t(a) * b; }
    static uint64_t of(uint32_t a, uint32_t b) { return uint64_t(a) * b; }
    static int64_t of(int32_t a, int32_t b) { return int64_t(a) * b; }
};
struct Mad {
    template <class T> static T of(T a, T b, T c) { return Add::of(Mul::of(a, b), c); }
};
struct MadWide {
    static uint64_t of(uint32_t a, uint32_t b, uint64_t c) { return uint64_t(a) * b + c; }
    static int64_t of(int32_t a, int32_t b, int64_t c) { return int64_t(uint64_t(int64_t(a) * b) + uint64_t(c)); }
};
/** Division by zero gives unspecified bits; here all of them are set. */
struct Div {
    template <class T> static T of(T a, T b) {
        if constexpr (std::is_floating_point<T>::value) {
            return a / b;
        } else {
            return b == 0 ? T(-1) : b == T(-1) && std::is_signed<T>::value ? T(Wrapped<T>(0) - Wrapped<T>(a)) : T(a / b);
        }
    }
};
struct Rem {
    template <class T> static T of(T a, T b) {
        return b == 0 ? T(-1) : b == T(-1) && std::is_signed<T>::value ? T(0) : T(a % b);
    }
};
struct Neg {
    template <class T> static T of(T a) { return std::is_floating_point<T>::value ? -a : T(Wrapped<T>(0) - Wrapped<T>(a)); }
};
struct Abs {
    template <class T> static T of(T a) {
        if constexpr (std::is_floating_point<T>::value) {
            return std::fabs(a);
        } else {
            return a < 0 ? Neg::of(a) : a;
        }
    }
};
/** Of numbers and NaN the number, and -0 is less than +0. */
struct Min {
    template <class T> static T of(T a, T b) {
        if constexpr (std::is_floating_point<T>::value) {
            return a != a ? b : b != b ? a : a < b || (a == b && std::signbit(a)) ? a : b;
        } else {
            return a < b ? a : b;
        }
    }
};
struct Max {
    template <class T> static T of(T a, T b) {
        if constexpr (std::is_floating_point<T>::value) {
            return a != a ? b : b != b ? a : a > b || (a == b && std::signbit(b)) ? a : b;
        } else {
            return a > b ? a : b;
        }
    }
};
struct MinNan {
    static float of(float a, float b) { return a != a || b != b ? std::nanf("") : Min::of(a, b); }
};
struct MaxNan {
    static float of(float a, float b) { return a != a || b != b ? std::nanf("") : Max::of(a, b); }
};
struct And {
    template <class T> static T of(T a, T b) { return T(a & b); }
};
struct Or {
    template <class T> static T of(T a, T b) { return T(a | b); }
};
struct Xor {
    template <class T> static T of(T a, T b) { return T(a ^ b); }
};
struct Not {
    template <class T> static T of(T a) { return T(~a); }
    static uint32_t of(uint32_t a, uint32_t) { return ~a; }
};
struct First {
    static uint32_t of(uint32_t a, uint32_t) { return a; }
};
/** Distances are clamped to the width. */
struct Shl {
    template <class T> static T of(T a, uint32_t n) { return n >= 8 * sizeof(T) ? T(0) : T(a << n); }
};
struct Shr {
    template <class T> static T of(T a, uint32_t n) {
        uint32_t most = 8 * sizeof(T);
        return n >= most ? (a < 0 ? T(-1) : T(0)) : T(a >> n);
    }
};
struct Fma {
    static float of(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
    static double of(double a, double b, double c) { return __builtin_fma(a, b, c); }
};
/** Towards minus infinity; products of 24 bits are exact in double. */
struct FmaDown {
    static float of(float a, float b, float c) {
        double product = double(a) * double(b);
        double sum = product + double(c);
        // What was lost in the sum, exactly (Knuth).
        double part = sum - product;
        double lost = (product - (sum - part)) + (double(c) - part);
        float result = float(sum);
        bool above = double(result) > sum || (double(result) == sum && lost < 0);
        return above ? std::nextafterf(result, -INFINITY) : result;
    }
};
struct Sqrt {
    template <class T> static T of(T a) { return std::sqrt(a); }
};
struct Rcp {
    template <class T> static T of(T a) { return T(1) / a; }
};
/** The hardware's value is within 2 ulp of this; subnormal numbers count as zero. */
struct Ex2 {
    static float of(float a) {
        float result = std::exp2(std::fabs(a) < std::numeric_limits<float>::min() ? 0.0f : a);
        return result < std::numeric_limits<float>::min() ? 0.0f : result;
    }
};
struct Popc {
    static uint32_t of(uint32_t a) { return uint32_t(__builtin_popcount(a)); }
};
struct Brev {
    static uint32_t of(uint32_t a) {
        uint32_t result = 0;
        for (int i = 0; i < 32; i++) {
            result |= (a >> i & 1) << (31 - i);
        }
        return result;
    }
};
struct Clz {
    static uint32_t of(uint32_t a) { return a == 0 ? 32 : uint32_t(__builtin_clz(a)); }
};
/** How far the highest bit is from the top. */
struct BfindShift {
    static uint32_t of(uint32_t a) { return a == 0 ? ALL : uint32_t(__builtin_clz(a)); }
};

template <class T>
struct IsNan {
    static bool of(T a) { return a != a; }
};
#define ORDERED(NAME, SIGN)                                                                              \
    struct NAME {                                                                                        \
        template <class T> static bool of(T a, T b) { return a SIGN b; }                                 \
    };                                                                                                   \
    struct NAME##OrNan {                                                                                 \
        template <class T> static bool of(T a, T b) { return a != a || b != b || a SIGN b; }             \
    }
ORDERED(Lt, <);
ORDERED(Le, <=);
ORDERED(Gt, >);
ORDERED(Ge, >=);
ORDERED(Eq, ==);
struct Ne {
    template <class T> static bool of(T a, T b) { return std::is_floating_point<T>::value ? a < b || a > b : a != b; }
};
struct NeOrNan {
    template <class T> static bool of(T a, T b) { return !(a == b); }
};
struct Number {
    template <class T> static bool of(T a, T b) { return a == a && b == b; }
};
struct NoNumber {
    template <class T> static bool of(T a, T b) { return a != a || b != b; }
};

// ---- Conversions.

/** Half precision by its definition: 5 bits of exponent, 10 of significand. */
float half_value(uint32_t bits) {
    uint32_t exponent = bits >> 10 & 31;
    uint32_t significand = bits & 0x3ff;
    uint32_t sign = (bits & 0x8000u) << 16;
    if (exponent == 0) {
        // The product is exact, and a single never loses a subnormal half.
        float magnitude = float(significand) * 0x1p-24f;
        uint32_t word;
        std::memcpy(&word, &magnitude, 4);
        word |= sign;
        std::memcpy(&magnitude, &word, 4);
        return magnitude;
    }
    uint32_t word = exponent == 31 ? sign | 0x7f800000u | significand << 13
                                   : sign | (exponent + 112) << 23 | significand << 13;
    float value;
    std::memcpy(&value, &word, 4);
    return value;
}

/** To the nearest half, ties to even; NaN is the canonical one. */
uint32_t half_bits(float value) {
    uint32_t word;
    std::memcpy(&word, &value, 4);
    uint32_t sign = word >> 16 & 0x8000u;
    uint32_t magnitude = word & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        return 0x7fff;
    }
    if (magnitude >= 0x477ff000u) {
        return sign | 0x7c00u;
    }
    if (magnitude < 0x38800000u) {
        // Adding 0.5 leaves a multiple of 2^-24 in the last bits of the sum, rounded as the sum is.
        float shifted;
        std::memcpy(&shifted, &magnitude, 4);
        shifted += 0.5f;
        uint32_t bits;
        std::memcpy(&bits, &shifted, 4);
        return sign | (bits - 0x3f000000u);
    }
    return sign | ((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000u) >> 13);
}

float bfloat_value(uint32_t bits) {
    uint32_t word = bits << 16;
    float value;
    std::memcpy(&value, &word, 4);
    return value;
}

uint32_t bfloat_bits(float value) {
    uint32_t word;
    std::memcpy(&word, &value, 4);
    return (word & 0x7fffffffu) > 0x7f800000u ? 0x7fff : (word + 0x7fff + (word >> 16 & 1)) >> 16;
}

struct Half {
    static float value(uint32_t bits) { return half_value(bits & 0xffff); }
    static uint32_t bits(float v) { return half_bits(v); }
};
struct Bfloat {
    static float value(uint32_t bits) { return bfloat_value(bits & 0xffff); }
    static uint32_t bits(float v) { return bfloat_bits(v); }
};

float relu(float a) { return a < 0.0f ? 0.0f : a == 0.0f ? 0.0f : a; }

template <class H>
struct FromHalf {
    static float of(uint16_t a) { return H::value(a); }
};
template <class H>
struct ToHalf {
    static uint16_t of(float a) { return uint16_t(H::bits(a)); }
};
/** Two at once: the first operand goes to the upper half. */
template <class H>
struct ToPair {
    static uint32_t of(float high, float low) { return H::bits(high) << 16 | H::bits(low); }
};
template <class H>
struct ToPairRelu {
    static uint32_t of(float high, float low) { return H::bits(relu(high)) << 16 | H::bits(relu(low)); }
};
/** What is too large becomes the largest number. */
struct ToFinitePair {
    static float finite(float a) { return a > 65504.0f ? 65504.0f : a < -65504.0f ? -65504.0f : a; }
    static uint32_t of(float high, float low) { return half_bits(finite(high)) << 16 | half_bits(finite(low)); }
};
struct ToFinitePairRelu {
    static uint32_t of(float high, float low) { return ToFinitePair::of(relu(high), relu(low)); }
};

template <class R, class A>
struct Convert {
    static R of(A a) { return R(a); }
};
/** Towards zero, clamped to the range; NaN gives 0. */
template <class R, class A>
struct Truncate {
    static R of(A a) {
        if (a != a) {
            return 0;
        }
        A t = std::trunc(a);
        constexpr A least = A(std::numeric_limits<R>::min());
        const A end = std::ldexp(A(1), std::numeric_limits<R>::digits);
        return t < least ? std::numeric_limits<R>::min() : t >= end ? std::numeric_limits<R>::max() : R(t);
    }
};
template <class R, class A>
struct RoundToInteger {
    static R of(A a) { return a != a ? R(0) : Truncate<R, A>::of(std::nearbyint(a)); }
};
struct Saturate {
    static float of(float a) { return !(a > 0.0f) ? 0.0f : a > 1.0f ? 1.0f : a; }
};

void bfi(Warp& w, const Op& op, uint32_t lanes) {
    // The length is the last operand, after the position.
    const uint32_t* a = cells<uint32_t>(w, op.a);
    const uint32_t* b = cells<uint32_t>(w, op.b);
    const uint32_t* position = cells<uint32_t>(w, op.c);
    const uint32_t* length = cells<uint32_t>(w, w.block->launch->program->lists[op.list]);
    alignas(64) uint32_t result[LANES];
    for (int l = 0; l < LANES; l++) {
        uint32_t at = position[l] & 0xff;
        uint32_t count = length[l] & 0xff;
        uint64_t mask = (count >= 32 ? 0xffffffffull : (1ull << count) - 1) << at & 0xffffffffull;
        if (at >= 32) {
            mask = 0;
        }
        result[l] = uint32_t((b[l] & ~mask) | (uint64_t(a[l]) << (at & 31) & mask));
    }
    write(w, op.d, result, lanes);
}

template <bool SIGNED>
void bfe(Warp& w, const Op& op, uint32_t lanes) {
    const uint32_t* a = cells<uint32_t>(w, op.a);
    const uint32_t* position = cells<uint32_t>(w, op.b);
    const uint32_t* length = cells<uint32_t>(w, op.c);
    alignas(64) uint32_t result[LANES];
    for (int l = 0; l < LANES; l++) {
        uint32_t at = position[l] & 0xff;
        uint32_t count = length[l] & 0xff;
        uint32_t sign = !SIGNED || count == 0 ? 0 : a[l] >> std::min(at + count - 1, 31u) & 1;
        result[l] = 0;
        for (uint32_t i = 0; i < 32; i++) {
            result[l] |= (i < count && at + i < 32 ? a[l] >> (at + i) & 1 : sign) << i;
        }
    }
    write(w, op.d, result, lanes);
}

/** Bytes of b (the upper four) and a, chosen by nibbles of the selector; its fourth bit repeats the sign. */
struct Prmt {
    static uint32_t of(uint32_t a, uint32_t b, uint32_t selector) {
        uint64_t bytes = uint64_t(b) << 32 | a;
        uint32_t result = 0;
        for (int i = 0; i < 4; i++) {
            uint32_t which = selector >> 4 * i & 15;
            uint32_t byte = uint32_t(bytes >> 8 * (which & 7) & 0xff);
            result |= (which & 8 ? (byte & 0x80 ? 0xffu : 0u) : byte) << 8 * i;
        }
        return result;
    }
};

/** mov.b32 d, {low, high} and mov.b64 d, {low, high}. */
template <class C, int HALF>
void join(Warp& w, const Op& op, uint32_t lanes) {
    const uint32_t* low = cells<uint32_t>(w, op.a);
    const uint32_t* high = cells<uint32_t>(w, op.b);
    alignas(64) C result[LANES];
    for (int l = 0; l < LANES; l++) {
        uint32_t mask = HALF == 32 ? ALL : 0xffff;
        result[l] = C(C(high[l] & mask) << HALF | (low[l] & mask));
    }
    write(w, op.d, result, lanes);
}

/** mov.b32 {low, high}, a and mov.b64 {low, high}, a. */
template <class C, int HALF>
void split(Warp& w, const Op& op, uint32_t lanes) {
    const C* a = reinterpret_cast<const C*>(w.registers + op.a);
    alignas(64) uint32_t low[LANES];
    alignas(64) uint32_t high[LANES];
    for (int l = 0; l < LANES; l++) {
        uint32_t mask = HALF == 32 ? ALL : 0xffff;
        low[l] = uint32_t(a[l]) & mask;
        high[l] = uint32_t(a[l] >> HALF) & mask;
    }
    write(w, op.d, low, lanes);
    write(w, op.b, high, lanes);
}

// ---- Ways through the program.

void branch(Warp& w, const Op& op, uint32_t taken) {
    uint32_t stay = w.active & ~taken;
    if (stay == 0) {
        w.pc = op.target;
    } else if (taken != 0) {
        // Who goes first is the seed's choice; all go on together where the ways meet.
        bool swap = (w.block->random() & 16) != 0;
        Warp::Part first{op.target, taken, op.meet};
        Warp::Part second{w.pc, stay, op.meet};
        if (op.meet != w.meet) {
            w.parts.push_back(Warp::Part{op.meet, w.active, w.meet});
        }
        w.parts.push_back(swap ? first : second);
        const Warp::Part& now = swap ? second : first;
        w.pc = now.pc;
        w.active = now.active;
        w.meet = now.meet;
    }
}

void leave(Warp& w, const Op&, uint32_t lanes) { w.leave(lanes); }

void require_whole(Warp& w, const Op& op, uint32_t lanes) {
    if (lanes != w.live) {
        fail(w, op, lanes == 0 ? 0 : __builtin_ctz(lanes), "only some lanes of the warp are here");
    }
}

void barrier(Warp& w, const Op& op, uint32_t lanes) {
    require_whole(w, op, lanes);
    w.waiting = true;
}

void warp_barrier(Warp& w, const Op& op, uint32_t lanes) {
    uint32_t members = cells<uint32_t>(w, op.a)[__builtin_ctz(lanes | 1u << 31)];
    if ((members & w.live) != lanes) {
        fail(w, op, 0, "lanes that the mask names are not here");
    }
    w.synchronizations++;
}

// ---- What a warp does together.

enum class Way { UP, DOWN, BUTTERFLY, INDEX };

template <Way WAY>
void shuffle(Warp& w, const Op& op, uint32_t lanes) {
    const uint32_t* a = cells<uint32_t>(w, op.a);
    const uint32_t* b = cells<uint32_t>(w, op.b);
    const uint32_t* c = cells<uint32_t>(w, op.c);
    const uint32_t* members = cells<uint32_t>(w, w.block->launch->program->lists[op.list]);
    alignas(64) uint32_t result[LANES];
    std::memcpy(result, w.registers + op.d, sizeof result);
    uint32_t inside = 0;
    each_lane(lanes, [&](int l) {
        if ((members[l] & w.live) != lanes || (members[l] >> l & 1) == 0) {
            fail(w, op, l, "lanes that the mask names are not here, or lanes are here that it does not name");
        }
        int distance = int(b[l] & 31);
        int clamp = int(c[l] & 31);
        int segment = int(c[l] >> 8 & 31);
        int most = (l & segment) | (clamp & ~segment);
        int least = l & segment;
        int from = WAY == Way::UP ? l - distance
                   : WAY == Way::DOWN ? l + distance
                   : WAY == Way::BUTTERFLY ? l ^ distance : least | (distance & ~segment);
        bool within = WAY == Way::UP ? from >= most : from <= most;
        from = within ? from : l;
        if ((lanes >> from & 1) == 0) {
            fail(w, op, l, "it reads lane " + std::to_string(from) + ", which is not here");
        }
        result[l] = a[from];
        inside |= uint32_t(within ? 1 : 0) << l;
    });
    write(w, op.d, result, lanes);
    if ((op.flags & 1) != 0) {
        write_predicate(w, uint32_t(op.value), inside, lanes);
    }
}

void require_members(Warp& w, const Op& op, uint32_t lanes, uint32_t members) {
    if ((members & w.live) != lanes) {
        fail(w, op, 0, "lanes that the mask names are not here, or lanes are here that it does not name");
    }
}

void ballot(Warp& w, const Op& op, uint32_t lanes) {
    if (lanes == 0) {
        return;
    }
    require_members(w, op, lanes, cells<uint32_t>(w, op.b)[__builtin_ctz(lanes)]);
    uint32_t votes = w.predicates[op.a] & lanes;
    alignas(64) uint32_t result[LANES];
    std::fill(result, result + LANES, votes);
    write(w, op.d, result, lanes);
}

template <bool ANY>
void vote(Warp& w, const Op& op, uint32_t lanes) {
    if (lanes == 0) {
        return;
    }
    require_members(w, op, lanes, cells<uint32_t>(w, op.b)[__builtin_ctz(lanes)]);
    uint32_t votes = w.predicates[op.a] & lanes;
    write_predicate(w, op.d, (ANY ? votes != 0 : votes == lanes) ? ALL : 0, lanes);
}

void active_mask(Warp& w, const Op& op, uint32_t lanes) {
    alignas(64) uint32_t result[LANES];
    std::fill(result, result + LANES, lanes);
    write(w, op.d, result, lanes);
}

void match_any(Warp& w, const Op& op, uint32_t lanes) {
    const uint32_t* a = cells<uint32_t>(w, op.a);
    const uint32_t* members = cells<uint32_t>(w, op.b);
    alignas(64) uint32_t result[LANES] = {};
    each_lane(lanes, [&](int l) {
        require_members(w, op, lanes, members[l]);
        each_lane(lanes, [&](int other) { result[l] |= uint32_t(a[l] == a[other] ? 1 : 0) << other; });
    });
    write(w, op.d, result, lanes);
}

/** The 64 numbers of a word of all lanes. */
template <class H>
void widen(const uint8_t* words, float* values) {
#ifdef __F16C__
    if constexpr (std::is_same<H, Half>::value) {
        for (int i = 0; i < 64; i += 8) {
            _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(words + 2 * i))));
        }
        return;
    }
#endif
    for (int i = 0; i < 64; i++) {
        uint16_t bits;
        std::memcpy(&bits, words + 2 * i, 2);
        values[i] = H::value(bits);
    }
}

/**
 * d = a b + c for a 16 x K and b K x 8, K 16 or 8. With group = lane / 4 and thread = lane % 4, words of a hold rows
 * group and group + 8 in turn, columns 2 thread and the next, then those eight further; words of b hold rows 2 thread and
 * the next of column group, then those eight further; c holds columns 2 thread and the next of row group, then of
 * group + 8.
 */
template <class H, int K>
void multiply(Warp& w, const Op& op, uint32_t lanes) {
    require_whole(w, op, lanes);
    if (lanes != ALL) {
        fail(w, op, 0, "the warp is not whole");
    }
    w.block->counts.products++;
    constexpr int A = K / 4;
    constexpr int B = K / 8;
    const uint32_t* list = &w.block->launch->program->lists[op.list];
    // A word of all lanes is a tile of 8 x 8: of a row by row, of b column by column.
    alignas(64) float a[A][8][8];
    for (int word = 0; word < A; word++) {
        widen<H>(w.registers + list[4 + word], &a[word][0][0]);
    }
    alignas(64) float b[K][8];
    for (int word = 0; word < B; word++) {
        alignas(64) float columns[8][8];
        widen<H>(w.registers + list[4 + A + word], &columns[0][0]);
        for (int k = 0; k < 8; k++) {
            for (int column = 0; column < 8; column++) {
                b[word * 8 + k][column] = columns[column][k];
            }
        }
    }
    typedef float Row __attribute__((vector_size(32)));
    Row d[16] = {};
    for (int k = 0; k < K; k++) {
        Row factor;
        std::memcpy(&factor, b[k], sizeof factor);
        for (int row = 0; row < 16; row++) {
            d[row] += a[row / 8 + k / 8 * 2][row % 8][k % 8] * factor;
        }
    }
    for (int word = 0; word < 4; word++) {
        const uint32_t* c = cells<uint32_t>(w, list[4 + A + B + word]);
        alignas(64) uint32_t result[LANES];
        for (int l = 0; l < LANES; l++) {
            result[l] = put<float>(get<float>(c[l]) + d[l / 4 + word / 2 * 8][l % 4 * 2 + word % 2]);
        }
        write(w, list[word], result, ALL);
    }
}

// ---- Memory.

/** How often shared memory has to answer: lanes of a group that want different words of one bank wait for each other. */
int passes(const uint64_t (&addresses)[LANES], uint32_t lanes, uint32_t bytes) {
    int group = bytes <= 4 ? 32 : bytes == 8 ? 16 : 8;
    int total = 0;
    for (int first = 0; first < LANES; first += group) {
        uint32_t words[32][32];
        int count[32] = {};
        int most = 0;
        for (int l = first; l < first + group; l++) {
            if ((lanes >> l & 1) == 0) {
                continue;
            }
            for (uint32_t word = uint32_t(addresses[l] / 4); word < (addresses[l] + bytes + 3) / 4; word++) {
                uint32_t* known = words[word % 32];
                int& n = count[word % 32];
                if (std::find(known, known + n, word) == known + n) {
                    known[n++] = word;
                    most = std::max(most, n);
                }
            }
        }
        total += most;
    }
    return total;
}

int sectors(const uint64_t (&addresses)[LANES], uint32_t lanes) {
    uint64_t found[LANES];
    int n = 0;
    bool ascending = true;
    each_lane(lanes, [&](int l) {
        uint64_t sector = addresses[l] / 32;
        if (n == 0 || found[n - 1] != sector) {
            ascending = ascending && (n == 0 || found[n - 1] < sector);
            found[n++] = sector;
        }
    });
    if (!ascending) {
        std::sort(found, found + n);
        n = int(std::unique(found, found + n) - found);
    }
    return n;
}

constexpr uint8_t SIGNED = 1;
constexpr uint8_t WIDE = 2;
constexpr uint8_t ORDERED_ACCESS = 4;
constexpr uint8_t WIDE_ADDRESS = 8;
constexpr uint8_t FIXED = 16;

void addresses_of(Warp& w, const Op& op, uint64_t (&addresses)[LANES]) {
    if ((op.flags & WIDE_ADDRESS) != 0) {
        const uint64_t* a = cells<uint64_t>(w, op.a);
        for (int l = 0; l < LANES; l++) {
            addresses[l] = a[l] + uint64_t(op.value);
        }
    } else {
        const uint32_t* a = cells<uint32_t>(w, op.a);
        for (int l = 0; l < LANES; l++) {
            addresses[l] = uint32_t(a[l] + uint32_t(op.value));
        }
    }
}

/** Where an access of a lane lies in the data; checks that it may be there. */
template <int BYTES>
uint64_t global_at(Warp& w, const Op& op, int lane, uint64_t address) {
    uint64_t at = address - Memory::BASE;
    if (at >= Memory::SIZE) {
        char text[64];
        std::snprintf(text, sizeof text, "0x%llx is no address of the device", static_cast<unsigned long long>(address));
        fail(w, op, lane, text);
    }
    if (at % BYTES != 0) {
        fail(w, op, lane, "the address is not a multiple of " + std::to_string(BYTES));
    }
    return at;
}

void global_read_check(Warp& w, const Op& op, int lane, uint64_t at, int bytes, uint32_t used) {
    const Memory& memory = Memory::get();
    for (int i = 0; i < bytes; i++) {
        uint8_t state = memory.states[at + uint64_t(i)];
        if ((state & Memory::ALLOCATED) == 0) {
            fail(w, op, lane, "it reads outside of what is allocated");
        }
        if ((used >> i & 1) != 0 && (state & Memory::WRITTEN) == 0) {
            fail(w, op, lane, "it reads what was never written");
        }
    }
    uint32_t writer = memory.writers[at];
    if (writer >= w.block->first_id && writer != w.block->id) {
        fail(w, op, lane, "it reads what another block of the launch writes");
    }
}

template <int BYTES>
bool whole(const uint8_t* states) {
    constexpr uint8_t both = Memory::ALLOCATED | Memory::WRITTEN;
    if constexpr (BYTES >= 8) {
        uint64_t words[BYTES / 8];
        std::memcpy(words, states, BYTES);
        bool all = true;
        for (uint64_t word : words) {
            all = all && word == 0x0101010101010101ull * both;
        }
        return all;
    } else {
        for (int i = 0; i < BYTES; i++) {
            if (states[i] != both) {
                return false;
            }
        }
        return true;
    }
}

/** Spreads what was loaded to registers, element by element. */
template <int WIDTH, int VECTOR>
void deliver(Warp& w, const Op& op, uint32_t lanes, const uint8_t (&loaded)[LANES][16]) {
    const uint32_t* list = &w.block->launch->program->lists[op.list];
    for (int v = 0; v < VECTOR; v++) {
        if (WIDTH == 8 || (op.flags & WIDE) != 0) {
            alignas(64) uint64_t result[LANES];
            for (int l = 0; l < LANES; l++) {
                uint64_t raw = 0;
                std::memcpy(&raw, loaded[l] + v * WIDTH, WIDTH);
                if (WIDTH < 8 && (op.flags & SIGNED) != 0) {
                    raw = uint64_t(int64_t(raw << (64 - 8 * WIDTH)) >> (64 - 8 * WIDTH));
                }
                result[l] = raw;
            }
            write(w, list[v], result, lanes);
        } else {
            alignas(64) uint32_t result[LANES];
            for (int l = 0; l < LANES; l++) {
                uint32_t raw = 0;
                std::memcpy(&raw, loaded[l] + v * WIDTH, WIDTH < 4 ? WIDTH : 4);
                if (WIDTH < 4 && (op.flags & SIGNED) != 0) {
                    raw = uint32_t(int32_t(raw << (32 - 8 * WIDTH)) >> (32 - 8 * WIDTH));
                }
                result[l] = raw;
            }
            write(w, list[v], result, lanes);
        }
    }
}

/** Collects what registers hold, element by element. */
template <int WIDTH, int VECTOR>
void collect(Warp& w, const Op& op, uint8_t (&stored)[LANES][16]) {
    const uint32_t* list = &w.block->launch->program->lists[op.list];
    for (int v = 0; v < VECTOR; v++) {
        bool wide = WIDTH == 8 || (op.flags & WIDE) != 0;
        for (int l = 0; l < LANES; l++) {
            const uint8_t* from = w.registers + list[v] + l * (wide ? 8 : 4);
            std::memcpy(stored[l] + v * WIDTH, from, WIDTH);
        }
    }
}

template <int WIDTH, int VECTOR>
void load_global(Warp& w, const Op& op, uint32_t lanes) {
    constexpr int BYTES = WIDTH * VECTOR;
    const Memory& memory = Memory::get();
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    uint8_t loaded[LANES][16] = {};
    each_lane(lanes, [&](int l) {
        uint64_t at = global_at<BYTES>(w, op, l, addresses[l]);
        if (w.block->checked &&
            (!whole<BYTES>(memory.states + at) || memory.writers[at] >= w.block->first_id)) {
            global_read_check(w, op, l, at, BYTES, op.used_bytes);
        }
        std::memcpy(loaded[l], memory.data + at, BYTES);
    });
    w.block->counts.global_sectors += sectors(addresses, lanes);
    deliver<WIDTH, VECTOR>(w, op, lanes, loaded);
}

template <int BYTES>
void global_write_check(Warp& w, const Op& op, int lane, uint64_t at) {
    Memory& memory = Memory::get();
    Block& block = *w.block;
    uint32_t writer = (op.flags & ORDERED_ACCESS) != 0 ? Memory::NOBODY : block.id;
    for (int i = 0; i < BYTES; i++) {
        uint64_t byte = at + uint64_t(i);
        if ((memory.states[byte] & Memory::ALLOCATED) == 0) {
            fail(w, op, lane, "it writes outside of what is allocated");
        }
        if (memory.writers[byte] >= block.first_id && memory.writers[byte] != block.id) {
            fail(w, op, lane, "another block of the launch wrote there, and not atomically");
        }
        memory.states[byte] = Memory::ALLOCATED | Memory::WRITTEN;
        memory.writers[byte] = writer;
    }
}

template <int WIDTH, int VECTOR>
void store_global(Warp& w, const Op& op, uint32_t lanes) {
    constexpr int BYTES = WIDTH * VECTOR;
    Memory& memory = Memory::get();
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    uint8_t stored[LANES][16];
    collect<WIDTH, VECTOR>(w, op, stored);
    each_lane(lanes, [&](int l) {
        uint64_t at = global_at<BYTES>(w, op, l, addresses[l]);
        if (w.block->checked) {
            global_write_check<BYTES>(w, op, l, at);
        }
        std::memcpy(memory.data + at, stored[l], BYTES);
    });
    w.block->counts.global_sectors += sectors(addresses, lanes);
}

template <int WIDTH, int VECTOR>
void load_shared(Warp& w, const Op& op, uint32_t lanes) {
    constexpr int BYTES = WIDTH * VECTOR;
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    uint8_t loaded[LANES][16] = {};
    each_lane(lanes, [&](int l) {
        std::memcpy(loaded[l], w.block->shared_at(w, op, l, addresses[l], BYTES, false), BYTES);
    });
    w.block->counts.shared_passes += passes(addresses, lanes, BYTES);
    deliver<WIDTH, VECTOR>(w, op, lanes, loaded);
}

template <int WIDTH, int VECTOR>
void store_shared(Warp& w, const Op& op, uint32_t lanes) {
    constexpr int BYTES = WIDTH * VECTOR;
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    uint8_t stored[LANES][16];
    collect<WIDTH, VECTOR>(w, op, stored);
    each_lane(lanes, [&](int l) {
        std::memcpy(w.block->shared_at(w, op, l, addresses[l], BYTES, true), stored[l], BYTES);
    });
    w.block->counts.shared_passes += passes(addresses, lanes, BYTES);
}

template <int WIDTH, int VECTOR>
void load_parameter(Warp& w, const Op& op, uint32_t lanes) {
    constexpr int BYTES = WIDTH * VECTOR;
    const std::vector<uint8_t>& parameters = w.block->launch->parameters;
    uint64_t addresses[LANES];
    if ((op.flags & FIXED) != 0) {
        std::fill(addresses, addresses + LANES, uint64_t(op.value));
    } else {
        addresses_of(w, op, addresses);
    }
    uint8_t loaded[LANES][16] = {};
    each_lane(lanes, [&](int l) {
        if (addresses[l] + BYTES > parameters.size() || addresses[l] % BYTES != 0) {
            fail(w, op, l, "byte " + std::to_string(addresses[l]) + " of the parameters cannot be read");
        }
        std::memcpy(loaded[l], &parameters[addresses[l]], BYTES);
    });
    deliver<WIDTH, VECTOR>(w, op, lanes, loaded);
}

template <class F, class T, bool RETURNS>
void atomic(Warp& w, const Op& op, uint32_t lanes) {
    Memory& memory = Memory::get();
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    const Cell<T>* values = cells<T>(w, op.b);
    const Cell<T>* others = cells<T>(w, op.c);
    alignas(64) Cell<T> result[LANES] = {};
    each_lane(lanes, [&](int l) {
        uint64_t at = global_at<sizeof(T)>(w, op, l, addresses[l]);
        if (w.block->checked) {
            if (!whole<sizeof(T)>(memory.states + at)) {
                global_read_check(w, op, l, at, sizeof(T), ALL);
            }
            global_write_check<sizeof(T)>(w, op, l, at);
        }
        T old;
        std::memcpy(&old, memory.data + at, sizeof old);
        T now = F::of(old, get<T>(values[l]), get<T>(others[l]));
        std::memcpy(memory.data + at, &now, sizeof now);
        result[l] = put<T>(old);
    });
    w.block->counts.global_sectors += sectors(addresses, lanes);
    if (RETURNS) {
        write(w, op.d, result, lanes);
    }
}

template <class F>
struct Atomically {
    template <class T> static T of(T old, T value, T) { return F::of(old, value); }
};
struct Exchange {
    template <class T> static T of(T, T value, T) { return value; }
};
struct CompareAndSwap {
    template <class T> static T of(T old, T expected, T value) { return old == expected ? value : old; }
};

/** Lanes 8 i to 8 i + 7 name the rows of matrix i; lane l gets row l / 4, columns 2 (l % 4) and the next, of each. */
template <int MATRICES, bool TRANSPOSED>
void load_matrices(Warp& w, const Op& op, uint32_t lanes) {
    require_whole(w, op, lanes);
    if (lanes != ALL) {
        fail(w, op, 0, "the warp is not whole");
    }
    uint64_t addresses[LANES];
    addresses_of(w, op, addresses);
    const uint32_t* list = &w.block->launch->program->lists[op.list];
    for (int matrix = 0; matrix < MATRICES; matrix++) {
        uint16_t elements[8][8];
        for (int row = 0; row < 8; row++) {
            int lane = matrix * 8 + row;
            std::memcpy(elements[row], w.block->shared_at(w, op, lane, addresses[lane], 16, false), 16);
        }
        alignas(64) uint32_t result[LANES];
        for (int l = 0; l < LANES; l++) {
            int row = l / 4;
            int column = l % 4 * 2;
            uint32_t low = TRANSPOSED ? elements[column][row] : elements[row][column];
            uint32_t high = TRANSPOSED ? elements[column + 1][row] : elements[row][column + 1];
            result[l] = high << 16 | low;
        }
        write(w, list[matrix], result, ALL);
    }
    uint32_t rows = MATRICES == 4 ? ALL : (1u << 8 * MATRICES) - 1;
    w.block->counts.shared_passes += passes(addresses, rows, 16);
}

/** Copies happen as late as they may: when they are waited for. Until then nobody may touch where they go. */
void copy_begin(Warp& w, const Op& op, uint32_t lanes) {
    const uint32_t* to = cells<uint32_t>(w, op.d);
    uint64_t addresses[LANES];
    uint64_t targets[LANES] = {};
    const uint64_t* from = cells<uint64_t>(w, op.a);
    const uint32_t* present = cells<uint32_t>(w, op.b);
    uint32_t reading = 0;
    if (w.copies.empty()) {
        w.copies.emplace_back();
    }
    each_lane(lanes, [&](int l) {
        uint32_t bytes = op.width;
        uint32_t some = (op.flags & FIXED) != 0 ? std::min(present[l], bytes) : bytes;
        addresses[l] = from[l] + uint64_t(op.value);
        targets[l] = to[l] + op.c;
        Copy copy{addresses[l], uint32_t(targets[l]), bytes, some, l};
        uint8_t* at = w.block->shared_at(w, op, l, targets[l], bytes, true);
        uint64_t index = uint64_t(at - w.block->shared.data());
        if (w.block->checked) {
            for (uint64_t word = index / 4; word < (index + bytes) / 4; word++) {
                w.block->shared_written[word] = 2;
            }
        }
        if (some > 0) {
            uint64_t place = global_at<4>(w, op, l, addresses[l]);
            if (place % bytes != 0) {
                fail(w, op, l, "the address is not a multiple of " + std::to_string(bytes));
            }
            if (w.block->checked) {
                global_read_check(w, op, l, place, int(some), ALL);
            }
            reading |= 1u << l;
        }
        w.copies.back().push_back(copy);
    });
    w.block->counts.global_sectors += sectors(addresses, reading);
    w.block->counts.shared_passes += passes(targets, lanes, op.width);
}

void copy_commit(Warp& w, const Op&, uint32_t lanes) {
    // A group for the warp as a whole: lanes that part do not copy here.
    if (lanes != 0) {
        if (w.copies.empty()) {
            w.copies.emplace_back();
        }
        w.copies.emplace_back();
    }
}

void copy_wait(Warp& w, const Op& op, uint32_t lanes) {
    require_whole(w, op, lanes);
    // The last group is the open one, which nobody waits for.
    while (int64_t(w.copies.size()) - 1 > op.value) {
        for (const Copy& copy : w.copies.front()) {
            uint8_t* at = w.block->shared_at(w, op, copy.lane, copy.to, copy.bytes, true);
            std::memset(at, 0, copy.bytes);
            std::memcpy(at, Memory::get().data + (copy.from - Memory::BASE), copy.present);
        }
        w.copies.erase(w.copies.begin());
    }
}

// ---- The table.

/** What an instruction takes: 4 or 8 bytes a lane, or p for a predicate; the result first, - for none. */
struct Entry {
    std::string operands;
    Run run;
};

template <class T>
constexpr char cell() {
    return sizeof(T) == 8 ? '8' : '4';
}

class Table {
public:
    Table() {
        integers<uint16_t>("u16");
        integers<int16_t>("s16");
        integers<uint32_t>("u32");
        integers<int32_t>("s32");
        integers<uint64_t>("u64");
        integers<int64_t>("s64");
        bits<uint16_t>("b16");
        bits<uint32_t>("b32");
        bits<uint64_t>("b64");
        floats<float>("f32");
        floats<double>("f64");
        add("mov.f32", "44", unary<Same, uint32_t, uint32_t>);
        add("mov.f64", "88", unary<Same, uint64_t, uint64_t>);
        add("mov.pred", "pp", on_predicates<First>);
        add("and.pred", "ppp", on_predicates<And>);
        add("or.pred", "ppp", on_predicates<Or>);
        add("xor.pred", "ppp", on_predicates<Xor>);
        add("not.pred", "pp", on_predicates<Not>);
        add("mul.wide.u16", "444", binary<MulWide, uint32_t, uint16_t, uint16_t>);
        add("mul.wide.s16", "444", binary<MulWide, int32_t, int16_t, int16_t>);
        add("mul.wide.u32", "844", binary<MulWide, uint64_t, uint32_t, uint32_t>);
        add("mul.wide.s32", "844", binary<MulWide, int64_t, int32_t, int32_t>);
        add("mad.wide.u32", "8448", ternary<MadWide, uint64_t, uint32_t, uint32_t, uint64_t>);
        add("mad.wide.s32", "8448", ternary<MadWide, int64_t, int32_t, int32_t, int64_t>);
        high<uint32_t>("u32");
        high<int32_t>("s32");
        high<uint64_t>("u64");
        high<int64_t>("s64");
        add("popc.b32", "44", unary<Popc, uint32_t, uint32_t>);
        add("brev.b32", "44", unary<Brev, uint32_t, uint32_t>);
        add("clz.b32", "44", unary<Clz, uint32_t, uint32_t>);
        add("bfind.shiftamt.u32", "44", unary<BfindShift, uint32_t, uint32_t>);
        add("prmt.b32", "4444", ternary<Prmt, uint32_t, uint32_t, uint32_t, uint32_t>);
        add("bfi.b32", "44444", bfi);
        add("bfe.u32", "4444", bfe<false>);
        add("bfe.s32", "4444", bfe<true>);
        add("fma.rm.f32", "4444", ternary<FmaDown, float, float, float, float>);
        add("ex2.approx.ftz.f32", "44", unary<Ex2, float, float>);
        add("min.NaN.f32", "444", binary<MinNan, float, float, float>);
        add("max.NaN.f32", "444", binary<MaxNan, float, float, float>);
        conversions();
        add("cvta.to.global.u64", "88", unary<Same, uint64_t, uint64_t>);
        add("bra", "L", branch);
        add("ret", "", leave);
        add("exit", "", leave);
        add("bar.sync", "B", barrier);
        add("bar.warp.sync", "-4", warp_barrier);
        add("shfl.sync.up.b32", "S", shuffle<Way::UP>);
        add("shfl.sync.down.b32", "S", shuffle<Way::DOWN>);
        add("shfl.sync.bfly.b32", "S", shuffle<Way::BUTTERFLY>);
        add("shfl.sync.idx.b32", "S", shuffle<Way::INDEX>);
        add("vote.sync.ballot.b32", "4p4", ballot);
        add("vote.sync.any.pred", "pp4", vote<true>);
        add("vote.sync.all.pred", "pp4", vote<false>);
        add("activemask.b32", "4", active_mask);
        add("match.any.sync.b32", "444", match_any);
        const std::string f16 = "mma.sync.aligned.";
        add(f16 + "m16n8k16.row.col.f32.f16.f16.f32", "M", multiply<Half, 16>);
        add(f16 + "m16n8k16.row.col.f32.bf16.bf16.f32", "M", multiply<Bfloat, 16>);
        add(f16 + "m16n8k8.row.col.f32.f16.f16.f32", "M", multiply<Half, 8>);
        const std::string matrices = "ldmatrix.sync.aligned.m8n8.x";
        add(matrices + "1.shared.b16", "R", load_matrices<1, false>);
        add(matrices + "2.shared.b16", "R", load_matrices<2, false>);
        add(matrices + "4.shared.b16", "R", load_matrices<4, false>);
        add(matrices + "4.trans.shared.b16", "R", load_matrices<4, true>);
        add("cp.async.ca.shared.global", "C", copy_begin);
        add("cp.async.cg.shared.global", "C", copy_begin);
        add("cp.async.commit_group", "", copy_commit);
        add("cp.async.wait_group", "W", copy_wait);
        add("cp.async.wait_all", "W", copy_wait);
        memory();
        atomics<uint32_t>("u32");
        atomics<int32_t>("s32");
        atomics<uint64_t>("u64");
        for (const char* way : {"atom.global.exch.b32", "atom.global.cas.b32"}) {
            bool exchange = std::strstr(way, "exch") != nullptr;
            add(way, exchange ? "A" : "A3", exchange ? atomic<Exchange, uint32_t, true> : atomic<CompareAndSwap, uint32_t, true>);
        }
        add("atom.global.or.b32", "A", atomic<Atomically<Or>, uint32_t, true>);
    }

    static const Table& get() {
        static const Table table;
        return table;
    }

    std::unordered_map<std::string, Entry> entries;
    std::unordered_map<std::string, Run> wide_sources;

private:
    void add(const std::string& opcode, const std::string& operands, Run run) { entries[opcode] = Entry{operands, run}; }

    template <class T>
    static std::string same(int n) {
        return std::string(size_t(n), cell<T>());
    }

    template <class T>
    void integers(const std::string& t) {
        add("mov." + t, same<T>(2), unary<Same, Cell<T>, Cell<T>>);
        add("add." + t, same<T>(3), binary<Add, T, T, T>);
        add("sub." + t, same<T>(3), binary<Sub, T, T, T>);
        add("mul.lo." + t, same<T>(3), binary<Mul, T, T, T>);
        add("mad.lo." + t, same<T>(4), ternary<Mad, T, T, T, T>);
        add("div." + t, same<T>(3), binary<Div, T, T, T>);
        add("rem." + t, same<T>(3), binary<Rem, T, T, T>);
        add("min." + t, same<T>(3), binary<Min, T, T, T>);
        add("max." + t, same<T>(3), binary<Max, T, T, T>);
        add("shr." + t, same<T>(2) + "4", binary<Shr, T, T, uint32_t>);
        if (std::is_signed<T>::value) {
            add("neg." + t, same<T>(2), unary<Neg, T, T>);
            using S = typename std::make_signed<T>::type;
            add("abs." + t, same<T>(2), unary<Abs, S, S>);
        }
        order<T>(t);
        equality<T>(t);
        add("selp." + t, same<T>(3) + "p", select<Cell<T>>);
    }

    template <class T>
    void high(const std::string& t) {
        add("mul.hi." + t, same<T>(3), binary<MulHigh, T, T, T>);
    }

    template <class T>
    void bits(const std::string& t) {
        add("mov." + t, same<T>(2), unary<Same, Cell<T>, Cell<T>>);
        add("and." + t, same<T>(3), binary<And, T, T, T>);
        add("or." + t, same<T>(3), binary<Or, T, T, T>);
        add("xor." + t, same<T>(3), binary<Xor, T, T, T>);
        add("not." + t, same<T>(2), unary<Not, T, T>);
        add("shl." + t, same<T>(2) + "4", binary<Shl, T, T, uint32_t>);
        equality<T>(t);
        add("selp." + t, same<T>(3) + "p", select<Cell<T>>);
    }

    template <class T>
    void equality(const std::string& t) {
        add("setp.eq." + t, "p" + same<T>(2), compare<Eq, T>);
        add("setp.ne." + t, "p" + same<T>(2), compare<Ne, T>);
    }

    template <class T>
    void order(const std::string& t) {
        add("setp.lt." + t, "p" + same<T>(2), compare<Lt, T>);
        add("setp.le." + t, "p" + same<T>(2), compare<Le, T>);
        add("setp.gt." + t, "p" + same<T>(2), compare<Gt, T>);
        add("setp.ge." + t, "p" + same<T>(2), compare<Ge, T>);
    }

    template <class T>
    void floats(const std::string& t) {
        for (const char* rounding : {"", "rn."}) {
            add(std::string("add.") + rounding + t, same<T>(3), binary<Add, T, T, T>);
            add(std::string("sub.") + rounding + t, same<T>(3), binary<Sub, T, T, T>);
            add(std::string("mul.") + rounding + t, same<T>(3), binary<Mul, T, T, T>);
        }
        add("fma.rn." + t, same<T>(4), ternary<Fma, T, T, T, T>);
        add("div.rn." + t, same<T>(3), binary<Div, T, T, T>);
        add("rcp.rn." + t, same<T>(2), unary<Rcp, T, T>);
        add("sqrt.rn." + t, same<T>(2), unary<Sqrt, T, T>);
        add("neg." + t, same<T>(2), unary<Neg, T, T>);
        add("abs." + t, same<T>(2), unary<Abs, T, T>);
        add("min." + t, same<T>(3), binary<Min, T, T, T>);
        add("max." + t, same<T>(3), binary<Max, T, T, T>);
        order<T>(t);
        equality<T>(t);
        add("setp.ltu." + t, "p" + same<T>(2), compare<LtOrNan, T>);
        add("setp.leu." + t, "p" + same<T>(2), compare<LeOrNan, T>);
        add("setp.gtu." + t, "p" + same<T>(2), compare<GtOrNan, T>);
        add("setp.geu." + t, "p" + same<T>(2), compare<GeOrNan, T>);
        add("setp.equ." + t, "p" + same<T>(2), compare<EqOrNan, T>);
        add("setp.neu." + t, "p" + same<T>(2), compare<NeOrNan, T>);
        add("setp.num." + t, "p" + same<T>(2), compare<Number, T>);
        add("setp.nan." + t, "p" + same<T>(2), compare<NoNumber, T>);
        add("selp." + t, same<T>(3) + "p", select<Cell<T>>);
    }

    template <class R, class A>
    void between(const char* r, const char* a) {
        std::string opcode = std::string("cvt.") + r + "." + a;
        add(opcode, std::string{cell<R>(), cell<A>()}, unary<Convert<R, A>, R, A>);
        if constexpr (std::is_integral<A>::value && sizeof(A) < 8) {
            wide_sources[opcode] = unary_of_wide<Convert<R, A>, R, A>;
        }
    }

    template <class R>
    void to_integer(const char* r) {
        between<R, uint8_t>(r, "u8");
        between<R, int8_t>(r, "s8");
        between<R, uint16_t>(r, "u16");
        between<R, int16_t>(r, "s16");
        between<R, uint32_t>(r, "u32");
        between<R, int32_t>(r, "s32");
        between<R, uint64_t>(r, "u64");
        between<R, int64_t>(r, "s64");
    }

    template <class R>
    void truncating(const std::string& r) {
        add("cvt.rzi." + r + ".f32", std::string{cell<R>(), '4'}, unary<Truncate<R, float>, R, float>);
        add("cvt.rzi." + r + ".f64", std::string{cell<R>(), '8'}, unary<Truncate<R, double>, R, double>);
        add("cvt.rni." + r + ".f32", std::string{cell<R>(), '4'}, unary<RoundToInteger<R, float>, R, float>);
    }

    void conversions() {
        to_integer<uint16_t>("u16");
        to_integer<int16_t>("s16");
        to_integer<uint32_t>("u32");
        to_integer<int32_t>("s32");
        to_integer<uint64_t>("u64");
        to_integer<int64_t>("s64");
        between<float, uint8_t>("rn.f32", "u8");
        between<float, int8_t>("rn.f32", "s8");
        between<float, uint16_t>("rn.f32", "u16");
        between<float, int16_t>("rn.f32", "s16");
        between<float, uint32_t>("rn.f32", "u32");
        between<float, int32_t>("rn.f32", "s32");
        between<float, uint64_t>("rn.f32", "u64");
        between<float, int64_t>("rn.f32", "s64");
        between<double, uint32_t>("rn.f64", "u32");
        between<double, int32_t>("rn.f64", "s32");
        between<double, uint64_t>("rn.f64", "u64");
        between<double, int64_t>("rn.f64", "s64");
        between<float, double>("rn.f32", "f64");
        between<double, float>("f64", "f32");
        truncating<int32_t>("s32");
        truncating<uint32_t>("u32");
        truncating<int64_t>("s64");
        add("cvt.sat.f32.f32", "44", unary<Saturate, float, float>);
        halves<Half>("f16");
        halves<Bfloat>("bf16");
        add("cvt.rn.satfinite.f16x2.f32", "444", binary<ToFinitePair, uint32_t, float, float>);
        add("cvt.rn.relu.satfinite.f16x2.f32", "444", binary<ToFinitePairRelu, uint32_t, float, float>);
    }

    template <class H>
    void halves(const std::string& h) {
        add("cvt.f32." + h, "44", unary<FromHalf<H>, float, uint16_t>);
        add("cvt.rn." + h + ".f32", "44", unary<ToHalf<H>, uint16_t, float>);
        add("cvt.rn." + h + "x2.f32", "444", binary<ToPair<H>, uint32_t, float, float>);
        add("cvt.rn.relu." + h + "x2.f32", "444", binary<ToPairRelu<H>, uint32_t, float, float>);
    }

    template <int WIDTH>
    void accesses(const char* type) {
        const std::string t = std::string(".") + type;
        add("ld.global" + t, "1", load_global<WIDTH, 1>);
        add("ld.shared" + t, "1", load_shared<WIDTH, 1>);
        add("ld.param" + t, "1", load_parameter<WIDTH, 1>);
        add("st.global" + t, "1", store_global<WIDTH, 1>);
        add("st.shared" + t, "1", store_shared<WIDTH, 1>);
        add("ld.global.v2" + t, "2", load_global<WIDTH, 2>);
        add("ld.shared.v2" + t, "2", load_shared<WIDTH, 2>);
        add("ld.param.v2" + t, "2", load_parameter<WIDTH, 2>);
        add("st.global.v2" + t, "2", store_global<WIDTH, 2>);
        add("st.shared.v2" + t, "2", store_shared<WIDTH, 2>);
        if constexpr (WIDTH < 8) {
            add("ld.global.v4" + t, "4v", load_global<WIDTH, 4>);
            add("ld.shared.v4" + t, "4v", load_shared<WIDTH, 4>);
            add("ld.param.v4" + t, "4v", load_parameter<WIDTH, 4>);
            add("st.global.v4" + t, "4v", store_global<WIDTH, 4>);
            add("st.shared.v4" + t, "4v", store_shared<WIDTH, 4>);
        }
    }

    void memory() {
        for (const char* type : {"u8", "s8", "b8"}) {
            accesses<1>(type);
        }
        for (const char* type : {"u16", "s16", "b16"}) {
            accesses<2>(type);
        }
        for (const char* type : {"u32", "s32", "b32", "f32"}) {
            accesses<4>(type);
        }
        for (const char* type : {"u64", "s64", "b64", "f64"}) {
            accesses<8>(type);
        }
        add("ld.volatile.global.u32", "1", load_global<4, 1>);
        add("st.volatile.global.u32", "1", store_global<4, 1>);
    }

    template <class T>
    void atomics(const std::string& t) {
        add("atom.global.add." + t, "A", atomic<Atomically<Add>, T, true>);
        add("atom.global.min." + t, "A", atomic<Atomically<Min>, T, true>);
        add("atom.global.max." + t, "A", atomic<Atomically<Max>, T, true>);
        add("red.global.add." + t, "D", atomic<Atomically<Add>, T, false>);
        add("red.global.min." + t, "D", atomic<Atomically<Min>, T, false>);
        add("red.global.max." + t, "D", atomic<Atomically<Max>, T, false>);
    }
};

bool begins(const std::string& text, const char* with) { return text.compare(0, std::strlen(with), with) == 0; }

/** Decodes one kernel. */
class Decoder {
public:
    Decoder(const Module& m, const Kernel& k) : kernel(k), program(std::make_unique<Program>()) {
        program->name = k.name;
        program->parameters = k.parameters;
        program->parameter_bytes = k.parameter_bytes;
        for (const SharedVariable& v : k.shared) {
            place(v);
        }
        for (const SharedVariable& v : m.shared) {
            if (v.bytes > 0) {
                place(v);
            }
        }
        int64_t dynamic = (program->shared_bytes + 15) / 16 * 16;
        for (const SharedVariable& v : m.shared) {
            if (v.bytes == 0) {
                symbols[v.name] = SHARED_BASE + dynamic;
            }
        }
        for (const Parameter& p : k.parameters) {
            symbols[p.name] = p.offset;
        }
        program->opcodes.reserve(k.statements.size());
    }

    std::unique_ptr<Program> decode() {
        for (const Statement& s : kernel.statements) {
            try {
                program->ops.push_back(op(s));
            } catch (const Fault& fault) {
                throw Fault(kernel.name + ", PTX line " + std::to_string(s.line) + ", " + s.opcode + ": " + fault.what());
            }
        }
        find_meetings();
        return std::move(program);
    }

private:
    const Kernel& kernel;
    std::unique_ptr<Program> program;
    std::map<std::string, int64_t> symbols;
    std::map<std::string, uint32_t> places;
    std::map<std::string, uint32_t> predicates;
    std::map<std::pair<uint64_t, bool>, uint32_t> constants;

    void place(const SharedVariable& v) {
        program->shared_bytes = (program->shared_bytes + v.alignment - 1) / v.alignment * v.alignment;
        symbols[v.name] = SHARED_BASE + program->shared_bytes;
        program->shared_bytes += v.bytes;
    }

    int bits(const std::string& name) const {
        auto found = kernel.registers.find(name);
        if (found == kernel.registers.end()) {
            throw Fault("no register " + name);
        }
        return found->second;
    }

    uint32_t room(bool wide) {
        uint32_t at = program->register_bytes;
        program->register_bytes += wide ? 256 : 128;
        return at;
    }

    uint32_t predicate(const std::string& name) {
        if (bits(name) != 1) {
            throw Fault(name + " is no predicate");
        }
        auto found = predicates.find(name);
        return found != predicates.end() ? found->second : predicates[name] = program->predicates++;
    }

    uint32_t constant(uint64_t value, bool wide) {
        auto key = std::make_pair(wide ? value : value & ALL, wide);
        auto found = constants.find(key);
        if (found != constants.end()) {
            return found->second;
        }
        uint32_t at = room(wide);
        program->constants.push_back(Program::Constant{at, wide, key.first});
        return constants[key] = at;
    }

    uint32_t data(const std::string& name, bool wide) {
        int width = bits(name);
        if (width == 1 || (width == 64) != wide) {
            throw Fault(name + " has " + std::to_string(width) + " bits");
        }
        auto found = places.find(name);
        return found != places.end() ? found->second : places[name] = room(wide);
    }

    uint32_t source(const Operand& o, char type) {
        bool wide = type == '8';
        if (o.kind == Operand::NUMBER) {
            return constant(uint64_t(o.value), wide);
        }
        if (o.kind != Operand::NAME) {
            throw Fault("a register or number is needed");
        }
        auto symbol = symbols.find(o.name);
        if (symbol != symbols.end()) {
            return constant(uint64_t(symbol->second), wide);
        }
        if (o.name[0] == '%' && kernel.registers.count(o.name) == 0) {
            return special(o.name);
        }
        return data(o.name, wide);
    }

    uint32_t special(const std::string& name) {
        static const std::pair<const char*, Program::Special::Kind> kinds[] = {
            {"%tid.", Program::Special::THREAD}, {"%ctaid.", Program::Special::BLOCK},
            {"%ntid.", Program::Special::THREADS}, {"%nctaid.", Program::Special::BLOCKS},
            {"%laneid", Program::Special::LANE}};
        for (const auto& [text, kind] : kinds) {
            if (begins(name, text)) {
                for (const Program::Special& s : program->specials) {
                    if (s.kind == kind && s.axis == name.back()) {
                        return s.at;
                    }
                }
                program->specials.push_back(Program::Special{room(false), kind, name.back()});
                return program->specials.back().at;
            }
        }
        throw Fault("unknown special register " + name);
    }

    uint32_t list(const std::vector<uint32_t>& items) {
        uint32_t at = uint32_t(program->lists.size());
        program->lists.insert(program->lists.end(), items.begin(), items.end());
        return at;
    }

    void need(const Statement& s, size_t n) {
        if (s.operands.size() != n) {
            throw Fault("it has " + std::to_string(s.operands.size()) + " operands");
        }
    }

    /** Register or predicate that an instruction writes, or reads: by the letter of the table. */
    uint32_t any(const Operand& o, char type) {
        if (type != 'p') {
            return source(o, type);
        }
        if (o.kind == Operand::NUMBER) {
            std::string name = o.value != 0 ? "true" : "false";
            throw Fault("a constant predicate, " + name + ", as an operand");
        }
        return predicate(o.name);
    }

    Op op(const Statement& s) {
        Op o{};
        program->opcodes.push_back(s.opcode);
        o.opcode = program->opcodes.back().c_str();
        o.line = s.line;
        o.used_bytes = s.used_bytes;
        o.meet = NOWHERE;
        if (!s.guard.empty()) {
            o.guarded = true;
            o.negated = s.negated;
            o.guard = predicate(s.guard);
        }
        std::string opcode = s.opcode;
        if (opcode == "bra.uni") {
            opcode = "bra";
        }
        for (const char* hint : {".nc", ".L1::no_allocate", ".L2::128B"}) {
            size_t at = opcode.find(hint);
            if (at != std::string::npos) {
                opcode.erase(at, std::strlen(hint));
            }
        }
        if (opcode == "mov.b32" || opcode == "mov.b64") {
            if (s.operands.size() == 2 && (s.operands[0].kind == Operand::LIST || s.operands[1].kind == Operand::LIST)) {
                packed(s, o, opcode == "mov.b64");
                return o;
            }
        }
        if (opcode == "mov.pred" && s.operands.size() == 2 && s.operands[1].kind == Operand::NUMBER) {
            constant_predicate(s, o);
            return o;
        }
        const Table& table = Table::get();
        auto found = table.entries.find(opcode);
        if (found == table.entries.end()) {
            throw Fault("the emulator does not know this instruction");
        }
        const Entry& entry = found->second;
        o.run = entry.run;
        std::string kinds = entry.operands;
        auto wide = table.wide_sources.find(opcode);
        if (wide != table.wide_sources.end() && s.operands.size() == 2 && s.operands[1].kind == Operand::NAME &&
            kernel.registers.count(s.operands[1].name) != 0 && bits(s.operands[1].name) == 64) {
            o.run = wide->second;
            kinds[1] = '8';
        }
        if (begins(opcode, "ld.") || begins(opcode, "st.")) {
            access(s, o, kinds[0] - '0', opcode);
        } else if (kinds == "L") {
            need(s, 1);
            auto label = kernel.labels.find(s.operands[0].name);
            if (label == kernel.labels.end()) {
                throw Fault("no label " + s.operands[0].name);
            }
            o.target = uint32_t(label->second);
        } else if (kinds == "B") {
            if (s.operands.size() != 1 || s.operands[0].kind != Operand::NUMBER || s.operands[0].value != 0) {
                throw Fault("only barrier 0, of all threads, is known");
            }
        } else if (kinds == "S") {
            need(s, 5);
            const Operand& d = s.operands[0];
            o.d = data(d.name, false);
            if (!d.list.empty()) {
                o.flags = 1;
                o.value = predicate(d.list[0].name);
            }
            o.a = source(s.operands[1], '4');
            o.b = source(s.operands[2], '4');
            o.c = source(s.operands[3], '4');
            o.list = list({source(s.operands[4], '4')});
        } else if (kinds == "M") {
            need(s, 4);
            std::vector<uint32_t> items;
            for (const Operand& operand : s.operands) {
                for (const Operand& word : operand.list) {
                    items.push_back(source(word, '4'));
                }
            }
            o.list = list(items);
        } else if (kinds == "R") {
            need(s, 2);
            std::vector<uint32_t> items;
            for (const Operand& word : s.operands[0].list) {
                items.push_back(data(word.name, false));
            }
            o.list = list(items);
            address(s.operands[1], o);
        } else if (kinds == "C") {
            if (s.operands.size() < 3) {
                throw Fault("it has too few operands");
            }
            o.d = source(Operand{Operand::NAME, s.operands[0].name, 0, {}}, '4');
            o.c = uint32_t(s.operands[0].value);
            o.a = data(s.operands[1].name, true);
            o.value = s.operands[1].value;
            o.width = uint8_t(s.operands[2].value);
            if (s.operands.size() == 4) {
                o.flags = FIXED;
                o.b = source(s.operands[3], '4');
            } else {
                o.b = constant(0, false);
            }
        } else if (kinds == "W") {
            o.value = s.operands.empty() ? 0 : s.operands[0].value;
        } else if (kinds[0] == 'A' || kinds == "D") {
            atomic_access(s, o, kinds, opcode);
        } else {
            plain(s, o, kinds);
        }
        return o;
    }

    void plain(const Statement& s, Op& o, const std::string& kinds) {
        need(s, kinds[0] == '-' ? kinds.size() - 1 : kinds.size());
        size_t skipped = kinds.size() - s.operands.size();
        uint32_t* fields[] = {&o.d, &o.a, &o.b, &o.c};
        for (size_t i = 0; i < s.operands.size(); i++) {
            uint32_t place = any(s.operands[i], kinds[i + skipped]);
            if (i + skipped < 4) {
                *fields[i + skipped] = place;
            } else {
                o.list = list({place});
            }
        }
        if (kinds[0] != '-' && !s.operands.empty() && s.operands[0].kind != Operand::NAME) {
            throw Fault("a register is needed for the result");
        }
    }

    void packed(const Statement& s, Op& o, bool wide) {
        const Operand& to = s.operands[0];
        const Operand& from = s.operands[1];
        if (to.kind == Operand::LIST) {
            o.run = wide ? Run(split<uint64_t, 32>) : Run(split<uint32_t, 16>);
            o.d = data(to.list.at(0).name, false);
            o.b = data(to.list.at(1).name, false);
            o.a = source(from, wide ? '8' : '4');
        } else {
            o.run = wide ? Run(join<uint64_t, 32>) : Run(join<uint32_t, 16>);
            o.d = data(to.name, wide);
            o.a = source(from.list.at(0), '4');
            o.b = source(from.list.at(1), '4');
        }
    }

    static void set_predicate(Warp& w, const Op& op, uint32_t lanes) {
        write_predicate(w, op.d, op.value != 0 ? ALL : 0, lanes);
    }

    void constant_predicate(const Statement& s, Op& o) {
        o.run = set_predicate;
        o.d = predicate(s.operands[0].name);
        o.value = s.operands[1].value;
    }

    void address(const Operand& a, Op& o) {
        if (a.kind != Operand::ADDRESS) {
            throw Fault("an address is needed");
        }
        o.value = a.value;
        auto symbol = symbols.find(a.name);
        if (symbol != symbols.end()) {
            o.a = constant(uint64_t(symbol->second), true);
            o.flags |= WIDE_ADDRESS;
            return;
        }
        bool wide = bits(a.name) == 64;
        o.a = data(a.name, wide);
        o.flags |= wide ? WIDE_ADDRESS : 0;
    }

    void access(const Statement& s, Op& o, int vector, const std::string& opcode) {
        need(s, 2);
        bool load = opcode[0] == 'l';
        const Operand& place = s.operands[load ? 1 : 0];
        const Operand& values = s.operands[load ? 0 : 1];
        std::vector<Operand> all = values.kind == Operand::LIST ? values.list : std::vector<Operand>{values};
        if (int(all.size()) != vector) {
            throw Fault("it names " + std::to_string(all.size()) + " registers");
        }
        address(place, o);
        std::string type = opcode.substr(opcode.rfind('.') + 1);
        bool wide = false;
        std::vector<uint32_t> items;
        for (const Operand& value : all) {
            if (value.kind == Operand::NUMBER) {
                wide = type.substr(1) == "64";
                items.push_back(constant(uint64_t(value.value), wide));
            } else {
                wide = bits(value.name) == 64;
                items.push_back(data(value.name, wide));
            }
        }
        o.list = list(items);
        o.flags |= (wide ? WIDE : 0) | (type[0] == 's' ? SIGNED : 0);
        if (opcode.find(".volatile") != std::string::npos) {
            o.flags |= ORDERED_ACCESS;
            program->meets_others = true;
        }
        if (begins(opcode, "ld.param") && symbols.count(place.name) != 0) {
            o.flags |= FIXED;
            o.value = symbols.at(place.name) + place.value;
        }
    }

    void atomic_access(const Statement& s, Op& o, const std::string& kinds, const std::string& opcode) {
        program->meets_others = true;
        bool returns = kinds[0] == 'A';
        char type = opcode.substr(opcode.size() - 2) == "64" ? '8' : '4';
        size_t at = returns ? 1 : 0;
        need(s, at + (kinds == "A3" ? 3 : 2));
        if (returns) {
            o.d = s.operands[0].name == "_" ? room(type == '8') : data(s.operands[0].name, type == '8');
        }
        address(s.operands[at], o);
        o.flags |= ORDERED_ACCESS;
        o.b = source(s.operands[at + 1], type);
        o.c = kinds == "A3" ? source(s.operands[at + 2], type) : o.b;
    }

    /** The instruction at which the ways of a branch meet: the nearest that every way to the end comes by. */
    void find_meetings() {
        std::vector<Op>& ops = program->ops;
        size_t n = ops.size();
        if (n == 0 || (ops.back().run != leave && !(ops.back().run == branch && !ops.back().guarded))) {
            throw Fault(kernel.name + " does not end with ret");
        }
        // Blocks begin at targets and after branches; block `count` is the end.
        std::vector<bool> first(n + 1, false);
        first[0] = first[n] = true;
        for (size_t i = 0; i < n; i++) {
            if (ops[i].run == branch) {
                first[ops[i].target] = first[i + 1] = true;
            } else if (ops[i].run == leave) {
                first[i + 1] = true;
            }
        }
        std::vector<size_t> begins_at;
        std::vector<int> block_of(n + 1);
        for (size_t i = 0; i <= n; i++) {
            if (first[i] && i < n) {
                begins_at.push_back(i);
            }
            block_of[i] = int(begins_at.size()) - 1;
        }
        int count = int(begins_at.size());
        block_of[n] = count;
        std::vector<std::vector<int>> next(static_cast<size_t>(count) + 1);
        std::vector<std::vector<int>> before(static_cast<size_t>(count) + 1);
        for (int b = 0; b < count; b++) {
            size_t last = (b + 1 < count ? begins_at[size_t(b) + 1] : n) - 1;
            const Op& o = ops[last];
            auto link = [&](int to) {
                next[size_t(b)].push_back(to);
                before[size_t(to)].push_back(b);
            };
            if (o.run == branch) {
                link(block_of[o.target]);
            }
            if (o.run == leave) {
                link(count);
            }
            if ((o.run != branch && o.run != leave) || o.guarded) {
                link(block_of[last + 1]);
            }
        }
        // Dominators of the reversed graph (Cooper, Harvey, Kennedy): order from the end, then repeat until nothing changes.
        std::vector<int> rank(size_t(count) + 1, -1);
        std::vector<int> order;
        std::vector<std::pair<int, size_t>> stack{{count, 0}};
        std::vector<bool> seen(size_t(count) + 1, false);
        seen[size_t(count)] = true;
        while (!stack.empty()) {
            auto& [b, i] = stack.back();
            if (i < before[size_t(b)].size()) {
                int to = before[size_t(b)][i++];
                if (!seen[size_t(to)]) {
                    seen[size_t(to)] = true;
                    stack.emplace_back(to, 0);
                }
            } else {
                rank[size_t(b)] = int(order.size());
                order.push_back(b);
                stack.pop_back();
            }
        }
        std::vector<int> meet(size_t(count) + 1, -1);
        meet[size_t(count)] = count;
        bool changed = true;
        while (changed) {
            changed = false;
            for (size_t i = order.size() - 1; i-- > 0;) {
                int b = order[i];
                int found = -1;
                for (int to : next[size_t(b)]) {
                    if (meet[size_t(to)] < 0) {
                        continue;
                    }
                    int x = to;
                    int y = found < 0 ? to : found;
                    while (x != y) {
                        while (rank[size_t(x)] < rank[size_t(y)]) {
                            x = meet[size_t(x)];
                        }
                        while (rank[size_t(y)] < rank[size_t(x)]) {
                            y = meet[size_t(y)];
                        }
                    }
                    found = x;
                }
                if (meet[size_t(b)] != found) {
                    meet[size_t(b)] = found;
                    changed = true;
                }
            }
        }
        for (size_t i = 0; i < n; i++) {
            if (ops[i].run == branch) {
                int at = meet[size_t(block_of[i])];
                ops[i].meet = at < 0 || at == count ? NOWHERE : uint32_t(begins_at[size_t(at)]);
            }
        }
    }
};

}  // namespace

std::unique_ptr<Program> decode(const Module& module, const Kernel& kernel) { return Decoder(module, kernel).decode(); }

std::vector<std::string> known_opcodes() {
    std::vector<std::string> opcodes;
    for (const auto& entry : Table::get().entries) {
        opcodes.push_back(entry.first);
    }
    std::sort(opcodes.begin(), opcodes.end());
    return opcodes;
}

}  // namespace emulator
