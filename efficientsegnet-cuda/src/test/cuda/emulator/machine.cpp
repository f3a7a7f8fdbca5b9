// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace emulator {

Settings& Settings::get() {
    static Settings settings = [] {
        Settings s;
        auto number = [](const char* name, int otherwise) {
            const char* text = std::getenv(name);
            return text == nullptr ? otherwise : std::atoi(text);
        };
        s.capability = number("EMULATOR_CAPABILITY", s.capability);
        s.seed = unsigned(number("EMULATOR_SEED", int(s.seed)));
        return s;
    }();
    return settings;
}

void Counts::add(const Counts& other, double scale) {
    auto scaled = [&](int64_t n) { return int64_t(double(n) * scale + 0.5); };
    launches += other.launches;
    blocks += other.blocks;
    instructions += scaled(other.instructions);
    products += scaled(other.products);
    shared_passes += scaled(other.shared_passes);
    global_sectors += scaled(other.global_sectors);
}

namespace {

/** Pages that exist once they are touched, and are zero then. */
template <class T>
T* reserve(uint64_t count) {
    void* p = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        throw Fault("no address space for the emulated device");
    }
    return static_cast<T*>(p);
}

/** Zeros; whole pages are given back. */
template <class T>
void clear(T* all, uint64_t first, uint64_t count) {
    constexpr uint64_t page = 4096;
    uint64_t begin = reinterpret_cast<uint64_t>(all + first);
    uint64_t end = reinterpret_cast<uint64_t>(all + first + count);
    uint64_t inner = (begin + page - 1) / page * page;
    uint64_t outer = end / page * page;
    if (outer <= inner) {
        std::memset(all + first, 0, count * sizeof(T));
        return;
    }
    std::memset(all + first, 0, inner - begin);
    madvise(reinterpret_cast<void*>(inner), outer - inner, MADV_DONTNEED);
    std::memset(reinterpret_cast<void*>(outer), 0, end - outer);
}

/** As cudaMalloc does, and with a gap behind every block. */
constexpr uint64_t ALIGNMENT = 256;
constexpr uint64_t GAP = 4096;

