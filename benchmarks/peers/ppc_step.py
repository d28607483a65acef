"""PPC's training step on SEAM with a ResNet-38, as its authors compute it: the peer of TrainStepBenchmark.

Two views of one image, 448 and 128 pixels; forward, losses and backward in float32, without the optimiser. Weights are
random, shapes and arithmetic are the published ones, loops are where the published code has them. Negatives that it
draws at random and never uses are left out.
"""

import random

import torch
import torch.nn.functional as F
from torch import nn

EPS = 1e-5
CLASSES = 21  # the background is the first
GRID = 16
TEMPERATURE = 0.1
WEIGHT = 0.1
BACKGROUND_SCORE = 0.2


def conv(channels, out, kernel=1, stride=1, dilation=1):
    layer = nn.Conv2d(channels, out, kernel, stride, kernel // 2 * dilation, dilation, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class Block(nn.Module):
    """Two 3x3 convolutions, normalisation first; gives the sum and what the block's first activation was."""

    def __init__(self, channels, middle, out, stride, first_dilation, dilation):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, middle, 3, stride, first_dilation)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv2 = conv(middle, out, 3, 1, dilation)
        self.shortcut = conv(channels, out, 1, stride) if stride > 1 or channels != out else None

    def forward(self, x):
        activated = F.relu(self.bn1(x), inplace=True)
        y = self.conv2(F.relu(self.bn2(self.conv1(activated)), inplace=True))
        return y + (x if self.shortcut is None else self.shortcut(activated)), activated


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions; whole channels drop before the last two."""

    def __init__(self, channels, out, dropout):
        super().__init__()
        self.dropout = dropout
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, out // 4)
        self.bn2 = nn.BatchNorm2d(out // 4)
        self.conv2 = conv(out // 4, out // 2, 3, 1, 4)
        self.bn3 = nn.BatchNorm2d(out // 2)
        self.conv3 = conv(out // 2, out)
        self.shortcut = conv(channels, out)

    def forward(self, x):
        activated = F.relu(self.bn1(x), inplace=True)
        y = F.relu(self.bn2(self.conv1(activated)), inplace=True)
        y = self.conv2(F.dropout2d(y, self.dropout))
        y = F.relu(self.bn3(y), inplace=True)
        y = self.conv3(F.dropout2d(y, self.dropout))
        return y + self.shortcut(activated), activated


class Network(nn.Module):
    """Gives the maps and the refined maps at the image's size, the refined maps and the projection on the grid."""

    def __init__(self):
        super().__init__()
        self.conv1a = conv(3, 64, 3)
        blocks = []
        channels = 64
        for count, middle, out, stride, first_dilation, dilation in (
            (3, 128, 128, 2, 1, 1),
            (3, 256, 256, 2, 1, 1),
            (6, 512, 512, 2, 1, 1),
            (3, 512, 1024, 1, 1, 2),
        ):
            for i in range(count):
                first = i == 0
                blocks.append(
                    Block(channels, middle, out, stride if first else 1, first_dilation if first else dilation, dilation)
                )
                channels = out
        blocks += [Bottleneck(1024, 2048, 0.3), Bottleneck(2048, 4096, 0.5)]
        self.blocks = nn.ModuleList(blocks)
        self.bn7 = nn.BatchNorm2d(4096)
        self.fc8 = conv(4096, CLASSES)
        self.fc_proj = conv(4096, 128)
        self.f8_3 = conv(512, 64)
        self.f8_4 = conv(1024, 128)
        self.f9 = conv(3 + 64 + 128, 192)
        self.freeze()

    def freeze(self):
        """conv1a, b2 and all norms, which keep their running statistics."""
        for norm in self.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.eval()
                norm.requires_grad_(False)
        self.conv1a.requires_grad_(False)
        self.blocks[:3].requires_grad_(False)

    def forward(self, images):
        x = self.conv1a(images)
        taps = []
        for block in self.blocks:
            x, activated = block(x)
            taps.append(activated)
        conv4, conv5 = taps[12].detach(), taps[15].detach()
        last = F.dropout2d(F.relu(self.bn7(x), inplace=True), 0.5)
        del taps
        maps = self.fc8(last)
        refined = self.correlate(images, maps, conv4, conv5)
        projection = F.relu(self.fc_proj(last))
        return resize(maps, images), resize(refined, images), refined, projection

    def correlate(self, images, maps, conv4, conv5):
        with torch.no_grad():
            scores = F.relu(maps)
            peak = scores.flatten(2).max(-1)[0][..., None, None] + EPS
            scores = F.relu(scores - EPS) / peak
            highest = scores[:, 1:].max(1, keepdim=True)[0]
            scores[:, :1] = 1 - highest
            scores[:, 1:][scores[:, 1:] < highest] = 0
        parts = [resize(images, conv4), F.relu(self.f8_3(conv4)), F.relu(self.f8_4(conv5))]
        features = self.f9(torch.cat(parts, 1)).flatten(2)
        features = features / (features.norm(dim=1, keepdim=True) + EPS)
        weights = F.relu(features.transpose(1, 2) @ features, inplace=True)
        weights = weights / (weights.sum(1, keepdim=True) + EPS)
        return (scores.flatten(2) @ weights).view_as(scores)


def resize(maps, like):
    return F.interpolate(maps, size=like.shape[2:], mode="bilinear", align_corners=True)


def max_norm(maps):
    maps = F.relu(maps)
    flat = maps.flatten(2)
    high = flat.max(-1)[0][..., None, None]
    low = flat.min(-1)[0][..., None, None]
    return F.relu(maps - low - EPS) / (high - low + EPS)


