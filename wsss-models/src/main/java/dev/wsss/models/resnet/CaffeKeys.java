package dev.wsss.models.resnet;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;
import java.util.Map;

/**
 * The layers of the Caffe ResNets of 101 and 152 layers. A normalization is two layers: {@code bn...} holds the sums of
 * mean and variance and their weight, {@code scale...} scale and shift. Blocks are {@code res2a, res2b, res2c} where there
 * are three, {@code res4a, res4b1, res4b2, ...} where there are more.
 */
final class CaffeKeys {
    static final String BLOCK = "res2a_branch1/0";

    private static final Map<String, String> BRANCHES =
            Map.of("1", "shortcut", "2a", "reduce", "2b", "conv3x3", "2c", "increase");

    private CaffeKeys() {}

    /** Adds the rules of the whole backbone, whose keys of ours begin with {@code prefix}. */
    static KeyMap.Builder add(KeyMap.Builder map, String prefix) {
        unit(map, "conv1", "bn_conv1", "scale_conv1", prefix + "layer1.conv1");
        BRANCHES.forEach((branch, name) -> {
            for (int group : List.of(2, 5)) {
                for (int block = 1; block <= 3; block++) {
                    String theirs = group + "" + (char) ('a' + block - 1) + "_branch" + branch;
                    branch(map, theirs, prefix + "layer" + group + ".block" + block + "." + name);
                }
            }
            for (int group : List.of(3, 4)) {
                branch(map, group + "a_branch" + branch, prefix + "layer" + group + ".block1." + name);
                branch(map, group + "b{1+1}_branch" + branch, prefix + "layer" + group + ".block{1+2}." + name);
            }
        });
        return CheckpointFamily.batches(map);
    }

    private static void branch(KeyMap.Builder map, String theirs, String ours) {
        unit(map, "res" + theirs, "bn" + theirs, "scale" + theirs, ours);
    }

    private static void unit(KeyMap.Builder map, String conv, String norm, String scale, String ours) {
        map.rename(conv + "/0", ours + ".conv.weight")
                .rename(scale + "/0", ours + ".bn.weight")
                .rename(scale + "/1", ours + ".bn.bias")
                .quotient(
                        List.of(norm + "/0", norm + "/1"),
                        norm + "/2",
                        List.of(ours + ".bn.running_mean", ours + ".bn.running_var"));
    }
}
