#!/usr/bin/env bash
# Dense features of CLIP's ViT-B/16, by turns in Java and in PyTorch.
#
#   mvn -q -DskipTests package && benchmarks/peers/clip.sh [--bf16] [THREADS]
#
# --bf16 also measures, of the frame of 512x1024, Java's time under autocast to bfloat16 and how far the features are off;
# without it the error alone, of 224x224. A processor without bfloat16 takes many times as long.
# PYTHON names the Python that has torch (default python3). Without it Java is measured alone.
set -euo pipefail

bf16=false
threads=1
for argument in "$@"; do
    case $argument in
        --bf16) bf16=true ;;
        [1-9] | [1-9][0-9]) threads=$argument ;;
        *)
            echo "'$argument' is unknown; expected --bf16 or a number of threads" >&2
            exit 2
            ;;
    esac
done
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
jar=$here/../target/benchmarks.jar

if [ ! -f "$jar" ]; then
    echo "there is no $jar; build it with: mvn -q -DskipTests package" >&2
    exit 1
fi
modules=$("$python" -c 'import torch; print(" torch-" + torch.__version__)' 2>/dev/null || true)
[ -n "$modules" ] || echo "'$python' is absent or has no torch: only Java is measured. Set PYTHON to one that has it."
java -Xmx2g -Dthreads="$threads" -Dbf16="$bf16" -Dpython="$python" -Dmodules="$modules" -Dpeer="$here/clip_peer.py" \
    -cp "$jar" dev.wsss.benchmarks.ClipPairs
