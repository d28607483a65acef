#!/usr/bin/env bash
# TwelveMonkeys imageio-webp 3.14.0 repeats the chroma of a lossy WebP, where libwebp (and with it Pillow and browsers)
# interpolates it. Lossless files are equal. Why this library reads WebP through libwebp.
#
# Makes a noisy image with Pillow, reads it with both, and prints how far they are apart. Exits with 0 while lossy files
# differ by more than 64 levels and lossless ones by none. Needs Python with venv, Maven and a JDK from 17 on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==12.3.0
cat > make.py <<'END'
import random
from PIL import Image, features

random.seed(5)
noise = Image.frombytes("RGB", (64, 48), random.randbytes(64 * 48 * 3))
for name, options in ("lossy", {"quality": 90}), ("lossless", {"lossless": True}):
    noise.save(name + ".webp", **options)
    with open(name + ".rgb", "wb") as out:
        out.write(Image.open(name + ".webp").convert("RGB").tobytes())
print("Pillow 12.3.0 with libwebp", features.version("webp"))
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
      <groupId>com.twelvemonkeys.imageio</groupId>
      <artifactId>imageio-webp</artifactId>
      <version>3.14.0</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory=lib

cat > Compare.java <<'END'
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

class Compare {
    static int farthest(String name) throws Exception {
        byte[] pillow = Files.readAllBytes(Path.of(name + ".rgb"));
        ImageReader reader = ImageIO.getImageReadersByFormatName("webp").next();
        reader.setInput(ImageIO.createImageInputStream(Path.of(name + ".webp").toFile()));
        BufferedImage image = reader.read(0);
        int farthest = 0;
        for (int y = 0, i = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                for (int shift = 16; shift >= 0; shift -= 8) {
                    int level = image.getRGB(x, y) >> shift & 255;
                    farthest = Math.max(farthest, Math.abs(level - (pillow[i++] & 255)));
                }
            }
        }
        System.out.println(name + ": " + reader.getClass().getName() + " is up to " + farthest + " levels off Pillow");
        return farthest;
    }

    public static void main(String[] args) throws Exception {
        boolean same = farthest("lossless") == 0 & farthest("lossy") > 64;
        System.out.println("TwelveMonkeys imageio-webp 3.14.0: " + (same
                ? "lossless WebP is exact, lossy WebP is not what libwebp makes of it"
                : "behaves otherwise than when this was found"));
        System.exit(same ? 0 : 1);
    }
}
END
java -cp 'lib/*' Compare.java
