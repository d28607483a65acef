#!/usr/bin/env bash
# Loads a PyTorch file of 1 GiB into a network, by turns in a new JVM and in a new Python, two threads each.
#
#   mvn -q -DskipTests package && benchmarks/peers/checkpoint.sh [PAIRS] [LOADS]
#
# PYTHON names the Python that has torch (default python3), FILE where the checkpoint is put (default a temporary file,
# removed at the end; a FILE that exists is used as it is). Both read it from the page cache.
set -euo pipefail

pairs=${1:-5}
loads=${2:-7}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
jar=$here/../target/benchmarks.jar
main=dev.wsss.benchmarks.CheckpointLoad
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
file=${FILE:-$scratch/checkpoint.pth}

if [ ! -f "$jar" ]; then
    echo "there is no $jar; build it with: mvn -q -DskipTests package" >&2
    exit 1
fi
[ -f "$file" ] || java -Xmx2g -cp "$jar" $main make "$file"
peer=yes
if ! torch=$("$python" -c 'import torch; print(torch.__version__)' 2>/dev/null); then
    peer=no
    echo "'$python' is absent or has no torch: only Java is measured. Set PYTHON to one that has it."
fi
cat "$file" >/dev/null

# the parallelism of the common pool is beside the calling thread
run_java() {
    java -Xmx1g -Djava.util.concurrent.ForkJoinPool.common.parallelism=1 -cp "$jar" $main "$file" "$loads" 2>/dev/null
}
run_python() { "$python" "$here/checkpoint.py" "$file" "$loads"; }

printf '%-8s %10s %10s %10s %10s   %s\n' "" "first s" "later s" "peak MB" "extra MB" "load average"
row() {
    local name=$1
    shift
    printf '%-8s %10s %10s %10s %10s   %s\n' "$name" "$1" "$2" "$3" "$4" "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || true)"
}
for ((i = 0; i < pairs; i++)); do
    j=$(run_java)
    row java $j
    if [ $peer = yes ]; then
        p=$(run_python)
        row python $p
        if [ "${j##* }" != "${p##* }" ]; then
            echo "the last value is ${j##* } in Java and ${p##* } in Python" >&2
            exit 1
        fi
        echo "$j $p" | awk '{ print $1 / $6, $2 / $7 }' >>"$scratch/ratios"
    fi
    echo "$j" >>"$scratch/java"
    [ $peer = no ] || echo "$p" >>"$scratch/python"
done

median() { sort -g | awk -v f="$1" '{ v[NR] = $1 } END { printf f, (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
column() { awk -v c="$2" '{ print $c }' "$scratch/$1" | median "$3"; }
echo
for name in java python; do
    [ -f "$scratch/$name" ] || continue
    echo "$name, medians: first $(column $name 1 %.3f) s, later $(column $name 2 %.3f) s, peak $(column $name 3 %.0f) MB," \
        "extra $(column $name 4 %.0f) MB"
done
if [ $peer = yes ]; then
    echo "java / python (torch $torch), medians of the pairs: first $(column ratios 1 %.2f), later $(column ratios 2 %.2f)"
fi
