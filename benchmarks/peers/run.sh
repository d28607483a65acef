#!/usr/bin/env bash
# Pairs our code run by run with peers that are not Java, and prints the medians and their ratio.
#
#   mvn -q -DskipTests package && benchmarks/peers/run.sh [QUESTION...]
#
# QUESTION is crf, walk, sweep, nearest, resize, cam, train, affinity, mobile, masks, index, evaluation or loader; all by default.
# cam, train and affinity take minutes each.
#
# PYTHON         the Python of the peers (default python3); those whose modules it lacks are said to be absent
# PYDENSECRF     a checkout of https://github.com/lucasb-eyer/pydensecrf; without it, that peer is absent
# COCOAPI        a checkout of https://github.com/cocodataset/cocoapi; without it, the C core of pycocotools is absent
# IMAGE          a photograph for the CRF, resized to 500x375, in place of the drawn one
# PAIRS          how often each is run, by turns (default 9; what takes half a minute, three times at most)
# IMAGES         of the file of annotations (default 82783, as in instances_train2014.json)
# THREADS        thread counts to measure with (default "1 2")
# CHANNELS_LAST  1 puts networks and images of the peers of cam and train into torch.channels_last
# JVM            options of the JVM (default "--add-modules jdk.incubator.vector"; "-Xshare:auto" for none)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
jar=$here/../target/benchmarks.jar
if [ ! -f "$jar" ]; then
    echo "there is no $jar; build it with: mvn -q -DskipTests package" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
densecrf=
if [ -z "${PYDENSECRF:-}" ]; then
    echo "PYDENSECRF is not set: the C++ core of pydensecrf is absent." >&2
elif ! "$here/build_densecrf.sh" "$PYDENSECRF" "$scratch/densecrf_peer"; then
    echo "pydensecrf in $PYDENSECRF does not compile: absent." >&2
else
    densecrf=$scratch/densecrf_peer
fi
cocomask=
if [ -z "${COCOAPI:-}" ]; then
    echo "COCOAPI is not set: the C core of pycocotools is absent." >&2
elif ! gcc -O3 -w -I"$COCOAPI/common" "$here/cocomask_peer.c" "$COCOAPI/common/maskApi.c" -lm -o "$scratch/cocomask_peer"; then
    echo "the mask API in $COCOAPI does not compile: absent." >&2
else
    cocomask=$scratch/cocomask_peer
fi
python=${PYTHON:-python3}
export PYTHONDONTWRITEBYTECODE=1 # no files beside the peers
modules=
for module in numpy PIL cv2 torch pycocotools; do
    if version=$("$python" -c "import $module; print(getattr($module, '__version__', 'present'))" 2>/dev/null); then
        modules="$modules $module-$version"
    else
        echo "'$python' is absent or has no $module: peers that need it are absent." >&2
    fi
done
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown); peers:$modules"
for threads in ${THREADS:-1 2}; do
    # the calling thread works beside the common pool
    export OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads MKL_NUM_THREADS=$threads
    # shellcheck disable=SC2086  # several options
    java -Xmx2g ${JVM:---add-modules jdk.incubator.vector} -Djava.util.concurrent.ForkJoinPool.common.parallelism=$((threads - 1)) \
        -Ddensecrf="$densecrf" -Dcocomask="$cocomask" -Dpython="$python" -Dmodules="$modules" -Dpeer="$here/peer.py" \
        -Dimage="${IMAGE:-}" -Dpairs="${PAIRS:-9}" -Dthreads="$threads" -Dimages="${IMAGES:-82783}" \
        -cp "$jar" dev.wsss.benchmarks.PairedRuns "$@"
done
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
