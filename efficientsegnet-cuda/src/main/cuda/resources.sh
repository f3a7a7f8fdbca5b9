#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Turns what ptxas says with -v into a line a kernel and architecture.
awk '
    /Compiling entry function/ { split($0, part, "\047"); name = part[2]; arch = part[4] }
    /bytes stack frame/ { for (i = 1; i <= NF; i++) if ($i == "spill" && $(i + 1) ~ /^stores/) spill[name, arch] = $(i - 2) }
    /Used [0-9]+ registers/ {
        match($0, /Used [0-9]+ registers/)
        registers = substr($0, RSTART + 5, RLENGTH - 15)
        shared = 0
        if (match($0, /[0-9]+ bytes smem/)) shared = substr($0, RSTART, RLENGTH - 11)
        printf "%s %s: %d registers, %d bytes of static shared memory, %d bytes spilled\n", arch, name, registers, shared, spill[name, arch]
    }
' | sort | (c++filt 2>/dev/null || cat)
