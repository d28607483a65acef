"""Peers in Python. Runs once for each line on standard input and prints the seconds.

usage: peer.py sweep|nearest|resize-pil|resize-cv|views-pil|cam|train|mobile|masks-...|index|evaluation|loader FOLDER THREADS [ARGUMENT...]

FOLDER holds the inputs as files of raw numbers; what each question reads is in its function. "ready" is printed first.
With CHANNELS_LAST=1 in the environment, the networks of cam and train and their images are in torch.channels_last.
"""

import os
import sys
import time

import data_peers

CHANNELS_LAST = os.environ.get("CHANNELS_LAST") == "1"


def sweep(folder):
    """Labels and counts a set of images anew for each threshold, as the reference implementations' evaluation does.

    scores.f32 [images][3][375][500], truth.u8 [images][375][500], of 21 labels; maps are of labels 4, 9 and 16.
    """
    import numpy as np

    scores = np.fromfile(os.path.join(folder, "scores.f32"), np.float32).reshape(-1, 3, 375, 500)
    truth = np.fromfile(os.path.join(folder, "truth.u8"), np.uint8).reshape(-1, 375, 500)
    keys = np.array([0, 4, 9, 16])

    def run():
        for threshold in np.arange(60, dtype=np.float32) * np.float32(0.01):
            confusion = np.zeros((21, 21), np.int64)
            for cam, gt in zip(scores, truth):
                stacked = np.pad(cam, ((1, 0), (0, 0), (0, 0)), constant_values=threshold)
                predicted = keys[np.argmax(stacked, axis=0)]
                known = gt < 21
                counts = np.bincount(21 * gt[known].astype(np.int64) + predicted[known], minlength=441)
                confusion += counts.reshape(21, 21)
            inter = np.diag(confusion)
            union = confusion.sum(0) + confusion.sum(1) - inter
            (inter / np.maximum(union, 1)).mean()

    return run


def nearest(folder):
    """The ten nearest of 30,000 vectors to each of 200 queries: a matrix product and a partial sort.

    vectors.f32 [30000][1280] and queries.f32 [200][1280], of length 1.
    """
    import numpy as np

    vectors = np.fromfile(os.path.join(folder, "vectors.f32"), np.float32).reshape(-1, 1280)
    queries = np.fromfile(os.path.join(folder, "queries.f32"), np.float32).reshape(-1, 1280)

    def run():
        similarities = queries @ vectors.T
        best = np.argpartition(similarities, -10, axis=1)[:, -10:]
        order = np.argsort(-np.take_along_axis(similarities, best, axis=1), axis=1)
        np.take_along_axis(best, order, axis=1)

    return run


def sizes():
    """What follows the threads: height and width of image.u8 [height][width][3], and of what it is resized to."""
    return [int(v) for v in sys.argv[5:9]]


def resize_pil(folder):
    """20 resizes; before the sizes, bilinear or bicubic."""
    import numpy as np
    from PIL import Image

    mode = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}[sys.argv[4]]
    height, width, new_height, new_width = sizes()
    data = np.fromfile(os.path.join(folder, "image.u8"), np.uint8)
    image = Image.fromarray(data.reshape(height, width, 3))

    def run():
        for _ in range(20):
            image.resize((new_width, new_height), mode)

    return run


def resize_cv(folder):
    """20 resizes; before the sizes, linear or cubic."""
    import cv2
    import numpy as np

    cv2.setNumThreads(int(sys.argv[3]))
    mode = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}[sys.argv[4]]
    height, width, new_height, new_width = sizes()
    image = np.fromfile(os.path.join(folder, "image.u8"), np.uint8).reshape(height, width, 3)

    def run():
        for _ in range(20):
            cv2.resize(image, (new_width, new_height), interpolation=mode)

    return run


