// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.HashMap;
import java.util.Map;

/** The instructions of pickles, as in Python's Lib/pickletools.py: those that are followed, the others by name. */
final class PickleOpcodes {

    static final int PROTO = 0x80;
    static final int STOP = 0x2e;
    static final int MARK = 0x28;
    static final int NONE = 0x4e;
    static final int NEWTRUE = 0x88;
    static final int NEWFALSE = 0x89;
    static final int BININT = 0x4a;
    static final int BININT1 = 0x4b;
    static final int BININT2 = 0x4d;
    static final int LONG1 = 0x8a;
    static final int BINFLOAT = 0x47;
    static final int BINUNICODE = 0x58;
    static final int EMPTY_DICT = 0x7d;
    static final int EMPTY_LIST = 0x5d;
    static final int EMPTY_TUPLE = 0x29;
    static final int TUPLE = 0x74;
    static final int TUPLE1 = 0x85;
    static final int TUPLE2 = 0x86;
    static final int TUPLE3 = 0x87;
    static final int BINPUT = 0x71;
    static final int LONG_BINPUT = 0x72;
    static final int BINGET = 0x68;
    static final int LONG_BINGET = 0x6a;
    static final int GLOBAL = 0x63;
    static final int BINPERSID = 0x51;
    static final int REDUCE = 0x52;
    static final int BUILD = 0x62;
    static final int APPEND = 0x61;
    static final int APPENDS = 0x65;
    static final int SETITEM = 0x73;
    static final int SETITEMS = 0x75;

    static final String DAMAGED = "get the file again";
    static final String REMEDY =
            "save what is needed of it alone: torch.save({'state_dict': model.state_dict()}, path)";

    private static final Map<Integer, String> NAMES = new HashMap<>();

    static {
        String all = """
                49 INT, 4a BININT, 4b BININT1, 4d BININT2, 4c LONG, 8a LONG1, 8b LONG4, 53 STRING,
                54 BINSTRING, 55 SHORT_BINSTRING, 42 BINBYTES, 43 SHORT_BINBYTES, 8e BINBYTES8, 96 BYTEARRAY8,
                97 NEXT_BUFFER, 98 READONLY_BUFFER, 4e NONE, 88 NEWTRUE, 89 NEWFALSE, 56 UNICODE,
                8c SHORT_BINUNICODE, 58 BINUNICODE, 8d BINUNICODE8, 46 FLOAT, 47 BINFLOAT, 5d EMPTY_LIST,
                61 APPEND, 65 APPENDS, 6c LIST, 29 EMPTY_TUPLE, 74 TUPLE, 85 TUPLE1, 86 TUPLE2, 87 TUPLE3,
                7d EMPTY_DICT, 64 DICT, 73 SETITEM, 75 SETITEMS, 8f EMPTY_SET, 90 ADDITEMS, 91 FROZENSET,
                30 POP, 32 DUP, 28 MARK, 31 POP_MARK, 67 GET, 68 BINGET, 6a LONG_BINGET, 70 PUT, 71 BINPUT,
                72 LONG_BINPUT, 94 MEMOIZE, 82 EXT1, 83 EXT2, 84 EXT4, 63 GLOBAL, 93 STACK_GLOBAL, 52 REDUCE,
                62 BUILD, 69 INST, 6f OBJ, 81 NEWOBJ, 92 NEWOBJ_EX, 80 PROTO, 2e STOP, 95 FRAME, 50 PERSID,
                51 BINPERSID
                """;
        for (String entry : all.replace("\n", " ").split(", +")) {
            String[] parts = entry.trim().split(" ");
            NAMES.put(Integer.parseInt(parts[0], 16), parts[1]);
        }
    }

    private PickleOpcodes() {}

    /** The name of an instruction, or its number if it is none. */
    static String name(int opcode) {
        return NAMES.getOrDefault(opcode, "0x" + Integer.toHexString(opcode));
    }
}
