// SPDX-License-Identifier: Apache-2.0
#include "ptx.h"

#include <cctype>
#include <cstring>

namespace emulator {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.' || c == '@'; }

int bits_of(const std::string& type) {
    if (type == "pred") {
        return 1;
    }
    size_t digits = type.find_first_of("0123456789");
    if (digits == std::string::npos) {
        throw Fault("no such type: " + type);
    }
    return std::stoi(type.substr(digits));
}

class Parser {
public:
    explicit Parser(const std::string& all) : text(all) {}

    Module module() {
        Module result;
        for (skip(); at < text.size(); skip()) {
            std::string word = next_word();
            if (word == ".version" || word == ".address_size") {
                next_word();
            } else if (word == ".target") {
                std::string target = rest_of_line();
                result.target = std::stoi(target.substr(target.find("sm_") + 3));
            } else if (word == ".entry") {
                result.kernels.push_back(kernel());
            } else if (word == ".shared") {
                result.shared.push_back(shared_variable());
            } else if (word != ".visible" && word != ".extern" && word != ".weak") {
                throw Fault("PTX line " + std::to_string(line) + ": unknown directive " + word);
            }
        }
        return result;
    }

private:
    const std::string& text;
    size_t at = 0;
    int line = 1;
    int scopes = 0;
    std::vector<int> open;

    void step() { line += text[at++] == '\n' ? 1 : 0; }

    void skip() {
        while (at < text.size()) {
            if (std::isspace(static_cast<unsigned char>(text[at])) || text[at] == '\0') {
                step();
            } else if (text.compare(at, 2, "//") == 0) {
                while (at < text.size() && text[at] != '\n') {
                    at++;
                }
            } else {
                return;
            }
        }
    }

    std::string next_word() {
        skip();
        size_t begin = at;
        while (at < text.size() && is_word(text[at])) {
            at++;
        }
        if (at == begin) {
            throw Fault("PTX line " + std::to_string(line) + ": unexpected '" + text.substr(at, 1) + "'");
        }
        return text.substr(begin, at - begin);
    }

    std::string rest_of_line() {
        size_t end = text.find('\n', at);
        std::string rest = text.substr(at, end - at);
        at = end;
        return rest;
    }

    bool take(char c) {
        skip();
        if (at < text.size() && text[at] == c) {
            step();
            return true;
        }
        return false;
    }

    void need(char c) {
        if (!take(c)) {
            throw Fault("PTX line " + std::to_string(line) + ": '" + std::string(1, c) + "' is missing");
        }
    }

    int64_t brackets(int64_t width) {
        if (!take('[')) {
            return width;
        }
        skip();
        int64_t count = text[at] == ']' ? 0 : std::stoll(next_word());
        need(']');
        return count * width;
    }

    /** After ".shared": alignment, type, name, extent. */
    SharedVariable shared_variable() {
        SharedVariable variable{"", 0, 1};
        int64_t width = 1;
        for (std::string word = next_word();; word = next_word()) {
            if (word == ".align") {
                variable.alignment = std::stoll(next_word());
            } else if (word[0] == '.') {
                width = bits_of(word.substr(1)) / 8;
            } else {
                variable.name = word;
                break;
            }
        }
        variable.alignment = variable.alignment > width ? variable.alignment : width;
        variable.bytes = brackets(width);
        need(';');
        return variable;
    }

    Kernel kernel() {
        Kernel k;
        k.name = next_word();
        need('(');
        while (!take(')')) {
            take(',');
            int64_t alignment = 1;
            int64_t width = 1;
            Parameter parameter{"", 0, 0};
            for (std::string word = next_word();; word = next_word()) {
                if (word == ".align") {
                    alignment = std::stoll(next_word());
                } else if (word == ".param") {
                    continue;
                } else if (word[0] == '.') {
                    width = bits_of(word.substr(1)) / 8;
                } else {
                    parameter.name = word;
                    break;
                }
            }
            alignment = alignment > width ? alignment : width;
            parameter.bytes = brackets(width);
            parameter.offset = (k.parameter_bytes + alignment - 1) / alignment * alignment;
            k.parameter_bytes = parameter.offset + parameter.bytes;
            k.parameters.push_back(parameter);
        }
        while (!take('{')) {
            step();
        }
        body(k);
        return k;
    }

