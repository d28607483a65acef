"""Peer of CheckpointLoad: torch.load(mmap=True, weights_only=True) and load_state_dict, by the same rules.

python checkpoint.py FILE LOADS prints one line: the seconds of the first load and the median of the others, MB at the peak
and beyond what the process had with its network before, and the last value, to be compared.
"""

import resource
import statistics
import sys
import time

import torch

THREADS = 2


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1024, 4096))
        # zeros come as pages that are not there yet; the first load is not to pay for them
        self.weight.data.fill_(0.0)


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def main(file, loads):
    torch.set_num_threads(THREADS)
    network = torch.nn.Module()
    for i in range(64):
        network.add_module(f"layer{i}", Layer())
    before = resident()
    seconds = []
    for _ in range(loads):
        start = time.perf_counter()
        network.load_state_dict(torch.load(file, mmap=True, weights_only=True))
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    last = network.state_dict()["layer63.weight"][-1, -1].item()
    later = statistics.median(seconds[1:] or seconds)
    print(f"{seconds[0]:.3f} {later:.3f} {peak >> 20} {(peak - before) >> 20} {last:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
