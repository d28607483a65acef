#!/usr/bin/env bash
# From the tags of CamVid's frames to a segmenter, MobileNet v2 from ImageNet's weights and from nothing: RESULTS.md.
# camvid-table.sh DIR OUT [SEED...]; WEIGHTS names another file or name to start from, WSSS_JAR another program
set -euo pipefail
data=$1
out=$2
shift 2
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$out"
for seed in $seeds; do
  for start in imagenet none; do
    weights=none
    [ "$start" = none ] || weights=${WEIGHTS:-mobilenetv2-imagenet}
    run=$out/seed$seed-$start
    java -Xmx3g -jar "${WSSS_JAR:-$here/target/wsss.jar}" quickstart --data "camvid:$data" --backbone mobilenetv2 \
      --weights "$weights" --steps 150 --seed "$seed" --threads 1 --out "$run" > "$run.log" 2>&1
    echo "== seed $seed, from $start"
    sed -n '/^stage /,$p' "$run.log"
  done
done
