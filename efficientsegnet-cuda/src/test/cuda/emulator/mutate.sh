#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts one fault after the other into a copy of the sources and looks whether a test fails on the emulated device: most are
# faults that the kernels' host versions cannot have. Ends with 1 if a fault is not caught.
#   mutate.sh CHECKOUT OUTPUT_DIRECTORY [NAME...]
# CHECKOUT: the repository, compiled with its tests; OUTPUT_DIRECTORY: outside of it or in a target; NAME: only these faults.
# OUTPUT_DIRECTORY/table.txt says for every fault what caught it. Of every fault only what it is in is compiled, for FP16 and
# compute capability 9.0, and only the comparisons run that should notice it.
set -eu
checkout=$(cd "$1" && pwd)
output=$2
shift 2
wanted=" $* "
mkdir -p "$output"
output=$(cd "$output" && pwd)
tree="$output/tree"
table="$output/table.txt"
module="$tree/efficientsegnet-cuda"
kernels="$module/src/main/cuda"
java="$module/src/main/java/org/efficientsegnet/cuda"
emulator="$module/target/emulator"
failed=0
: > "$table"

rm -rf "$tree" "$output/objects"
mkdir -p "$tree"
tar -C "$checkout" --exclude=./.git --exclude=target -cf - . | tar -C "$tree" -xf -
for part in core nn cuda; do
    for directory in classes test-classes maven-status emulator; do
        from="$checkout/efficientsegnet-$part/target/$directory"
        [ ! -d "$from" ] || (mkdir -p "$tree/efficientsegnet-$part/target" && cp -a "$from" "$tree/efficientsegnet-$part/target/")
    done
done

export EMULATOR_CODE=90
export EMULATOR_CAPABILITY=90

# change FILE FROM TO: the first place of FROM becomes TO.
change() {
    FROM="$2" TO="$3" perl -0777 -pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/ or die "not found: $ENV{FROM}\n"' "$1"
}

build() {
    "$module/src/test/cuda/emulator/build.sh" "$emulator" > "$output/build.log" 2>&1 || {
        echo "does not compile, see $output/build.log"
        return 2
    }
}

