#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the library of kernels with the emulated device in the place of cudart, for tests only: the same sources, as PTX
# for three compute capabilities; with it the program `check`, and the emulator's own tests.
#   build.sh OUTPUT_DIRECTORY [SOURCES]
# SOURCES: where the library's sources are, if not those beside; NVCC or CUDA_HOME name the compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=$1
sources=${2:-$here/../../../main/cuda}
NVCC=${NVCC:-${CUDA_HOME:-/usr/local/cuda}/bin/nvcc}
toolkit=$(cd "$(dirname "$NVCC")/.." && pwd)

mkdir -p "$output/objects"
code=""
for a in ${EMULATOR_CODE:-75 80 90}; do
    code="$code -gencode=arch=compute_$a,code=compute_$a"
done
host="-fPIC,-fno-strict-aliasing,-fvisibility=hidden,-Wall,-Wextra,-Werror,-Wno-unknown-pragmas"
# The emulator runs where it was built, so that it may use what the processor has.
fast="-std=c++17 -march=native -ffp-contract=off -fno-strict-aliasing -fPIC -Wall -Wextra -Werror"

newest() {
    ls -t "$@" | head -n 1
}

failed=0
processes=""
for source in "$sources"/*.cu; do
    name=$(basename "$source" .cu)
    object="$output/objects/$name.o"
    extra=""
    [ "$name" != volume ] || extra="-fmad=false"
    [ "$name" != context ] || extra="-DESN_ARCHITECTURES=\"75,80,90\""
    # shellcheck disable=SC2086
    if [ ! -e "$object" ] || [ "$(newest "$sources"/*.cu "$sources"/*.cuh "$sources"/*.h "$here/build.sh")" -nt "$object" ]; then
        # -O1 is for the host's versions, whose optimisation takes longer than they run here.
        "$NVCC" -std=c++17 -O1 --no-compress -Xcompiler "$host" $extra $code -c "$source" -o "$object" &
        processes="$processes $!"
    fi
done
for source in "$here"/*.cpp; do
    name=$(basename "$source" .cpp)
    object="$output/objects/emulator_$name.o"
    if [ ! -e "$object" ] || [ "$(newest "$source" "$here"/*.h "$here/build.sh")" -nt "$object" ]; then
        # shellcheck disable=SC2086
        level="-O3"
        [ "$name" != tests ] || level="-O1"
        "${CXX:-c++}" $fast $level -I"$toolkit/include" -c "$source" -o "$object" &
        processes="$processes $!"
    fi
done
for process in $processes; do
    wait "$process" || failed=1
done
[ "$failed" = 0 ] || exit 1

library="$output/libefficientsegnet_cuda.so"
emulator=""
for name in ptx instructions machine cudart; do
    emulator="$emulator $output/objects/emulator_$name.o"
done
kernels=""
for source in "$sources"/*.cu; do
    kernels="$kernels $output/objects/$(basename "$source" .cu).o"
done
# shellcheck disable=SC2086
if [ ! -e "$library" ] || [ -n "$(find "$output/objects" -name '*.o' -newer "$library")" ]; then
    "${CXX:-c++}" -shared $kernels $emulator -o "$library" -Wl,-soname,libefficientsegnet_cuda.so -lpthread
fi
"${CXX:-c++}" -std=c++17 -O2 -Wall -Wextra -Werror "$sources/check.cpp" -o "$output/check" \
    -L"$output" -lefficientsegnet_cuda -Wl,-rpath,'$ORIGIN'
# shellcheck disable=SC2086
"${CXX:-c++}" "$output/objects/emulator_tests.o" $emulator -o "$output/tests" -lpthread -lquadmath
