#!/usr/bin/env bash
# What each part of CARB adds on drawn streets, from tags alone and the small CLIP of the library: RESULTS.md.
# carb-streets-table.sh OUT [SEED...]; TRAIN adds options of the training, PRETRAIN is the number of steps in which the
# backbone of a seed learns the tags first, WSSS_JAR names another program.
# The last lines are the table: seed, variant, what was measured, mIoU in percent of all classes and of the small ones
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}

for seed in $seeds; do
  carb() { # STEP VARIANT [OPTION...]
    local step=$1 run=$out/seed$seed/$2
    shift 2
    mkdir -p "$run"
    java -Xmx2g -jar "$jar" carb "$step" --data "shapes:street,train=300,val=100,seed=$seed" --recipe SMALL --seed "$seed" \
      --threads 1 --device cpu --out "$run" "$@" 2>&1 | tee -a "$run/log"
  }
  echo "== seed $seed, masks of CLIP"
  carb masks masks
  carb test masks
  start=()
  [ -z "${PRETRAIN:-}" ] || start=(--pretrain "$PRETRAIN")
  for variant in plain views weighed bounded; do
    case $variant in
      plain) options=(--plain --no-local) ;;
      views) options=(--plain) ;;
      weighed) options=() ;;
      bounded) options=(--min-lambda 0.1) ;;
    esac
    echo "== seed $seed, $variant"
    carb train "$variant" "${options[@]}" "${start[@]}" ${TRAIN:-}
    carb test "$variant"
    # the first leaves what its backbone has learnt to the others
    [ -z "${PRETRAIN:-}" ] || start=(--weights "$out/seed$seed/plain/weights/backbone.pth")
  done
done

echo "== seed, variant, measured, mIoU %, small classes %"
for seed in $seeds; do
  for variant in masks plain views weighed bounded; do
    # of the last test in the log
    awk -v seed="$seed" -v variant="$variant" '
      /^stage / { n = 0 }
      / images$/ { subject = $0; sub(/ on .*/, "", subject); sub(/,.*/, "", subject); first = 1 }
      /^Score Average / && first { mean = 100 * $NF; first = 0 }
      /^Small classes / { row[++n] = sprintf("%s\t%s\t%s\t%.1f\t%.1f", seed, variant, subject, mean, 100 * $4) }
      END { for (i = 1; i <= n; i++) print row[i] }' "$out/seed$seed/$variant/log"
  done
done
