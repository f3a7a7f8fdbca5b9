#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the GPU library, and with "check" the program that compares its kernels on a GPU with their host versions.
#   build.sh OUTPUT_DIRECTORY [ARCHITECTURES] [check]
# ARCHITECTURES: compute capabilities without the dot, separated by commas; code for the last one is kept as PTX too,
# which the driver compiles for GPUs that are newer. NVCC names the compiler, else it is looked for in the usual places.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=$1
architectures=${2:-90}
target=${3:-library}

if [ -z "${NVCC:-}" ]; then
    if [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]; then
        NVCC="${CUDA_HOME:-/usr/local/cuda}/bin/nvcc"
    else
        NVCC=$(command -v nvcc) || {
            echo "nvcc is missing: install the CUDA toolkit 13, or set NVCC or CUDA_HOME" >&2
            exit 1
        }
    fi
fi

mkdir -p "$output/objects"
library="$output/libefficientsegnet_cuda.so"
stamp="$output/objects/architectures"
[ "$(cat "$stamp" 2>/dev/null)" = "$architectures" ] || rm -f "$output"/objects/*.o

code=""
last=""
for a in $(echo "$architectures" | tr ',' ' '); do
    code="$code -gencode=arch=compute_$a,code=sm_$a"
    last=$a
done
code="$code -gencode=arch=compute_$last,code=compute_$last"
common="-std=c++17 -O3 -Xcompiler -fPIC,-fno-strict-aliasing,-fvisibility=hidden,-Wall,-Wextra,-Werror,-Wno-unknown-pragmas -Xptxas -v -cudart static"

# An object is built again if any source is newer than it: headers are few and all are shared.
newest=$(ls -t "$here"/*.cu "$here"/*.cuh "$here"/*.h "$here/build.sh" | head -n 1)

# Registers, shared memory and spills of every kernel go to a log and, in short, to the build's output.
compile() {
    object="$output/objects/$1.o"
    extra=""
    # The volume kernels agree with the host to the last bit only without fused multiply-adds.
    [ "$1" != volume ] || extra="-fmad=false"
    # What the library says that it was built for.
    [ "$1" != context ] || extra="-DESN_ARCHITECTURES=\"$architectures\""
    if [ ! -e "$object" ] || [ "$newest" -nt "$object" ]; then
        # shellcheck disable=SC2086
        "$NVCC" $common $extra $code -c "$here/$1.cu" -o "$object" 2> "$output/objects/$1.log" || {
            cat "$output/objects/$1.log" >&2
            exit 1
        }
        grep -v -e '^ptxas' -e 'bytes stack frame' "$output/objects/$1.log" >&2 || true
    fi
}

sources=""
for source in "$here"/*.cu; do
    name=$(basename "$source" .cu)
    sources="$sources $name"
done
failed=0
processes=""
for name in $sources; do
    compile "$name" &
    processes="$processes $!"
done
for process in $processes; do
    wait "$process" || failed=1
done
[ "$failed" = 0 ] || exit 1
echo "$architectures" > "$stamp"

objects=""
for name in $sources; do
    objects="$objects $output/objects/$name.o"
done
if [ ! -e "$library" ] || [ -n "$(find "$output/objects" -name '*.o' -newer "$library")" ]; then
    # shellcheck disable=SC2086
    "$NVCC" -shared -cudart static $code $objects -o "$library" -Xlinker --exclude-libs,ALL
fi
cat "$output"/objects/*.log | "$here/resources.sh" > "$output/kernels.txt"
most=$(sed 's/.*: \([0-9]*\) registers.*/\1/' "$output/kernels.txt" | sort -n | tail -n 1)
echo "$(wc -l < "$output/kernels.txt") kernels, at most $most registers a thread; each in $output/kernels.txt"
if grep -v ' 0 bytes spilled' "$output/kernels.txt" >&2; then
    echo "a kernel spills registers, see above" >&2
    exit 1
fi

if [ "$target" = check ]; then
    # It calls the library's C functions only and holds no kernels of its own.
    "${CXX:-c++}" -std=c++17 -O2 -Wall -Wextra -Werror "$here/check.cpp" -o "$output/check" \
        -L"$output" -lefficientsegnet_cuda -Wl,-rpath,'$ORIGIN'
fi
