#!/usr/bin/env bash
# Dense features of CLIP's ViT-B/16, by turns in Java and in PyTorch.
#
#   mvn -q -DskipTests package && benchmarks/peers/clip.sh [THREADS]
#
# PYTHON names the Python that has torch (default python3). Without it Java is measured alone.
set -euo pipefail

threads=${1:-1}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
jar=$here/../target/benchmarks.jar

if [ ! -f "$jar" ]; then
    echo "there is no $jar; build it with: mvn -q -DskipTests package" >&2
    exit 1
fi
modules=$("$python" -c 'import torch; print(" torch-" + torch.__version__)' 2>/dev/null || true)
[ -n "$modules" ] || echo "'$python' is absent or has no torch: only Java is measured. Set PYTHON to one that has it."
java -Xmx2g -Dthreads="$threads" -Dpython="$python" -Dmodules="$modules" -Dpeer="$here/clip_peer.py" -cp "$jar" \
    dev.wsss.benchmarks.ClipPairs