    void body(Kernel& k) {
        uint32_t used = 0xffffffffu;
        open.clear();
        while (true) {
            skip();
            if (take('}')) {
                if (open.empty()) {
                    return;
                }
                open.pop_back();
            } else if (take('{')) {
                open.push_back(++scopes);
            } else if (text.compare(at, 7, ".pragma") == 0) {
                size_t end = text.find(';', at);
                std::string pragma = text.substr(at, end - at);
                size_t mask = pragma.find("used_bytes_mask");
                if (mask != std::string::npos) {
                    used = uint32_t(std::stoul(pragma.substr(mask + 15)));
                }
                at = end + 1;
            } else if (text.compare(at, 4, ".reg") == 0) {
                at += 4;
                registers(k);
            } else if (text.compare(at, 7, ".shared") == 0) {
                at += 7;
                k.shared.push_back(shared_variable());
            } else if (text.compare(at, 6, ".local") == 0) {
                throw Fault("PTX line " + std::to_string(line) + ": local memory is not known, in " + k.name);
            } else {
                statement(k, used);
            }
        }
    }

    void registers(Kernel& k) {
        int bits = bits_of(next_word().substr(1));
        do {
            std::string name = next_word();
            if (take('<')) {
                int count = std::stoi(next_word());
                need('>');
                for (int i = 0; i < count; i++) {
                    k.registers[name + std::to_string(i)] = bits;
                }
            } else {
                k.registers[open.empty() ? name : name + "@" + std::to_string(open.back())] = bits;
            }
        } while (take(','));
        need(';');
    }

    void statement(Kernel& k, uint32_t& used) {
        Statement s{"", false, "", {}, 0xffffffffu, line};
        if (text[at] == '@') {
            at++;
            s.negated = take('!');
            s.guard = name(k);
        }
        s.opcode = next_word();
        if (take(':')) {
            k.labels[s.opcode] = k.statements.size();
            return;
        }
        while (!take(';')) {
            take(',');
            s.operands.push_back(operand(k));
        }
        s.line = line;
        if (s.opcode.compare(0, 3, "ld.") == 0) {
            s.used_bytes = used;
            used = 0xffffffffu;
        }
        k.statements.push_back(s);
    }

    /** A name, as the innermost scope that declares it means it. */
    std::string name(const Kernel& k) {
        std::string word = next_word();
        for (size_t i = open.size(); i > 0; i--) {
            std::string local = word + "@" + std::to_string(open[i - 1]);
            if (k.registers.count(local) != 0) {
                return local;
            }
        }
        return word;
    }

    int64_t number() {
        bool negative = take('-');
        std::string word = next_word();
        int64_t value;
        if (word.compare(0, 2, "0f") == 0 || word.compare(0, 2, "0F") == 0 || word.compare(0, 2, "0d") == 0 ||
            word.compare(0, 2, "0D") == 0) {
            value = int64_t(std::stoull(word.substr(2), nullptr, 16));
        } else {
            value = int64_t(std::stoull(word, nullptr, 0));
        }
        return negative ? -value : value;
    }

    Operand operand(const Kernel& k) {
        skip();
        Operand o{Operand::NAME, "", 0, {}};
        char c = text[at];
        if (take('[')) {
            o.kind = Operand::ADDRESS;
            o.name = name(k);
            if (take('+')) {
                o.value = number();
            }
            need(']');
        } else if (take('{')) {
            o.kind = Operand::LIST;
            while (!take('}')) {
                take(',');
                o.list.push_back(operand(k));
            }
        } else if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) {
            o.kind = Operand::NUMBER;
            o.value = number();
        } else {
            o.name = name(k);
            if (take('|')) {
                o.list.push_back(Operand{Operand::NAME, name(k), 0, {}});
            }
        }
        return o;
    }
};

}  // namespace

Module parse(const std::string& text) { return Parser(text).module(); }

}  // namespace emulator
