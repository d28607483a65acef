#!/usr/bin/env bash
# What each part of CARB adds on drawn streets, from tags alone and the small CLIP of the library: RESULTS.md.
# carb-streets-table.sh OUT [SEED...]; TRAIN adds options of the training, WSSS_JAR names another program
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}

for seed in $seeds; do
  carb() { # STEP VARIANT [OPTION...]: the last lines of what it prints
    local step=$1 run=$out/seed$seed/$2
    shift 2
    mkdir -p "$run"
    java -Xmx2g -jar "$jar" carb "$step" --data "shapes:street,train=300,val=100,seed=$seed" --recipe SMALL --seed "$seed" \
      --threads 1 --device cpu --out "$run" "$@" 2>&1 | tee -a "$run/log" | sed -n '/^stage /,$p'
  }
  echo "== seed $seed, masks of CLIP"
  carb masks masks
  carb test masks
  for variant in plain views weighed bounded; do
    case $variant in
      plain) options=(--plain --no-local) ;;
      views) options=(--plain) ;;
      weighed) options=() ;;
      bounded) options=(--min-lambda 0.1) ;;
    esac
    echo "== seed $seed, $variant"
    carb train "$variant" "${options[@]}" ${TRAIN:-}
    carb test "$variant" "${options[@]}"
  done
done
