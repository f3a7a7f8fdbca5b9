#!/usr/bin/env bash
# Figures of benchmarks/RESULTS.md, in its order. Build first, in the root folder:
#   mvn -B -ntp -DskipTests -Pdist -pl examples/cli,benchmarks -am package
# then, with nothing else at work:
#   benchmarks/figures.sh [SECTION...]     all sections without one; what they print goes to benchmarks/target/figures too
# PEERS=DIR   the folder with fine192.onnx and coarse160.onnx; without it ONNX Runtime is left out
# SCAN=FILE   a scan of 512x512x160; the sections case, outputs and batches are left out without it
# Some sections need Python 3, for the time and memory of a process.
# Sections: networks memory case start sizes steps avx2 concurrent busy cancel division outputs readers labels batches training
set -euo pipefail
[ "${1-}" != --help ] || { sed -n '2,9s/^# //p' "$0"; exit 0; }
[ -z "${PEERS-}" ] || PEERS=$(realpath "$PEERS")
[ -z "${SCAN-}" ] || SCAN=$(realpath "$SCAN")
cd "$(dirname "$(realpath "$0")")/.."
jar=benchmarks/target/benchmarks.jar
program=examples/cli/target/efficientsegnet
sample=examples/data/example_ct.nii.gz
figures=benchmarks/target/figures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$figures"

engines=onednn-BF16,onednn-FP32,onednn-INT8${PEERS:+,onnxruntime}
peers=${PEERS:+-Defficientsegnet.peers=$PEERS}

jmh() { java -jar "$jar" -f 1 "$@" | sed -n '/^Benchmark/,$p'; }
measure() { # CLASS "JVM OPTIONS" ARGUMENT...
    # shellcheck disable=SC2086
    java $2 $peers -cp "$jar" "org.efficientsegnet.benchmarks.$1" "${@:3}"
}
# Seconds, seconds of processors, and MB at most of a command.
cost() {
    python3 - "$@" <<'PYTHON'
import os, resource, subprocess, sys, time
begin = time.time()
if subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode:
    sys.exit(1)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.2f s, %.1f s of processors, %d MB" % (time.time() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
PYTHON
}

networks() {
    # shellcheck disable=SC2086
    jmh NetworkBenchmark -p network=fine-192,coarse-160 -p "engine=$engines" -wi 2 -i 4 ${peers:+-jvmArgsAppend $peers}
}
memory() {
    for engine in ${engines//,/ }; do
        measure PeakMemory -Xmx600m fine 192 "$engine"
    done
}
case_() {
    for precision in BF16 FP32 INT8; do
        measure WholeCase -Xmx3g "$SCAN" onednn "$precision" 160 192 4
    done
}
start() {
    for i in 1 2 3 4 5 6; do
        echo "java -jar: $(cost java -jar examples/cli/target/efficientsegnet.jar segment "$sample" -o "$work/labels.nii.gz" -q)"
        echo "installed: $(cost "$program/bin/efficientsegnet" segment "$sample" -o "$work/labels.nii.gz" -q)"
    done
}
sizes() { jmh InputSizeBenchmark -wi 1 -i 3; }
steps() {
    measure StepProfile -Xmx600m fine 192 onednn-BF16 500 50
    measure StepProfile -Xmx600m fine 192 onednn-FP32 250 50
}
avx2() { ONEDNN_MAX_CPU_ISA=AVX2 measure StepProfile -Xmx600m fine 128 onednn-FP32 250 50; }
concurrent() { measure Concurrency -Xmx1g coarse 96 BF16; }
busy() {
    measure Contention "-Xms1g -Xmx1500m" fine 192 "$engines" 3
    measure Contention "-Xms1g -Xmx1500m" fine 128 onednn-BF16 3
}
cancel() { measure Cancellation "-Xms1g -Xmx1500m" fine 128 onednn-BF16 60; }
division() { measure WorkDivision "-Xms1g -Xmx1500m" fine 192 onednn-BF16 1 2 4 8 16 64; }
outputs() { measure Outputs -Xmx4g "$SCAN" 3; }
readers() { jmh ReaderBenchmark; }
labels() { jmh LabelBenchmark -wi 2 -w 1 -i 3 -r 1 -p volume=organs; }
batches() {
    mkdir "$work/small" "$work/large"
    for i in 1 2 3 4 5 6 7 8; do cp "$sample" "$work/small/$i.nii.gz"; done
    for i in 1 2 3 4 5 6; do ln -s "$SCAN" "$work/large/$i.nii.gz"; done
    for set in small large; do
        for jobs in 1 2 3; do
            echo "$set, --jobs $jobs: $(cost java -jar examples/cli/target/efficientsegnet.jar segment "$work/$set" \
                -o "$work/out-$set-$jobs" --jobs "$jobs" -q)"
        done
    done
}
training() {
    measure TrainingContention \
        "-Xmx2g -Dorg.bytedeco.javacpp.maxBytes=18g -Dorg.bytedeco.javacpp.maxPhysicalBytes=22g" \
        128 onednn-bf16,onednn-fp32,samediff-fp32 3
    measure TrainingStep -Xmx2g fine 96,96,96 16,32,64,128 4 onednn bf16
    measure GradientPrecision -Xmx2g 128,128,128
}

sections=("$@")
[ $# != 0 ] || sections=(networks memory case start sizes steps avx2 concurrent busy cancel division outputs readers labels
    batches training)
for section in "${sections[@]}"; do
    case $section in
    case | outputs | batches) [ -n "${SCAN-}" ] || { echo "$section is left out: SCAN names no scan"; continue; } ;;
    networks | memory | start | sizes | steps | avx2 | concurrent | busy | cancel | division | readers | labels | training) ;;
    *) echo "$section is no section; figures.sh --help names them" >&2; exit 2 ;;
    esac
    run=$section
    [ "$section" != case ] || run=case_
    echo "== $section, $(date -Is)"
    "$run" 2>&1 | tee "$figures/$section.txt"
done
