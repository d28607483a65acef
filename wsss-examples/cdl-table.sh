#!/usr/bin/env bash
# CDL-b, CDL-e and general losses for noisy labels against a plain cross-entropy, on labels wrong in a known share of regions,
# and what the fusion of three such folders is worth: RESULTS.md.
# cdl-table.sh OUT [SEED...]; DATA names other images than drawn scenes, SHARES other shares, METHODS some of the methods,
# STEPS, TRAINING and UNSEEN other numbers of updates and drawn scenes, PRETRAIN the number of steps in which the backbone of
# a seed learns the tags first, WSSS_JAR another program.
# The last lines are the table: seed, share, method, mIoU of the unseen images in percent
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}
shares=${SHARES:-0.1 0.3 0.5}
methods=${METHODS:-PLAIN BASE EXTENDED SYMMETRIC SMALL_LOSS SMOOTHING FUSED FUSED_BASE}

noisy() { # SEED SHARE: makes a folder of labels and prints it
  local folder=$out/seed$1/labels-$2
  [ -d "$folder/masks" ] || java -Xmx1g -cp "$jar" dev.wsss.examples.NoisyMasks "$data" "$folder" "$2" "$1" > "$folder.log" 2>&1
  echo "$folder/masks"
}

for seed in $seeds; do
  data=${DATA:-shapes:train=${TRAINING:-300},val=${UNSEEN:-150},seed=$seed}
  mkdir -p "$out/seed$seed"
  backbone=$out/seed$seed/backbone.pth
  for share in $shares; do
    for method in $methods; do
      labels=$(noisy "$seed" "$share")
      options=()
      case $method in
        BASE | EXTENDED) ;;
        FUSED*)
          # two other folders that are wrong in the same share of regions, elsewhere
          sources=("$labels")
          for other in 1000 2000; do
            mkdir -p "$out/seed$((seed + other))"
            sources+=("$(noisy $((seed + other)) "$share")")
          done
          labels=$out/seed$seed/fused-$share/labels
          [ -d "$labels" ] || java -Xmx1g -jar "$jar" cdl fuse --classes "${CLASSES:-9}" --source "${sources[@]}" \
            --out "$out/seed$seed/fused-$share" > "$out/seed$seed/fused-$share.log" 2>&1
          [ "$method" = FUSED_BASE ] || options+=(--loss PLAIN)
          ;;
        SMALL_LOSS) options+=(--loss SMALL_LOSS --noise "$share") ;;
        *) options+=(--loss "$method") ;;
      esac
      run=$out/seed$seed/$share-$method
      common=(--data "$data" --recipe SMALL --seed "$seed" --threads 1 --device cpu --out "$run")
      case $method in BASE | EXTENDED) common+=(--variant "$method") ;; esac
      start=()
      if [ -n "${PRETRAIN:-}" ]; then
        start=(--pretrain "$PRETRAIN")
        [ ! -f "$backbone" ] || start=(--weights "$backbone")
      fi
      java -Xmx2g -jar "$jar" cdl train "${common[@]}" "${options[@]}" "${start[@]}" --labels "$labels" --steps "${STEPS:-600}" \
        > "$run.log" 2>&1
      [ -z "${PRETRAIN:-}" ] || [ -f "$backbone" ] || cp "$run/weights/backbone.pth" "$backbone"
      echo "== seed $seed, share $share, $method"
      java -Xmx2g -jar "$jar" cdl test "${common[@]}" 2>&1 | tee -a "$run.log" | sed -n '/^stage /,$p'
    done
  done
done

echo "== seed, share, method, mIoU %"
for seed in $seeds; do
  for share in $shares; do
    for method in $methods; do
      awk -v row="$seed\t$share\t$method" '/^segmenter, unseen/ { v = $(NF - 1) } END { print row "\t" v }' \
        "$out/seed$seed/$share-$method.log"
    done
  done
done
