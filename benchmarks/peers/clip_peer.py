"""Peer of ClipPairs: MaskCLIP's dense features of CLIP's ViT-B/16 in PyTorch, run once for each line on standard input.

python clip_peer.py {published|fused} FOLDER THREADS

FOLDER holds the tower's weights (vit.safetensors, OpenAI's names less "visual.") and the image (image.f32, 512x1024).
"published" computes as MaskCLIP's and CARB's code: torch.nn.MultiheadAttention with its maps, in the last block the
attention as well as query, key and value. "fused" computes what Java computes: scaled_dot_product_attention, of the last
block the value alone. Answers "ready", then the seconds of each run; the features go to FOLDER/<form>.f32.
"""

import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

HEIGHT, WIDTH, PATCH, LAYERS, HEADS, EPS = 512, 1024, 16, 12, 12, 1e-6


def weights(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(size))
        data = bytearray(f.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(
            data, dtype=torch.float32, count=math.prod(t["shape"]), offset=t["data_offsets"][0]
        ).reshape(t["shape"])
        for name, t in header.items()
    }


class Block(nn.Module):
    def __init__(self, width, fused):
        super().__init__()
        self.fused = fused
        self.ln_1 = nn.LayerNorm(width, EPS)
        self.attn = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, EPS)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attention(self, x):
        if not self.fused:
            return self.attn(x, x, x)[0]
        n, length, width = x.shape
        qkv = F.linear(x, self.attn.in_proj_weight, self.attn.in_proj_bias)
        q, k, v = (t.view(n, length, HEADS, -1).transpose(1, 2) for t in qkv.chunk(3, -1))
        seen = F.scaled_dot_product_attention(q, k, v)
        return self.attn.out_proj(seen.transpose(1, 2).reshape(n, length, width))

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))

    def values(self, x):
        y = self.ln_1(x)
        width = x.shape[-1]
        if self.fused:
            v = F.linear(y, self.attn.in_proj_weight[2 * width :], self.attn.in_proj_bias[2 * width :])
            v = self.attn.out_proj(v)
        else:
            self.forward(x)
            qkv = F.linear(y, self.attn.in_proj_weight, self.attn.in_proj_bias)
            q, k, v = (self.attn.out_proj(t) for t in qkv.chunk(3, -1))
        v = v + x
        return v + self.mlp(self.ln_2(v))


class Tower(nn.Module):
    def __init__(self, w, fused):
        super().__init__()
        width = w["conv1.weight"].shape[0]
        self.conv1 = nn.Conv2d(3, width, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(w["class_embedding"])
        self.positional_embedding = nn.Parameter(w["positional_embedding"])
        self.proj = nn.Parameter(w["proj"])
        self.ln_pre = nn.LayerNorm(width, EPS)
        self.ln_post = nn.LayerNorm(width, EPS)
        self.blocks = nn.ModuleList(Block(width, fused) for _ in range(LAYERS))
        names = {"transformer.resblocks.": "blocks.", "mlp.c_fc.": "mlp.0.", "mlp.c_proj.": "mlp.2."}
        state = {}
        for key, value in w.items():
            for theirs, ours in names.items():
                key = key.replace(theirs, ours)
            state[key] = value
        self.load_state_dict(state)

    def positions(self, rows, columns):
        p = self.positional_embedding
        side = math.isqrt(p.shape[0] - 1)
        grid = p[1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(rows, columns), mode="bicubic", align_corners=False)
        return torch.cat([p[:1], grid.flatten(2).transpose(1, 2)[0]])

    def forward(self, image):
        x = self.conv1(image)
        rows, columns = x.shape[2:]
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1)
        x = self.ln_pre(x + self.positions(rows, columns))
        for block in self.blocks[:-1]:
            x = block(x)
        if self.blocks[-1].fused:
            v = self.blocks[-1].values(x[:, 1:])
        else:
            v = self.blocks[-1].values(x)[:, 1:]
        v = self.ln_post(v) @ self.proj
        return v.transpose(1, 2).reshape(x.shape[0], -1, rows, columns)


def main(form, folder, threads):
    torch.set_num_threads(threads)
    tower = Tower(weights(f"{folder}/vit.safetensors"), form == "fused").eval()
    with open(f"{folder}/image.f32", "rb") as f:
        image = torch.frombuffer(bytearray(f.read()), dtype=torch.float32).reshape(1, 3, HEIGHT, WIDTH)
    print("ready", flush=True)
    with torch.inference_mode():
        for _ in sys.stdin:
            start = time.perf_counter()
            features = tower(image)
            seconds = time.perf_counter() - start
            with open(f"{folder}/{form}.f32", "wb") as f:
                f.write(features.contiguous().numpy().tobytes())
            print(seconds, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
