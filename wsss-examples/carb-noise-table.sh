#!/usr/bin/env bash
# CARB's weighting against a plain cross-entropy, on CamVid's masks of which a known share of regions is wrong: RESULTS.md.
# carb-noise-table.sh CAMVID OUT [SEED...]; SHARES names other shares, TRAIN adds options of the training such as
# "--learning-rate 0.1", WSSS_JAR names another program
set -euo pipefail
data=camvid:$1
out=$2
shift 2
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}

for seed in $seeds; do
  for share in ${SHARES:-0.2 0.4 0.6}; do
    noisy=$out/seed$seed/$share
    java -Xmx1g -cp "$jar" dev.wsss.examples.NoisyMasks "$data" "$noisy" "$share" "$seed"
    for loss in plain weighed; do
      run=$noisy/$loss
      options=(--data "$data" --recipe SMALL --single --no-local --text "$noisy/text_embeddings.safetensors"
        --seed "$seed" --threads 1 --device cpu --out "$run")
      [ "$loss" = weighed ] || options+=(--plain)
      java -Xmx2g -jar "$jar" carb train "${options[@]}" --labels "$noisy/masks" ${TRAIN:-} > "$run.log" 2>&1
      echo "== seed $seed, share $share, $loss"
      # frames are seen in training at 0.27 to 0.53 of their size
      java -Xmx2g -jar "$jar" carb test "${options[@]}" --scales 0.375 2>&1 | tee -a "$run.log" | sed -n '/^stage /,$p'
    done
  done
done
