#!/usr/bin/env bash
# OpenCV 5.0.0 turns the same HSV pixel into another colour in a long row than in a short one.
#
# cvtColor with COLOR_HSV2BGR (8 bits, 180 hues) rounds to the nearest level where it works pixel by pixel, and cuts the
# fraction off where it works with vector instructions, which needs rows of some tens of pixels. So a photograph comes out of a
# round trip through HSV a third of a level darker on average than a small test image of the same pixels says. COLOR_HSV2BGR_FULL (256
# hues) gives the same colours for both. Augmentations in HSV are checked with small images and used on large ones.
#
# Prints how many of 65536 pixels differ between rows of 8 and of 256. Exits with 0 while what is said above holds. Needs Python
# with venv, on 64-bit x86 Linux.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > compare.py <<'END'
import cv2
import numpy as np

noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
print("OpenCV", cv2.__version__)


def differing(name, there, back):
    """Percent of the pixels that depend on the row's length, and by how much the long rows are darker on average."""
    hsv = cv2.cvtColor(noise, there)
    long = cv2.cvtColor(hsv, back).reshape(-1, 3).astype(int)
    short = cv2.cvtColor(hsv.reshape(-1, 8, 3), back).reshape(-1, 3).astype(int)
    percent = 100 * (long != short).any(1).mean()
    print("%s: %.1f %% of the pixels differ, long rows are %.2f levels darker on average, at most %d"
          % (name, percent, (short - long).mean(), abs(short - long).max()))
    return percent


usual = differing("HSV2BGR", cv2.COLOR_BGR2HSV, cv2.COLOR_HSV2BGR)
full = differing("HSV2BGR_FULL", cv2.COLOR_BGR2HSV_FULL, cv2.COLOR_HSV2BGR_FULL)
same = usual > 20 and full == 0
print("OpenCV 5.0.0: " + ("HSV2BGR depends on the length of a row" if same else "behaves otherwise than when this was found"))
raise SystemExit(0 if same else 1)
END
venv/bin/python compare.py
