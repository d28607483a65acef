#!/usr/bin/env bash
# CDL-b and CDL-e against a plain cross-entropy, on drawn scenes whose labels are wrong in a known share of regions.
# cdl-table.sh OUT [SEED...]; SHARES names other shares, STEPS, TRAINING and UNSEEN other numbers of updates and images,
# WSSS_JAR names another program
set -euo pipefail
out=$1
shift
seeds=${*:-1 2 3}
here=$(cd "$(dirname "$0")" && pwd)
jar=${WSSS_JAR:-$here/target/wsss.jar}

for seed in $seeds; do
  data=shapes:train=${TRAINING:-300},val=${UNSEEN:-150},seed=$seed
  for share in ${SHARES:-0.1 0.3 0.5}; do
    noisy=$out/seed$seed/$share
    java -Xmx1g -cp "$jar" dev.wsss.examples.NoisyMasks "$data" "$noisy" "$share" "$seed"
    for method in plain BASE EXTENDED; do
      run=$noisy/$method
      options=(--data "$data" --recipe SMALL --seed "$seed" --threads 1 --device cpu --out "$run")
      [ "$method" = plain ] || options+=(--variant "$method")
      train=(--labels "$noisy/masks" --steps "${STEPS:-600}")
      [ "$method" != plain ] || train+=(--plain)
      java -Xmx2g -jar "$jar" cdl train "${options[@]}" "${train[@]}" > "$run.log" 2>&1
      echo "== seed $seed, share $share, $method"
      java -Xmx2g -jar "$jar" cdl test "${options[@]}" 2>&1 | tee -a "$run.log" | sed -n '/^stage /,$p'
    done
  done
done