def max_one_hot(maps):
    maps = maps.clone()
    classes = maps[:, 1:]
    classes[classes != classes.max(1, keepdim=True)[0]] = 0
    return maps


def classification(maps, label):
    logits = F.adaptive_avg_pool2d(maps, 1)
    return F.multilabel_soft_margin_loss(logits[:, 1:, 0, 0], label[:, 1:, 0, 0])


def min_pooling(refined, label):
    highest = (refined * label)[:, 1:].max(1)[0].flatten(1)
    k = highest.shape[1] // 4
    return F.relu(highest.topk(k, largest=False)[0]).sum() / (k * highest.shape[0])


def with_background(maps):
    return torch.cat([1 - maps[:, 1:].max(1, keepdim=True)[0], maps[:, 1:]], 1)


def hardest(target, refined):
    difference = (max_one_hot(target.detach()) - refined).abs().flatten(1)
    return difference.topk(int(difference.shape[1] * 0.2))[0].mean()


def seam_loss(one, two, label):
    (maps1, refined1), (maps2, refined2) = one[:2], two[:2]
    separate = classification(maps1, label) + classification(maps2, label)
    separate = separate + min_pooling(refined1, label) + min_pooling(refined2, label)
    c1 = resize(max_norm(maps1), maps2) * label
    v1 = resize(max_norm(refined1), maps2) * label
    c2 = max_norm(maps2) * label
    v2 = max_norm(refined2) * label
    equivariance = (c1[:, 1:] - c2[:, 1:]).abs().mean()
    return separate / 2 + equivariance + hardest(with_background(c2), v1) + hardest(with_background(c1), v2)


def pixels(maps):
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def prototypes_and_labels(projection, refined, label):
    """Prototypes [21][128] of the pixels that score highest, and each pixel's class."""
    with torch.no_grad():
        scores = F.relu(refined)
        flat = scores.flatten(2)
        high = flat.max(-1)[0][..., None, None]
        low = flat.min(-1)[0][..., None, None]
        scores[scores < low + EPS] = 0
        scores = (scores - low - EPS) / (high - low + EPS)
        scores[:, 0] = BACKGROUND_SCORE
        labels = F.softmax(scores * label, 1).argmax(1).flatten()
        values, indices = scores.transpose(0, 1).flatten(1).topk(GRID * GRID // 8)
        features = pixels(projection.detach())
        prototypes = torch.zeros(CLASSES, features.shape[1])
        for c in range(CLASSES):
            prototypes[c] = (values[c, :, None] * features[indices[c]]).sum(0) / values[c].sum()
        return F.normalize(prototypes, dim=1), labels


def contrast(features, labels, prototypes):
    positive = torch.exp((features * prototypes[labels]).sum(1) / TEMPERATURE)
    every = torch.exp(features @ prototypes.T / TEMPERATURE).sum(1)
    return -torch.log(positive / every).mean()


def mined_contrast(features, labels, prototypes):
    """Against prototypes of ranks 4 to 13, of pixels drawn and pixels that are hard, class by class."""
    similarity = (features * prototypes[labels]).sum(1)
    positive = torch.exp(similarity / TEMPERATURE)
    with torch.no_grad():
        ranks = (features @ prototypes.T).topk(13)[1][:, 3:]
    others = torch.cat([prototypes[labels][:, None], prototypes[ranks]], 1)
    every = torch.exp((features[:, None] @ others.transpose(1, 2))[:, 0] / TEMPERATURE).sum(1)
    total = 0
    present = labels.unique().tolist()
    for c in present:
        chosen = labels == c
        p, e, s = positive[chosen], every[chosen], similarity[chosen].detach()
        n = p.shape[0]
        if n < 2:
            continue
        drawn = torch.tensor(random.sample(range(n), n // 2))
        end = int(n * 0.6)
        hard = s.topk(end, largest=False)[1][end - n // 2 :]
        indices = torch.cat([drawn, hard])
        total = total - torch.log(p[indices] / e[indices]).mean()
    return total / len(present)


def contrast_loss(one, two, label):
    sides = []
    for _, _, refined, projection in (one, two):
        refined, projection = (
            F.interpolate(maps, size=(GRID, GRID), mode="bilinear", align_corners=True)
            for maps in (refined.detach(), projection)
        )
        sides.append((F.normalize(pixels(projection), dim=1), *prototypes_and_labels(projection, refined, label)))
    (f1, p1, y1), (f2, p2, y2) = sides
    cross_prototype = contrast(f1, y1, p2) + contrast(f2, y2, p1)
    cross_cam = contrast(f1, y2, p1) + contrast(f2, y1, p2)
    intra_view = mined_contrast(f1, y1, p1) + mined_contrast(f2, y2, p2)
    return WEIGHT * (cross_prototype + cross_cam + intra_view) / 2


def step(channels_last=False):
    """A function that runs one step; with the network and the images in torch.channels_last if asked."""
    network = Network()
    first, second = torch.rand(1, 3, 448, 448), torch.rand(1, 3, 128, 128)
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        first, second = (view.to(memory_format=torch.channels_last) for view in (first, second))
    label = torch.zeros(1, CLASSES, 1, 1)
    label[:, [0, 4, 5]] = 1

    def run():
        one, two = network(first), network(second)
        loss = seam_loss(one, two, label) + contrast_loss(one, two, label)
        loss.backward()
        for parameter in network.parameters():
            parameter.grad = None
        return loss.item()

    return run
