"""Writes colours.safetensors, beside this file: what Pillow and OpenCV make of small images.

Made with Pillow 12.3.0, OpenCV 5.0.0, NumPy 2.4. Rows are shorter than OpenCV's vectors: see ColourOperation.
"""

import json
import os
import struct

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps


def hue(image, part):
    h, s, v = image.convert("HSV").split()
    turned = np.array(h, dtype=np.int32) + int(part * 255)
    return Image.merge("HSV", (Image.fromarray((turned % 256).astype(np.uint8)), s, v)).convert("RGB")


PILLOW = {
    "BRIGHTNESS": (lambda im, f: ImageEnhance.Brightness(im).enhance(f), [0, 0.37, 1, 1.63]),
    "CONTRAST": (lambda im, f: ImageEnhance.Contrast(im).enhance(f), [0, 0.41, 1.77]),
    "SATURATION": (lambda im, f: ImageEnhance.Color(im).enhance(f), [0, 0.55, 1.9]),
    "HUE": (hue, [-0.25, -0.003, 0, 0.1, 0.49]),
    "SHARPNESS": (lambda im, f: ImageEnhance.Sharpness(im).enhance(f), [0, 0.6, 1.8]),
    "GREY": (lambda im, f: ImageOps.grayscale(im).convert("RGB"), [1]),
    "INVERT": (lambda im, f: ImageOps.invert(im), [1]),
    "POSTERIZE": (lambda im, f: ImageOps.posterize(im, f), [1, 4, 8]),
    "SOLARIZE": (lambda im, f: ImageOps.solarize(im, f), [0, 110, 256]),
    "EQUALIZE": (lambda im, f: ImageOps.equalize(im), [1]),
    "AUTOCONTRAST": (lambda im, f: ImageOps.autocontrast(im), [1]),
    "BLUR": (lambda im, f: im.filter(ImageFilter.GaussianBlur(f)), [0.1, 0.8, 1.5, 2.0, 9.0]),
}

OPENCV = {
    "CV_ADD": [-20.5, 31.9],
    "CV_MULTIPLY": [0.5, 1.43],
    "CV_SATURATION": [0.6, 1.27],
    "CV_HUE": [-18, -1, 17],
    "CV_ABS_ADD": [-24.7, 13.2],
    "CV_ABS_MULTIPLY": [0.61, 1.39],
    "CV_ABS_SATURATION": [0.5, 1.5],
    "CV_ABS_HUE": [-25, 11.5],
}


def truncated(values):
    return np.clip(values, 0, 255).astype(np.uint8)


def opencv(name, bgr, amount):
    full = name in ("CV_ABS_SATURATION", "CV_ABS_HUE")
    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV_FULL if full else cv2.COLOR_BGR2HSV)
    if name == "CV_ADD":
        return truncated(bgr.astype(np.float32) + np.float32(amount))
    if name == "CV_MULTIPLY":
        return truncated(bgr.astype(np.float32) * np.float32(amount))
    if name == "CV_ABS_ADD":
        return cv2.convertScaleAbs(bgr, alpha=1, beta=amount)
    if name == "CV_ABS_MULTIPLY":
        return cv2.convertScaleAbs(bgr, alpha=amount, beta=0)
    if name == "CV_SATURATION":
        hsv[:, :, 1] = truncated(hsv[:, :, 1].astype(np.float32) * np.float32(amount))
    elif name == "CV_HUE":
        hsv[:, :, 0] = (hsv[:, :, 0].astype(int) + amount) % 180
    elif name == "CV_ABS_SATURATION":
        hsv[:, :, 1] = cv2.convertScaleAbs(np.ascontiguousarray(hsv[:, :, 1]), alpha=amount, beta=0)
    else:
        hsv[:, :, 0] = cv2.convertScaleAbs(np.ascontiguousarray(hsv[:, :, 0]), alpha=1, beta=amount)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR_FULL if full else cv2.COLOR_HSV2BGR)


def noise(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def scene(height, width):
    y, x = np.mgrid[0:height, 0:width]
    waves = [40 + 150 * np.sin(x / 5.0) ** 2, 30 + 90 * np.cos(y / 4.0) ** 2 + x, (x * y) % 97 + 20]
    return truncated(np.stack(waves, -1) + np.random.default_rng(2).normal(0, 6, (height, width, 3)))


def write(path, tensors, metadata):
    header, body = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        data = np.ascontiguousarray(values).tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "U8", "shape": list(values.shape), "data_offsets": offsets}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def main():
    images = {
        "noise": noise(9, 11, 1),
        "scene": scene(17, 23),
        "flat": np.full((3, 4, 3), (10, 200, 77), np.uint8),
        "pixel": noise(1, 1, 3),
        "row": noise(1, 7, 4),
    }
    tensors = {}
    for name, rgb in images.items():
        tensors["in." + name] = rgb
        for operation, (function, amounts) in PILLOW.items():
            for amount in amounts:
                tensors[f"out.{name}.{operation}@{amount}"] = np.array(function(Image.fromarray(rgb), amount))
        for operation, amounts in OPENCV.items():
            for amount in amounts:
                changed = opencv(operation, np.ascontiguousarray(rgb[:, :, ::-1]), amount)
                tensors[f"out.{name}.{operation}@{amount}"] = changed[:, :, ::-1]
    made_by = f"Pillow {Image.__version__}, OpenCV {cv2.__version__}"
    folder = os.path.dirname(os.path.abspath(__file__))
    write(os.path.join(folder, "colours.safetensors"), tensors, {"made_by": made_by})


if __name__ == "__main__":
    main()
