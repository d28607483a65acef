#!/usr/bin/env bash
# Trains all variants of PPC on drawn scenes, from one backbone for each seed, and prints their tables: RESULTS.md.
# ppc-table.sh OUT [SEED...]
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
ppc() { java -Xmx1g -jar "${WSSS_JAR:-$here/target/wsss.jar}" ppc "$@"; }

for seed in $seeds; do
  data=shapes:train=300,val=150,seed=$seed
  base=$out/seed$seed/base
  mkdir -p "$out/seed$seed"
  ppc train-cam --variant CAM --data "$data" --seed "$seed" --threads 1 --out "$base" > "$base.log" 2>&1
  for variant in CAM SEAM SEAM_PPC SEAM_PPC+original EPS EPS_PPC; do
    options=()
    case $variant in *+original) options=(--original) ;; esac
    run=$out/seed$seed/$variant
    ppc all --variant "${variant%+*}" "${options[@]}" --data "$data" --seed "$seed" --threads 1 \
      --steps 300 --weights "$base/weights/backbone.pth" --out "$run" > "$run.log" 2>&1
    echo "== seed $seed, $variant"
    sed -n '/^stage /,$p' "$run.log"
  done
done