def views_pil(folder):
    """20 crops, as many pixels a side as the last number, of image.u8 [height][width][3] at 0.5 to 1.5 times its size."""
    import numpy as np
    from PIL import Image

    height, width, side = [int(v) for v in sys.argv[4:7]]
    data = np.fromfile(os.path.join(folder, "image.u8"), np.uint8)
    image = Image.fromarray(data.reshape(height, width, 3))

    def run():
        for i in range(20):
            scale = 0.5 + i / 19
            w, h = round(width * scale), round(height * scale)
            left, top = max(0, w - side) // 2, max(0, h - side) // 2
            resized = image.resize((w, h), Image.BILINEAR)
            np.asarray(resized.crop((left, top, left + side, top + side)))

    return run


def bottleneck(channels, width, stride, first_dilation, dilation):
    import torch
    from torch import nn

    class Bottleneck(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, stride, first_dilation, first_dilation, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(4 * width)
            self.down = None
            if stride > 1 or channels != 4 * width:
                self.down = nn.Sequential(
                    nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
                )

        def forward(self, x):
            y = torch.relu_(self.bn1(self.conv1(x)))
            y = torch.relu_(self.bn2(self.conv2(y)))
            y = self.bn3(self.conv3(y))
            return torch.relu_(y.add_(x if self.down is None else self.down(x)))

    return Bottleneck()


def cam(folder):
    """ResNet-50 of output stride 16 on four scales of image.f32 [3][375][500] and their mirror images."""
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(int(sys.argv[3]))
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, blocks, stride, dilation in ((64, 3, 1, 1), (128, 4, 2, 1), (256, 6, 2, 1), (512, 3, 1, 2)):
        for i in range(blocks):
            layers.append(bottleneck(channels, width, stride if i == 0 else 1, 1 if i == 0 else dilation, dilation))
            channels = 4 * width
    layers.append(nn.Conv2d(channels, 20, 1, bias=False))
    network = nn.Sequential(*layers).eval()
    image = np.fromfile(os.path.join(folder, "image.f32"), np.float32).reshape(1, 3, 375, 500)
    image = torch.from_numpy(image)
    if CHANNELS_LAST:
        network = network.to(memory_format=torch.channels_last)
        image = image.to(memory_format=torch.channels_last)

    def run():
        with torch.no_grad():
            total = 0
            for scale in (0.5, 1, 1.5, 2):
                size = (round(375 * scale), round(500 * scale))
                x = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
                maps = torch.relu(network(torch.cat([x, x.flip(-1)])))
                maps = maps[:1, [3, 8, 15]] + maps[1:, [3, 8, 15]].flip(-1)
                total = total + F.interpolate(maps, size=(375, 500), mode="bilinear", align_corners=False)
            total / (total.amax((2, 3), keepdim=True) + 1e-5)

    return run


def mobile(folder):
    """Passes of a network of random weights; reads nothing. What, type, whether channels_last, and number follow."""
    import torch

    torch.set_num_threads(int(sys.argv[3]))
    import mobile_peers

    what, dtype, channels_last, passes = sys.argv[4:8]
    forward = mobile_peers.network(what, dtype, channels_last == "1")

    def run():
        for _ in range(int(passes)):
            forward()

    return run


def train(folder):
    """One step of PPC; reads nothing."""
    import torch

    torch.set_num_threads(int(sys.argv[3]))
    import ppc_step

    return ppc_step.step(CHANNELS_LAST)


def main():
    questions = {"sweep": sweep, "nearest": nearest, "resize-pil": resize_pil, "resize-cv": resize_cv, "views-pil": views_pil}
    questions |= {"cam": cam, "train": train, "mobile": mobile}
    questions |= {"index": data_peers.index, "evaluation": data_peers.evaluation, "loader": data_peers.loader}
    question, folder = sys.argv[1:3]
    if question.startswith("masks-"):
        run = data_peers.masks(folder, question.removeprefix("masks-"))
    else:
        run = questions[question](folder)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
