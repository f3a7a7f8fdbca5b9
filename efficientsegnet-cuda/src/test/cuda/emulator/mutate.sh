#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts one fault after the other into a copy of the sources and looks whether a test fails on the emulated device: most are
# faults that the kernels' host versions cannot have. Ends with 1 if a fault is not caught.
#   mutate.sh CHECKOUT OUTPUT_DIRECTORY [NAME...]
# CHECKOUT: the repository, built and tested once with nvcc; NAME: only these faults. Takes a quarter of an hour on two
# processors that do nothing else. OUTPUT_DIRECTORY/table.txt says for every fault what caught it.
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
failed=0
: > "$table"

rm -rf "$tree"
mkdir -p "$tree"
for part in pom.xml LICENSE NOTICE .mvn efficientsegnet-core efficientsegnet-nn efficientsegnet-cuda; do
    cp -a "$checkout/$part" "$tree/"
done

# One compute capability is enough here.
export EMULATOR_CODE="${EMULATOR_CODE:-90}"
export EMULATOR_CAPABILITY=90

native() {
    "$module/src/test/cuda/emulator/build.sh" "$module/target/emulator" > "$output/build.log" 2>&1 || {
        echo "does not compile, see $output/build.log"
        return 2
    }
    "$module/target/emulator/check" 0 untimed > "$output/check.log" 2>&1 && return 0
    grep -m 1 -o -e 'emulated device: .*' -e '.*DIFFERS' "$output/check.log" | tr -s ' ' | cut -c 1-150
    return 1
}

managed() {
    (cd "$tree" && mvn -B -ntp -o -P '!nvcc' -pl efficientsegnet-cuda -am -Dtest='EmulatedDeviceTest,CudaScanTest' \
        -Dsurefire.failIfNoSpecifiedTests=false \
        -Dsurefire.argLine="-Xmx3g -Dorg.bytedeco.javacpp.pathsFirst=true -Djava.library.path=$module/target/emulator -Defficientsegnet.cuda.test.device=0" \
        test) > "$output/test.log" 2>&1 && return 0
    grep -m 1 -o 'ERROR.*Test\.[A-Za-z]*' "$output/test.log" | sed 's/ERROR\] *//' | cut -c 1-150
    return 1
}

# fault NAME native|managed FILE FROM TO: the first place of FROM becomes TO.
fault() {
    case "$wanted" in
        "  " | *" $1 "*) ;;
        *) return 0 ;;
    esac
    cp -p "$3" "$output/sound"
    FROM="$4" TO="$5" perl -0777 -pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/ or die "not found: $ENV{FROM}\n"' "$3"
    set +e
    said=$("$2")
    status=$?
    set -e
    cp "$output/sound" "$3"
    if [ "$status" = 1 ]; then
        printf '%-28s %s\n' "$1" "$said" | tee -a "$table"
    else
        printf '%-28s NOT CAUGHT %s\n' "$1" "$said" | tee -a "$table"
        failed=1
    fi
}

convolution="$kernels/convolution.cuh"
execution="$kernels/execution.cuh"
volume="$kernels/volume.cu"

fault operands-of-mma native "$convolution" '"r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3])' '"r"(a[0]), "r"(a[2]), "r"(a[1]), "r"(a[3])'
fault order-of-ldmatrix native "$convolution" 'x4.shared.b16 {%0,%1,%2,%3}' 'x4.shared.b16 {%0,%2,%1,%3}'
fault offset-of-ldmatrix native "$convolution" 'load_matrix<OFFSET + M * KNOWN_STEP>' 'load_matrix<OFFSET + M * (KNOWN_STEP - 16)>'
fault distance-of-shuffle native "$convolution" 's.totals[n][i], distance)' 's.totals[n][i], 4)'
fault barrier-before-bringing native "$convolution" 'block.barrier();
            block.each([&](int t, State&) { bring' 'block.each([&](int t, State&) { bring'
fault barrier-after-bringing native "$convolution" 'block.barrier();
            multiply_taps' 'multiply_taps'
fault barrier-before-sums native "$convolution" 'add_from(block, distance);
        }
        block.barrier();' 'add_from(block, distance);
        }'
fault barrier-of-fold native "$execution" 'block.barrier();
        block.each([&](int t, auto&) {' 'block.each([&](int t, auto&) {'
fault minimum-not-atomic native "$execution" 'return atomicMin(p, value);' 'int old = *p; if (value < old) { *p = value; } return old;'
fault count-not-atomic native "$execution" 'atomicAdd(counts + which, __popc(same));' 'counts[which] += __popc(same);'
fault plain-store-of-roots native "$volume" 'volatile_store(labels + i, r);' 'labels[i] = r;'
fault one-thread-too-many native "$execution" 'i < count; i += step' 'i <= count; i += step'
fault shared-memory-too-small native "$kernels/convolution.cu" 'return 2 * int64_t(halo.plane());' 'return 2 * int64_t(halo.plane()) - 128;'
fault result-not-waited-for native "$volume" 'return status != 0 ? status : esn_synchronize(context);' 'return status;'
fault halves-swapped native "$kernels/numbers.cuh" '"f"(high), "f"(low)' '"f"(low), "f"(high)'
fault staging-not-waited-for managed "$java/Staging.java" 'device.synchronize();
            Device.check' 'Device.check'
fault labels-not-waited-for managed "$java/Staging.java" 'device.synchronize();
            download' 'download'
exit "$failed"
