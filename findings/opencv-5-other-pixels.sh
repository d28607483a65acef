#!/usr/bin/env bash
# OpenCV 5.0.0 and 4.13.0 give other pixels for the same call. Why transforms here name the release that they follow.
#
# INTER_NEAREST_EXACT of 5.0 is Pillow's NEAREST, that of 4 steps in multiples of 1/65536 pixel. warpAffine of 5.0 rounds the
# exact value, that of 4 interpolates on a grid of 1/32 pixel. INTER_CUBIC is within one level, INTER_LINEAR the same.
#
# Makes a label map's and a noise image's pixels with both releases, and prints how many differ. Exits with 0 while what is
# said above holds. Needs Python with venv, Maven and a JDK from 17 on, on 64-bit x86 Linux.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==12.3.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > make.py <<'END'
import cv2
import numpy as np
from PIL import Image

image = np.random.default_rng(7).integers(0, 256, (375, 500), dtype=np.uint8)
turn = cv2.getRotationMatrix2D((250, 187), 10, 1)


def save(name, pixels):
    np.ascontiguousarray(pixels).tofile(name + ".u8")


save("image", image)
save("pillow", np.asarray(Image.fromarray(image).resize((750, 562), Image.NEAREST)))
for mode in "NEAREST_EXACT", "LINEAR", "CUBIC":
    save(mode, cv2.resize(image, (750, 562), interpolation=getattr(cv2, "INTER_" + mode)))
save("turned", cv2.warpAffine(image, turn, (500, 375), flags=cv2.INTER_LINEAR))

# the turn in float64, rounded once; 0 beyond the image
m = cv2.invertAffineTransform(turn)
y, x = np.mgrid[0:375, 0:500]
column = m[0, 0] * x + m[0, 1] * y + m[0, 2]
row = m[1, 0] * x + m[1, 1] * y + m[1, 2]
left, top = np.floor(column).astype(int), np.floor(row).astype(int)
right, down = column - left, row - top
room = 600
padded = np.pad(image.astype(np.float64), room)
value = 0
for i, lower in enumerate((1 - down, down)):
    for j, across in enumerate((1 - right, right)):
        value = value + lower * across * padded[top + i + room, left + j + room]
save("exact", np.rint(value).astype(np.uint8))
print("Pillow 12.3.0, OpenCV", cv2.__version__)
END
venv/bin/python make.py

cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.bytedeco</groupId>
      <artifactId>opencv</artifactId>
      <version>4.13.0-1.5.13</version>
    </dependency>
    <dependency>
      <groupId>org.bytedeco</groupId>
      <artifactId>opencv</artifactId>
      <version>4.13.0-1.5.13</version>
      <classifier>linux-x86_64</classifier>
    </dependency>
    <dependency>
      <groupId>org.bytedeco</groupId>
      <artifactId>openblas</artifactId>
      <version>0.3.31-1.5.13</version>
      <classifier>linux-x86_64</classifier>
    </dependency>
    <dependency>
      <groupId>org.bytedeco</groupId>
      <artifactId>javacpp</artifactId>
      <version>1.5.13</version>
      <classifier>linux-x86_64</classifier>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory=lib

cat > Compare.java <<'END'
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point2f;
import org.bytedeco.opencv.opencv_core.Size;

class Compare {
    static byte[] read(String name) throws Exception {
        return Files.readAllBytes(Path.of(name + ".u8"));
    }

    static byte[] bytes(Mat mat) {
        byte[] out = new byte[mat.rows() * mat.cols()];
        mat.data().get(out);
        return out;
    }

    static byte[] resized(Mat image, int mode) {
        Mat out = new Mat();
        opencv_imgproc.resize(image, out, new Size(750, 562), 0, 0, mode);
        return bytes(out);
    }

    /** Percent of the pixels that differ. */
    static double differing(String what, byte[] a, byte[] b) {
        int differ = 0;
        int most = 0;
        for (int i = 0; i < a.length; i++) {
            int distance = Math.abs((a[i] & 255) - (b[i] & 255));
            differ += distance > 0 ? 1 : 0;
            most = Math.max(most, distance);
        }
        double percent = 100.0 * differ / a.length;
        System.out.printf("%s: %.2f %% of the pixels differ, by up to %d%n", what, percent, most);
        return percent;
    }

    public static void main(String[] args) throws Exception {
        Mat image = new Mat(375, 500, opencv_core.CV_8UC1, new BytePointer(read("image")));
        Mat turned = new Mat();
        Mat turn = opencv_imgproc.getRotationMatrix2D(new Point2f(250, 187), 10, 1);
        opencv_imgproc.warpAffine(image, turned, turn, new Size(500, 375));
        System.out.println("OpenCV " + opencv_core.CV_VERSION);
        byte[] exact4 = resized(image, opencv_imgproc.INTER_NEAREST_EXACT);
        boolean same = differing("INTER_NEAREST_EXACT to 1.5 times, 5.0 and Pillow", read("NEAREST_EXACT"), read("pillow")) == 0
                & differing("INTER_NEAREST_EXACT to 1.5 times, 4.13 and Pillow", exact4, read("pillow")) > 10
                & differing("warpAffine by 10 degrees, 5.0 and the exact value", read("turned"), read("exact")) < 1
                & differing("warpAffine by 10 degrees, 4.13 and the exact value", bytes(turned), read("exact")) > 30
                & differing("INTER_LINEAR, 5.0 and 4.13", read("LINEAR"), resized(image, opencv_imgproc.INTER_LINEAR)) == 0
                & differing("INTER_CUBIC, 5.0 and 4.13", read("CUBIC"), resized(image, opencv_imgproc.INTER_CUBIC)) > 1;
        System.out.println("OpenCV 5.0.0 and 4.13.0: " + (same
                ? "nearest, affine and cubic pixels differ, linear ones do not"
                : "behave otherwise than when this was found"));
        System.exit(same ? 0 : 1);
    }
}
END
java -cp 'lib/*' Compare.java
