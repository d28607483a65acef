package dev.wsss.models.resnet;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;
import java.util.Map;

/**
 * The layers of "model A1" in MXNet's {@code .params}: convolutions {@code arg:resNx_branchB_weight}, normalizations
 * {@code bnNx_branchB} with {@code arg:..._gamma, arg:..._beta, aux:..._moving_mean, aux:..._moving_var}. Blocks are {@code
 * 2a, 2b1, 2b2}; the first of a stage is our {@code b2}, the others {@code b2_1, b2_2}.
 */
final class MxNetResNet38Keys {
    /** Blocks of each stage after its first. */
    private static final Map<Integer, Integer> FURTHER = Map.of(2, 2, 3, 2, 4, 5, 5, 2, 6, 0, 7, 0);

    private static final List<String> BRANCHES = List.of("2a", "2b1", "2b2");

    private MxNetResNet38Keys() {}

    static KeyMap map() {
        KeyMap.Builder map = KeyMap.builder().rename("arg:conv1a_weight", "conv1a.weight");
        FURTHER.forEach((stage, further) -> {
            block(map, stage + "a", "b" + stage);
            for (int i = 1; i <= further; i++) {
                block(map, stage + "b" + i, "b" + stage + "_" + i);
            }
        });
        norm(map, "bn7", "bn7");
        return CheckpointFamily.batches(map).dropTheirs("arg:linear1000_*").build();
    }

    private static void block(KeyMap.Builder map, String theirs, String ours) {
        map.rename("arg:res" + theirs + "_branch1_weight", ours + ".conv_branch1.weight");
        for (String branch : BRANCHES) {
            map.rename("arg:res" + theirs + "_branch" + branch + "_weight", ours + ".conv_branch" + branch + ".weight");
            norm(map, "bn" + theirs + "_branch" + branch, ours + ".bn_branch" + branch);
        }
    }

    private static void norm(KeyMap.Builder map, String theirs, String ours) {
        map.rename("arg:" + theirs + "_gamma", ours + ".weight")
                .rename("arg:" + theirs + "_beta", ours + ".bias")
                .rename("aux:" + theirs + "_moving_mean", ours + ".running_mean")
                .rename("aux:" + theirs + "_moving_var", ours + ".running_var");
    }
}
