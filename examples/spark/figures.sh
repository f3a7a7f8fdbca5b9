#!/usr/bin/env bash
# Figures of benchmarks/RESULTS.md, "On Apache Spark". Build first, in the root folder:
#   mvn -B -ntp -DskipTests -pl examples/cli,examples/spark -am package dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
# figures.sh scale 100000 1000000   tasks, listing, planning and running again, of an archive of names; HEAP=2g
# figures.sh cpu SCAN N             CPU seconds a case, program and Spark side by side, over N and 3 N copies of a scan
set -euo pipefail
self=$(realpath "$0")
case "${1-}" in cpu) scan=$(realpath "$2") ;; esac
cd "$(dirname "$self")"
opens=$(sed -n 's/.*<spark.argLine>\(.*\)<\/spark.argLine>.*/\1/p' pom.xml)
classpath=target/test-classes:target/classes:$(cat target/classpath.txt)
export SPARK_LOCAL_IP=127.0.0.1

# Seconds of CPU that a command and its children use, and of time: user, system, wall.
cpu() {
    TIMEFORMAT='%U %S %R'
    { time "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; } 2>&1
}

case "${1-}" in
scale)
    # shellcheck disable=SC2086
    java -Xmx"${HEAP:-2g}" $opens -cp "$classpath" org.efficientsegnet.spark.ScaleFigures "${@:2}"
    ;;
cpu)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    for n in "$3" $((3 * $3)); do
        mkdir "$work/$n"
        for ((i = 0; i < n; i++)); do ln "$scan" "$work/$n/case$i.nii.gz" 2> /dev/null || cp "$scan" "$work/$n/case$i.nii.gz"; done
        echo "program, $n cases: user, system, wall seconds:" \
            "$(cpu java -jar ../cli/target/efficientsegnet.jar segment "$work/$n" -o "$work/program$n" --threads 1 --jobs 1 -q)"
        # shellcheck disable=SC2086
        echo "Spark, $n cases: user, system, wall seconds:" \
            "$(cpu java -Xmx2g $opens -Dspark.master='local[1]' -Dspark.ui.enabled=false -cp "$classpath" \
                org.efficientsegnet.spark.SegmentJob "file:$work/$n" -o "file:$work/spark$n")"
        for ((i = 0; i < n; i++)); do cmp "$work/program$n/case$i.nii.gz" "$work/spark$n/case$i.nii.gz"; done
        echo "label maps are equal"
    done
    ;;
*)
    sed -n '2,6s/^# //p' "$self"
    exit 2
    ;;
esac