# Compiles what there is without a fault, for FP16 alone, and sees it pass.
prepare() {
    [ ! -d "$output/objects" ] || return 0
    change "$kernels/numbers.cuh" 'case 1: return f(__nv_bfloat16());' ''
    change "$kernels/check.cpp" 'info[0] >= 80 ? 2 : 1' '1'
    build && "$emulator/check" 0 untimed > "$output/check.log" 2>&1 || {
        echo "fails without a fault, see $output/build.log and check.log" >&2
        exit 1
    }
    mkdir -p "$output/objects"
    cp "$emulator"/objects/*.o "$output/objects/"
}

# native OBJECT PART: compiles one source and runs one part of `check`.
native() {
    for object in context convolution layers volume; do
        cp "$output/objects/$object.o" "$emulator/objects/$object.o"
    done
    touch "$emulator"/objects/*.o
    rm -f "$emulator/objects/$1.o"
    build || return 2
    "$emulator/check" 0 untimed "$2" > "$output/check.log" 2>&1 && return 0
    said=$(grep -m 1 -o -e 'emulated device: .*' -e '.*DIFFERS' "$output/check.log" || tail -n 1 "$output/check.log")
    echo "check $2: $(echo "$said" | tr -s ' ' | cut -c 1-120)"
    return 1
}

# managed TEST: compiles Java and runs one test.
managed() {
    (cd "$tree" && mvn -B -ntp -o -P '!nvcc' -pl efficientsegnet-cuda -am -Dtest="$1" \
        -Dsurefire.failIfNoSpecifiedTests=false \
        -Dsurefire.argLine="-Xmx3g -Dorg.bytedeco.javacpp.pathsFirst=true -Djava.library.path=$emulator -Defficientsegnet.cuda.test.device=0" \
        test) > "$output/test.log" 2>&1 && return 0
    grep -q 'Tests run: .*\(Failures: [1-9]\|Errors: [1-9]\)' "$output/test.log" || {
        echo "the test did not run, see $output/test.log"
        return 2
    }
    echo "$1"
    return 1
}

# fault NAME FILE FROM TO native|managed ARGUMENT...
fault() {
    case "$wanted" in
        "  " | *" $1 "*) ;;
        *) return 0 ;;
    esac
    [ "$5" = managed ] || prepare
    name=$1
    file=$2
    cp -p "$file" "$output/sound"
    change "$file" "$3" "$4"
    shift 4
    set +e
    said=$("$@")
    status=$?
    set -e
    cp "$output/sound" "$file"
    if [ "$status" = 1 ]; then
        printf '%-28s %s\n' "$name" "$said" | tee -a "$table"
    else
        printf '%-28s NOT CAUGHT %s\n' "$name" "$said" | tee -a "$table"
        failed=1
    fi
}

convolution="$kernels/convolution.cuh"
execution="$kernels/execution.cuh"
volume="$kernels/volume.cu"

crossing='EmulatedDeviceTest#largeArraysCrossWhole'
fault staging-not-waited-for "$java/Staging.java" 'device.synchronize();
            Device.check' 'Device.check' managed "$crossing"
fault labels-not-waited-for "$java/Staging.java" 'device.synchronize();
            download' 'download' managed "$crossing"
fault pinned-memory-freed "$java/Program.java" 'room.release();' 'room.release(); staging.close();' \
    managed 'EmulatedDeviceTest#releasedMemoryCostsNoRecordingAndNoWaiting'
fault capture-left-open "$java/Program.java" 'status = CudaLibrary.esn_capture_end(device.context(), recorded);' \
    'status = whole ? CudaLibrary.esn_capture_end(device.context(), recorded) : 0;' \
    managed 'EmulatedDeviceTest#anErrorWhileRecordingLeavesTheStreamUsable'

fault minimum-not-atomic "$execution" 'return atomicMin(p, value);' \
    'int old = *p; if (value < old) { *p = value; } return old;' native volume volumes
fault count-not-atomic "$execution" 'atomicAdd(counts + which, __popc(same));' 'counts[which] += __popc(same);' \
    native volume volumes
fault plain-store-of-roots "$volume" 'volatile_store(labels + i, r);' 'labels[i] = r;' native volume volumes
fault one-thread-too-many "$execution" 'i < count; i += step' 'i <= count; i += step' native volume volumes
fault result-not-waited-for "$volume" 'return status != 0 ? status : esn_synchronize(context);' 'return status;' \
    native volume volumes
fault barrier-of-fold "$execution" 'block.barrier();
        block.each([&](int t, auto&) {' 'block.each([&](int t, auto&) {' native volume volumes
fault halves-swapped "$kernels/numbers.cuh" '"f"(high), "f"(low)' '"f"(low), "f"(high)' native layers layers
fault operands-of-mma "$convolution" '"r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3])' \
    '"r"(a[0]), "r"(a[2]), "r"(a[1]), "r"(a[3])' native convolution convolutions
fault order-of-ldmatrix "$convolution" 'x4.shared.b16 {%0,%1,%2,%3}' 'x4.shared.b16 {%0,%2,%1,%3}' \
    native convolution convolutions
fault offset-of-ldmatrix "$convolution" 'load_matrix<OFFSET + M * KNOWN_STEP>' 'load_matrix<OFFSET + M * (KNOWN_STEP - 16)>' \
    native convolution convolutions
fault distance-of-shuffle "$convolution" 's.totals[n][i], distance)' 's.totals[n][i], 4)' native convolution convolutions
fault barrier-before-bringing "$convolution" 'block.barrier();
            block.each([&](int t, State&) { bring' 'block.each([&](int t, State&) { bring' native convolution convolutions
fault barrier-after-bringing "$convolution" 'block.barrier();
            multiply_taps' 'multiply_taps' native convolution convolutions
fault barrier-before-sums "$convolution" 'add_from(block, distance);
        }
        block.barrier();' 'add_from(block, distance);
        }' native convolution convolutions
fault shared-memory-too-small "$kernels/convolution.cu" 'return 2 * int64_t(halo.plane());' \
    'return 2 * int64_t(halo.plane()) - 128;' native convolution convolutions
exit "$failed"
