#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests the emulator, then runs every kernel on it beside its host version: the device code of three compute capabilities,
# that of the newest with blocks, warps and branches in three orders.
#   run.sh OUTPUT_DIRECTORY
set -eu
output=$1
"$output/tests"
for run in 75:1 80:1 90:1 90:2 90:3; do
    capability=${run%:*}
    log="$output/check_${capability}_${run#*:}.log"
    if ! EMULATOR_CAPABILITY=$capability EMULATOR_SEED=${run#*:} "$output/check" 0 untimed > "$log" 2>&1; then
        cat "$log" >&2
        echo "the device code for compute capability $capability fails on the emulator, seed ${run#*:}" >&2
        exit 1
    fi
    echo "device code for compute capability $capability, seed ${run#*:}: $(tail -n 1 "$log")"
done
