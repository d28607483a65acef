"""MobileNet v2 and DeepLab v3 on it, as torchvision builds them, with random weights; started by peer.py."""

import torch
import torch.nn.functional as F
from torch import nn

# expansion, channels, blocks, stride of the first (Sandler et al., arXiv 1801.04381, table 2)
BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def unit(ins, outs, kernel=1, stride=1, dilation=1, groups=1, activation=nn.ReLU6):
    padding = dilation * (kernel - 1) // 2
    layers = [nn.Conv2d(ins, outs, kernel, stride, padding, dilation, groups, bias=False), nn.BatchNorm2d(outs)]
    return layers + ([activation(True)] if activation else [])


class Block(nn.Module):
    def __init__(self, ins, outs, expansion, stride, dilation):
        super().__init__()
        inner = ins * expansion
        layers = unit(ins, inner) if expansion > 1 else []
        layers += unit(inner, inner, 3, stride, dilation, inner)
        self.path = nn.Sequential(*layers, *unit(inner, outs, activation=None))
        self.residual = stride == 1 and ins == outs

    def forward(self, x):
        y = self.path(x)
        return x + y if self.residual else y


def trunk(output_stride):
    """The strides beyond the output stride are dilations; their block itself keeps the dilation before."""
    layers = unit(3, 32, 3, 2)
    channels, stride, dilation = 32, 2, 1
    for expansion, outs, blocks, step in BLOCKS:
        for i in range(blocks):
            s, d = (step, dilation) if i == 0 else (1, dilation)
            if s > 1 and stride * s > output_stride:
                dilation *= s
                s = 1
            stride *= s
            layers.append(Block(channels, outs, expansion, s, d))
            channels = outs
    return layers


class DeepLab(nn.Module):
    """Without dilated branches, as the files for phones have it: the mean of the map and the map."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(*trunk(16))
        self.point = nn.Sequential(*unit(320, 256, activation=nn.ReLU))
        self.mean = nn.Sequential(*unit(320, 256, activation=nn.ReLU))
        self.join = nn.Sequential(*unit(512, 256, activation=nn.ReLU))
        self.scores = nn.Conv2d(256, 21, 1)

    def forward(self, x):
        y = self.trunk(x)
        mean = self.mean(y.mean((2, 3), keepdim=True)).expand(-1, -1, *y.shape[2:])
        logits = self.scores(self.join(torch.cat([self.point(y), mean], 1)))
        return F.interpolate(logits, x.shape[2:], mode="bilinear", align_corners=True)


def classifier():
    return nn.Sequential(
        *trunk(32), *unit(320, 1280), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1001)
    )


def network(which, dtype, channels_last):
    """A pass of a network on one image: which is classifier (224x224) or segmenter (513x513)."""
    side = {"classifier": 224, "segmenter": 513}[which]
    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16}[dtype]
    model = (classifier() if which == "classifier" else DeepLab()).eval().to(dtype)
    image = torch.randn(1, 3, side, side).to(dtype)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        image = image.to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            model(image)

    return run
