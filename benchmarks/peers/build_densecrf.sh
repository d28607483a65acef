#!/usr/bin/env bash
# Builds densecrf_peer from a checkout of https://github.com/lucasb-eyer/pydensecrf, with the optimisation and without the
# instruction sets beyond x86-64's that its setup.py gives.
#
#   build_densecrf.sh CHECKOUT OUTPUT
set -euo pipefail

core=$1/pydensecrf/densecrf
output=$2
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
lbfgs=$core/external/liblbfgs
gcc -O3 -DNDEBUG -w -I"$lbfgs/include" -c "$lbfgs/lib/lbfgs.c" -o "$scratch/lbfgs.o"
g++ -O3 -DNDEBUG -w -I"$core/include" -I"$lbfgs/include" "$here/densecrf_peer.cpp" "$core"/src/*.cpp "$scratch/lbfgs.o" \
    -o "$output"