std::string hex(uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

Memory& Memory::get() {
    static Memory memory;
    return memory;
}

Memory::Memory() : data(reserve<uint8_t>(SIZE)), states(reserve<uint8_t>(SIZE)), writers(reserve<uint32_t>(SIZE)) {}

uint64_t Memory::allocate(uint64_t bytes) {
    uint64_t size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint64_t begin = GAP;
    size_t where = 0;
    while (where < blocks.size() && blocks[where].offset < begin + size + GAP) {
        begin = (blocks[where].offset + blocks[where].bytes + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        where++;
    }
    if (begin + size + GAP > SIZE) {
        return 0;
    }
    blocks.insert(blocks.begin() + long(where), Block{begin, bytes});
    if (Settings::get().sample == 1) {
        std::memset(states + begin, ALLOCATED, bytes);
    }
    return BASE + begin;
}

void Memory::free(uint64_t address) {
    for (size_t i = 0; i < blocks.size(); i++) {
        if (BASE + blocks[i].offset == address) {
            clear(states, blocks[i].offset, blocks[i].bytes);
            clear(writers, blocks[i].offset, blocks[i].bytes);
            clear(data, blocks[i].offset, blocks[i].bytes);
            blocks.erase(blocks.begin() + long(i));
            return;
        }
    }
    throw Fault("nothing was allocated at " + hex(address));
}

void Memory::forbid(uint64_t address, uint64_t bytes) { std::memset(states + (address - BASE), 0, bytes); }

void Memory::forget(uint64_t address, uint64_t bytes) { std::memset(states + (address - BASE), ALLOCATED, bytes); }

void Memory::require(uint64_t address, uint64_t bytes, uint8_t state, const char* what) const {
    if (!holds(address) || !holds(address + bytes)) {
        throw Fault(std::string(what) + ": " + hex(address) + " is no address of the device");
    }
    if (Settings::get().sample != 1) {
        return;
    }
    for (uint64_t i = 0; i < bytes; i++) {
        uint8_t is = states[address - BASE + i];
        if ((is & state) != state) {
            throw Fault(std::string(what) + ": byte " + std::to_string(i) + " of " + std::to_string(bytes) + " from " +
                        hex(address) + ((is & ALLOCATED) == 0 ? " is not allocated" : " was never written"));
        }
    }
}

void Memory::copy_in(uint64_t to, const void* from, uint64_t bytes) {
    require(to, bytes, ALLOCATED, "a copy to the device");
    if (holds(reinterpret_cast<uint64_t>(from))) {
        throw Fault("a copy to the device from an address of the device");
    }
    std::memcpy(data + (to - BASE), from, bytes);
    if (Settings::get().sample == 1) {
        std::memset(states + (to - BASE), ALLOCATED | WRITTEN, bytes);
    }
}

void Memory::copy_out(void* to, uint64_t from, uint64_t bytes) {
    require(from, bytes, ALLOCATED | WRITTEN, "a copy from the device");
    std::memcpy(to, data + (from - BASE), bytes);
}

void Memory::copy(uint64_t to, uint64_t from, uint64_t bytes) {
    require(from, bytes, ALLOCATED | WRITTEN, "a copy on the device");
    copy_in(to, data + (from - BASE), bytes);
}

void Memory::fill(uint64_t to, uint8_t value, uint64_t bytes) {
    require(to, bytes, ALLOCATED, "filling memory");
    std::memset(data + (to - BASE), value, bytes);
    if (Settings::get().sample == 1) {
        std::memset(states + (to - BASE), ALLOCATED | WRITTEN, bytes);
    }
}

void fail(const Warp& warp, const Op& op, int lane, const std::string& why) {
    const Block& b = *warp.block;
    auto dim = [](const Dim& d) {
        return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
    };
    throw Fault(b.launch->program->shown + ", block " + dim(b.place) + ", thread " +
                std::to_string(warp.number * LANES + lane) + ", PTX line " + std::to_string(op.line) + ", " + op.opcode +
                ": " + why);
}

void Warp::pop() {
    do {
        if (parts.empty()) {
            active = 0;
            return;
        }
        Part part = parts.back();
        parts.pop_back();
        pc = part.pc;
        active = part.active & live;
        meet = part.meet;
    } while (active == 0);
}

void Warp::leave(uint32_t lanes) {
    live &= ~lanes;
    active &= ~lanes;
    if (active == 0) {
        pop();
    }
}

namespace {

/** Who touches shared memory: a thread, several of one warp, or several; with the epoch between two barriers. */
constexpr uint64_t MANY = 0xffff;
constexpr uint64_t MANY_OF_WARP = 0x8000;

uint64_t touch(uint32_t epoch, uint32_t synchronizations, uint64_t who) {
    return uint64_t(epoch) << 32 | uint64_t(synchronizations & 0xffff) << 16 | who;
}

/** Whether an earlier touch is ordered before one of this thread now. */
bool ordered(uint64_t earlier, uint32_t epoch, uint32_t synchronizations, uint32_t thread) {
    if (uint32_t(earlier >> 32) != epoch) {
        return true;
    }
    uint64_t who = earlier & 0xffff;
    if (who == thread) {
        return true;
    }
    bool same_warp = who != MANY && ((who & MANY_OF_WARP) != 0 ? (who & 0x7fff) == thread / LANES : who / LANES == thread / LANES);
    return same_warp && (earlier >> 16 & 0xffff) != (synchronizations & 0xffff);
}

}  // namespace

uint8_t* Block::shared_at(Warp& warp, const Op& op, int lane, uint64_t address, uint32_t bytes, bool write) {
    uint64_t at = address - SHARED_BASE;
    if (at >= shared.size() || at + bytes > shared.size()) {
        fail(warp, op, lane, "shared address " + std::to_string(int64_t(at)) + " is outside of " +
                                 std::to_string(shared.size()) + " bytes");
    }
    if (at % bytes != 0) {
        fail(warp, op, lane, "shared address " + std::to_string(at) + " is not a multiple of " + std::to_string(bytes));
    }
    if (!checked) {
        return &shared[at];
    }
    uint32_t thread = uint32_t(warp.number * LANES + lane);
    for (uint64_t word = at / 4; word < (at + bytes + 3) / 4; word++) {
        SharedWord& known = shared_words[word];
        if (!ordered(known.writer, epoch, warp.synchronizations, thread)) {
            fail(warp, op, lane, "a race for shared byte " + std::to_string(at) + ": another thread wrote it, no barrier since");
        }
        if (write) {
            if (!ordered(known.reader, epoch, warp.synchronizations, thread)) {
                fail(warp, op, lane,
                     "a race for shared byte " + std::to_string(at) + ": another thread read it, no barrier since");
            }
            known.writer = touch(epoch, warp.synchronizations, thread);
            shared_written[word] = 1;
        } else {
            if (shared_written[word] == 0) {
                fail(warp, op, lane, "shared byte " + std::to_string(at) + " was never written");
            }
            if (shared_written[word] == 2) {
                fail(warp, op, lane, "shared byte " + std::to_string(at) + " is still being copied to");
            }
            uint64_t mine = touch(epoch, warp.synchronizations, thread);
            bool alone = uint32_t(known.reader >> 32) != epoch || known.reader == mine;
            if (alone) {
                known.reader = mine;
            } else {
                uint64_t who = known.reader & 0xffff;
                bool of_warp = who != MANY && ((who & MANY_OF_WARP) != 0 ? (who & 0x7fff) == thread / LANES
                                                                         : who / LANES == thread / LANES);
                known.reader = touch(epoch, warp.synchronizations, of_warp ? MANY_OF_WARP | thread / LANES : MANY);
            }
        }
    }
    return &shared[at];
}

namespace {

void prepare(Block& block, const Launch& launch) {
    const Program& program = *launch.program;
    uint32_t threads = launch.block.x * launch.block.y * launch.block.z;
    uint32_t warps = (threads + LANES - 1) / LANES;
    block.launch = &launch;
    block.registers.assign(uint64_t(warps) * program.register_bytes + 64, 0);
    block.predicates.assign(uint64_t(warps) * program.predicates + 1, 0);
    uint64_t shared = uint64_t(program.shared_bytes + 15) / 16 * 16 + launch.shared_bytes;
    block.shared.assign(shared, 0xff);
    block.shared_written.assign(shared / 4 + 1, 0);
    block.shared_words.assign(shared / 4 + 1, SharedWord{0, 0});
    block.epoch = 1;
    block.warps.resize(warps);
    uint64_t unaligned = reinterpret_cast<uint64_t>(block.registers.data()) % 64;
    for (uint32_t w = 0; w < warps; w++) {
        Warp& warp = block.warps[w];
        warp.block = &block;
        warp.number = int(w);
        warp.registers = block.registers.data() + (64 - unaligned) % 64 + uint64_t(w) * program.register_bytes;
        warp.predicates = block.predicates.data() + uint64_t(w) * program.predicates;
        for (const Program::Constant& constant : program.constants) {
            for (int l = 0; l < LANES; l++) {
                if (constant.wide) {
                    reinterpret_cast<uint64_t*>(warp.registers + constant.at)[l] = constant.bits;
                } else {
                    reinterpret_cast<uint32_t*>(warp.registers + constant.at)[l] = uint32_t(constant.bits);
                }
            }
        }
    }
}

uint32_t special(const Program::Special& s, const Block& block, uint32_t thread) {
    const Launch& l = *block.launch;
    auto of = [&](const Dim& d) { return s.axis == 'x' ? d.x : s.axis == 'y' ? d.y : d.z; };
    switch (s.kind) {
        case Program::Special::THREAD:
            return of(Dim{thread % l.block.x, thread / l.block.x % l.block.y, thread / l.block.x / l.block.y});
        case Program::Special::BLOCK: return of(block.place);
        case Program::Special::THREADS: return of(l.block);
        case Program::Special::BLOCKS: return of(l.grid);
        default: return thread % LANES;
    }
}

void begin(Block& block, uint64_t number, uint32_t first_id) {
    const Launch& l = *block.launch;
    block.place = Dim{uint32_t(number % l.grid.x), uint32_t(number / l.grid.x % l.grid.y),
                      uint32_t(number / l.grid.x / l.grid.y)};
    block.first_id = first_id;
    block.id = first_id + uint32_t(number);
    block.random.seed(Settings::get().seed * 7919 + uint32_t(number));
    block.epoch++;
    if (block.checked) {
        std::fill(block.shared_written.begin(), block.shared_written.end(), uint8_t(0));
    }
    uint32_t threads = l.block.x * l.block.y * l.block.z;
    for (Warp& warp : block.warps) {
        uint32_t first = uint32_t(warp.number) * LANES;
        uint32_t lanes = std::min<uint32_t>(LANES, threads - first);
        warp.live = warp.active = lanes == LANES ? ALL : (1u << lanes) - 1;
        warp.pc = 0;
        warp.meet = NOWHERE;
        warp.waiting = false;
        warp.synchronizations = 0;
        warp.parts.clear();
        warp.copies.clear();
        for (const Program::Special& s : l.program->specials) {
            for (uint32_t i = 0; i < LANES; i++) {
                reinterpret_cast<uint32_t*>(warp.registers + s.at)[i] = special(s, block, first + i);
            }
        }
    }
}

void run_warp(Warp& warp, uint32_t most) {
    const std::vector<Op>& ops = warp.block->launch->program->ops;
    int64_t done = 0;
    while (done < most && warp.active != 0 && !warp.waiting) {
        if (warp.pc == warp.meet) {
            warp.pop();
            continue;
        }
        const Op& op = ops[warp.pc];
        uint32_t lanes = warp.active;
        if (op.guarded) {
            uint32_t p = warp.predicates[op.guard];
            lanes &= op.negated ? ~p : p;
        }
        warp.pc++;
        done++;
        op.run(warp, op, lanes);
    }
    warp.block->counts.instructions += done;
}

}  // namespace

void Block::run() {
    while (true) {
        uint32_t ready = 0;
        uint32_t waiting = 0;
        for (const Warp& warp : warps) {
            ready += warp.active != 0 && !warp.waiting ? 1 : 0;
            waiting += warp.waiting ? 1 : 0;
        }
        if (ready == 0) {
            if (waiting == 0) {
                break;
            }
            if (waiting != warps.size()) {
                throw Fault(launch->program->shown + ": a barrier that some warps never reach");
            }
            for (Warp& warp : warps) {
                warp.waiting = false;
            }
            epoch++;
            continue;
        }
        uint32_t pick = uint32_t(random() % ready);
        for (Warp& warp : warps) {
            if (warp.active != 0 && !warp.waiting && pick-- == 0) {
                run_warp(warp, 100 + uint32_t(random() % 400));
                break;
            }
        }
    }
    for (const Warp& warp : warps) {
        for (const std::vector<Copy>& group : warp.copies) {
            if (!group.empty()) {
                throw Fault(launch->program->shown + ": a block ends before its copies to shared memory were waited for");
            }
        }
    }
}

namespace {

/** Block i of an order that the seed chooses: a step that has no divisor in common with the number of blocks. */
struct Order {
    uint64_t count;
    uint64_t begin;
    uint64_t step;

    Order(uint64_t n, unsigned seed) : count(n), begin(0), step(1) {
        std::minstd_rand random(seed + 1);
        begin = random() % n;
        auto divisor = [](uint64_t a, uint64_t b) {
            while (b != 0) {
                uint64_t rest = a % b;
                a = b;
                b = rest;
            }
            return a;
        };
        do {
            step = 1 + random() % n;
        } while (divisor(step, n) != 1);
    }
    uint64_t at(uint64_t i) const { return (begin + i * step) % count; }
};

std::atomic<uint32_t> next_block{1};

constexpr int THREADS = 2;

}  // namespace

void execute(const Launch& launch) {
    Program& program = *launch.program;
    const Settings& settings = Settings::get();
    uint64_t count = uint64_t(launch.grid.x) * launch.grid.y * launch.grid.z;
    uint64_t some = settings.sample == 1 ? count : std::min<uint64_t>(count, std::max<uint64_t>(16, count / uint64_t(settings.sample)));
    uint32_t first = next_block.fetch_add(uint32_t(count));
    Order order(count, settings.seed);
    // Blocks that meet by atomics run one after the other, so that a run can be repeated.
    int threads = program.meets_others || some < 8 ? 1 : THREADS;
    std::vector<Counts> counts(static_cast<size_t>(threads));
    std::vector<std::string> faults(static_cast<size_t>(threads));
    std::atomic<bool> stop{false};
    auto work = [&](int t) {
        static thread_local Block block;
        try {
            block.checked = settings.sample == 1;
            block.counts = Counts();
            prepare(block, launch);
            for (uint64_t i = uint64_t(t); i < some && !stop; i += uint64_t(threads)) {
                begin(block, order.at(i), first);
                block.run();
            }
        } catch (const Fault& fault) {
            faults[size_t(t)] = fault.what();
            stop = true;
        }
        counts[size_t(t)] = block.counts;
    };
    if (threads == 1) {
        work(0);
    } else {
        std::thread other([&] { work(1); });
        work(0);
        other.join();
    }
    program.counts.launches++;
    program.counts.blocks += int64_t(count);
    for (int t = 0; t < threads; t++) {
        if (!faults[size_t(t)].empty()) {
            throw Fault(faults[size_t(t)]);
        }
        program.counts.add(counts[size_t(t)], double(count) / double(some));
    }
}

}  // namespace emulator
