#!/usr/bin/env bash
# DHR with all its parts, without each, and without any, on drawn scenes whose labels are wrong in a known share of regions.
# dhr-table.sh OUT [SEED...]; SHARE names another share, STEPS, PRETRAIN, TRAINING and UNSEEN other numbers of updates and
# images, METHODS some of the methods, LABELS a folder of other labels to start from, WSSS_JAR another program
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}

declare -A switches=(
  [given]='--no-seed --no-inter --no-intra' [seed]='--no-inter --no-intra' [inter]='--no-seed --no-intra'
  [no-seed]='--no-seed' [no-inter]='--no-inter' [no-intra]='--no-intra' [all]='')

for seed in $seeds; do
  data=shapes:train=${TRAINING:-200},val=${UNSEEN:-100},seed=$seed
  from=$out/seed$seed
  java -Xmx1g -cp "$jar" dev.wsss.examples.NoisyMasks "$data" "$from" "${SHARE:-0.3}" "$seed"
  java -Xmx1g -cp "$jar" dev.wsss.examples.ColourFeatures "$data" "$from/features"
  labels=${LABELS:-$from/masks}
  for method in ${METHODS:-given no-seed no-inter no-intra all}; do
    run=$from/$method
    read -r -a parts <<< "${switches[$method]}"
    options=(--data "$data" --recipe SMALL --seed "$seed" --threads 1 --device cpu --out "$run" "${parts[@]}")
    learn=(--labels "$labels" --features "$from/features")
    java -Xmx2g -jar "$jar" dhr train "${options[@]}" "${learn[@]}" --pretrain "${PRETRAIN:-200}" \
      --steps "${STEPS:-200}" > "$run.log" 2>&1
    echo "== seed $seed, $method"
    if [ "$method" != given ]; then
      java -Xmx2g -jar "$jar" dhr labels "${options[@]}" "${learn[@]}" 2>&1 | tee -a "$run.log" | grep mIoU:
    fi
    java -Xmx2g -jar "$jar" dhr eval "${options[@]}" 2>&1 | tee -a "$run.log" | grep mIoU:
  done
done
