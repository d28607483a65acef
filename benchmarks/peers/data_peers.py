"""Peers of the questions about data; started by peer.py."""

import os


def masks(folder, what):
    """Each call of pycocotools for one mask, as programs that build on it make them.

    lengths.i4 numbers of coordinates, xy.f8 the coordinates of all polygons, for images of 480x640; strings.txt our texts.
    """
    import numpy as np
    from pycocotools import mask as api

    lengths = np.fromfile(os.path.join(folder, "lengths.i4"), np.int32)
    ends = np.cumsum([0, *lengths])
    xy = np.fromfile(os.path.join(folder, "xy.f8"), np.float64)
    polygons = [xy[a:b].tolist() for a, b in zip(ends, ends[1:])]
    runs = [api.frPyObjects([p], 480, 640)[0] for p in polygons]
    with open(os.path.join(folder, "strings.txt")) as file:
        if [r["counts"].decode() for r in runs] != file.read().split("\n"):
            raise SystemExit("our masks differ from pycocotools'")
    dense = [np.asfortranarray(api.decode(r)) for r in runs[:20]]
    pairs = list(zip(runs, runs[1:]))
    return {
        "rasterizing": lambda: [api.frPyObjects([p], 480, 640) for p in polygons],
        "encoding": lambda: [api.encode(d) for _ in range(20) for d in dense],
        "decoding": lambda: [api.decode(r) for _ in range(20) for r in runs[:20]],
        "merging": lambda: [api.merge([a, b]) for a, b in pairs],
        "iou": lambda: [api.iou([a], [b], [0]) for a, b in pairs],
    }[what]


def index(folder):
    """instances.json"""
    import contextlib
    import io
    import sys

    from pycocotools.coco import COCO

    def peak():
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))

    before = peak()

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            COCO(os.path.join(folder, "instances.json"))
        print("pycocotools' peak beyond its start: %d MB" % (peak() - before), file=sys.stderr)

    return run


def evaluation(folder):
    """truth/*.png, predicted/*.png of 21 labels; 255 does not count."""
    import numpy as np
    from PIL import Image

    names = sorted(os.listdir(os.path.join(folder, "truth")))

    def run():
        confusion = np.zeros((21, 21), np.int64)
        for name in names:
            truth = np.array(Image.open(os.path.join(folder, "truth", name)))
            predicted = np.array(Image.open(os.path.join(folder, "predicted", name)))
            known = truth < 21
            counts = np.bincount(21 * truth[known].astype(int) + predicted[known], minlength=441)
            confusion += counts.reshape(21, 21)
        inter = np.diag(confusion)
        (inter / np.maximum(confusion.sum(0) + confusion.sum(1) - inter, 1)).mean()

    return run


def loader(folder):
    """photos/images/*.jpg, labels/*.png; the same changes as ours, with Pillow, in two workers."""
    import random

    import numpy as np
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    names = sorted(n[:-4] for n in os.listdir(os.path.join(folder, "photos", "images")) if n.endswith(".jpg"))
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    std = np.array([0.229, 0.224, 0.225], np.float32)

    class Photos(Dataset):
        def __len__(self):
            return len(names)

        def __getitem__(self, index):
            name = names[index]
            image = Image.open(os.path.join(folder, "photos", "images", name + ".jpg")).convert("RGB")
            labels = Image.open(os.path.join(folder, "labels", name + ".png"))
            scale = random.uniform(0.5, 1.5)
            size = (round(image.width * scale), round(image.height * scale))
            image = image.resize(size, Image.BILINEAR)
            labels = labels.resize(size, Image.NEAREST)
            if random.random() < 0.5:
                image = image.transpose(Image.FLIP_LEFT_RIGHT)
                labels = labels.transpose(Image.FLIP_LEFT_RIGHT)
            pixels = np.zeros((321, 321, 3), np.float32)
            target = np.full((321, 321), 255, np.int64)
            h, w = min(321, size[1]), min(321, size[0])
            top, left = random.randint(0, size[1] - h), random.randint(0, size[0] - w)
            to_top, to_left = random.randint(0, 321 - h), random.randint(0, 321 - w)
            part = np.asarray(image)[top : top + h, left : left + w].astype(np.float32)
            pixels[to_top : to_top + h, to_left : to_left + w] = (part / 255 - mean) / std
            target[to_top : to_top + h, to_left : to_left + w] = np.asarray(labels)[top : top + h, left : left + w]
            return torch.from_numpy(pixels.transpose(2, 0, 1).copy()), torch.from_numpy(target)

    torch.set_num_threads(1)
    data = DataLoader(Photos(), batch_size=16, shuffle=True, num_workers=2, drop_last=True, persistent_workers=True)

    def run():
        for _ in data:
            pass

    return run
