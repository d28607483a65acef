package dev.wsss.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyMapTest {
    private static final HostArray ZERO = HostArray.ofLongs(new long[1]);

    private static HostArray array(Random random, DType dtype, long... shape) {
        byte[] bytes = new byte[(int) HostArray.elements(shape) * dtype.bytes()];
        random.nextBytes(bytes);
        return HostArray.of(dtype, shape, ByteBuffer.wrap(bytes));
    }

    private static HostArray counted(long... shape) {
        int[] values = new int[(int) HostArray.elements(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return HostArray.ofInts(values, shape);
    }

    private static Map<String, HostArray> entries(String... keys) {
        Map<String, HostArray> map = new LinkedHashMap<>();
        for (String key : keys) {
            map.put(key, counted(2));
        }
        return map;
    }

    @Test
    void rulesRenameBothWays() {
        KeyMap map = KeyMap.builder()
                .rename("head.w", "classifier.weight")
                .rename("res{1}b{2+1}_{*}", "layer{1}.block{2+2}.{*}")
                .rename("res{1}a_{*}", "layer{1}.block1.{*}")
                .prefix("net.", "")
                .prefix("net.deep.", "d.")
                .build();
        Map<String, HostArray> theirs =
                entries("head.w", "res3a_x", "res3b1_x.y", "res3b22_x", "net.stem.w", "net.deep.w");
        Map<String, HostArray> ours = map.toOurs(theirs);
        assertThat(ours.keySet())
                .containsExactly(
                        "classifier.weight",
                        "layer3.block1.x",
                        "layer3.block2.x.y",
                        "layer3.block23.x",
                        "stem.w",
                        "d.w");
        assertThat(map.toTheirs(ours)).isEqualTo(theirs);
        assertThat(map.inverse().inverse().toOurs(theirs)).isEqualTo(ours);
        // nothing was copied
        assertThat(ours.get("d.w")).isSameAs(theirs.get("net.deep.w"));
    }

    @Test
    void qkvIsSplitAndJoined() {
        KeyMap map = KeyMap.builder()
                .split("attn.{1}.qkv.weight", 0, "a.{1}.q.weight", "a.{1}.k.weight", "a.{1}.v.weight")
                .split("attn.{1}.qkv.bias", 0, "a.{1}.q.bias", "a.{1}.k.bias", "a.{1}.v.bias")
                .join(1, List.of("left", "right"), "both")
                .build();
        Map<String, HostArray> theirs = new LinkedHashMap<>();
        theirs.put("attn.7.qkv.weight", counted(6, 2));
        theirs.put("attn.7.qkv.bias", counted(6));
        theirs.put("right", counted(2, 2));
        theirs.put("left", counted(2, 2));
        Map<String, HostArray> ours = map.toOurs(theirs);
        assertThat(ours)
                .containsEntry("a.7.k.weight", HostArray.ofInts(new int[] {4, 5, 6, 7}, 2, 2))
                .containsEntry("a.7.v.bias", HostArray.ofInts(new int[] {4, 5}, 2))
                .containsEntry("both", HostArray.ofInts(new int[] {0, 1, 0, 1, 2, 3, 2, 3}, 2, 4))
                .hasSize(7);
        assertThat(map.toTheirs(ours)).isEqualTo(theirs);

        ours.remove("a.7.k.bias");
        assertThatThrownBy(() -> map.toTheirs(ours))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("needs 'a.7.k.bias'");
        ours.put("a.7.k.bias", counted(3));
        assertThatThrownBy(() -> map.toTheirs(ours)).hasMessageContaining("must have one type and shape");
        theirs.put("attn.7.qkv.bias", counted(7));
        assertThatThrownBy(() -> map.toOurs(theirs))
                .hasMessageContaining("'attn.7.qkv.bias': shape [7] cannot be split into 3 equal parts along axis 0");
    }

    @Test
    void layoutsRearrange() {
        // Swin's reduction takes its four neighbours as (column, row, channel), unfold as (channel, row, column)
        Layout merge = Layout.of("o (w h c) -> o (c h w)").with("w", 2).with("h", 2);
        HostArray merged = merge.apply(counted(1, 8));
        assertThat(merged.toInts()).containsExactly(0, 4, 2, 6, 1, 5, 3, 7);
        assertThat(merge.inverse().apply(merged)).isEqualTo(counted(1, 8));
        // the same by blocks and a transposition
        assertThat(Layout.reorder(1, 0, 2, 1, 3)
                        .then(Layout.of("o (n c) -> o (c n)").with("n", 4))
                        .apply(counted(1, 8)))
                .isEqualTo(merged);

        Layout conv = Layout.of("o i -> o i 1 1");
        assertThat(conv.apply(counted(2, 3)).shape()).containsExactly(2, 3, 1, 1);
        assertThat(conv.inverse().apply(counted(2, 3, 1, 1))).isEqualTo(counted(2, 3));

        Layout table = Layout.of("1 (h w) d -> 1 d h w").with("h", 2).with("w", 3);
        assertThat(table.apply(counted(1, 6, 2)).shape()).containsExactly(1, 2, 2, 3);
        assertThat(table.apply(counted(1, 6, 2)).toInts()).containsExactly(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11);

        assertThat(Layout.reorder(1, 2, 1, 0).apply(counted(1, 3, 2)).toInts()).containsExactly(4, 5, 2, 3, 0, 1);
        assertThat(Layout.of("o i h w -> o i h w").apply(counted(1, 2, 1, 1))).isEqualTo(counted(1, 2, 1, 1));
        assertThat(Layout.of("a b -> b a").apply(counted(0, 3)).shape()).containsExactly(3, 0);
        assertThat(Layout.of("-> 1").apply(counted()).shape()).containsExactly(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a b",
                "a -> b",
                "a a -> a",
                "a -> a a",
                "(a -> a",
                "a) -> a",
                "((a)) -> a",
                "a -> a 2",
                "a b -> (a 1 b)",
                "ä -> ä"
            })
    void patternsThatAreNone(String pattern) {
        assertThatThrownBy(() -> Layout.of(pattern))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(pattern);
    }

    @Test
    void layoutsRefuseShapesAndSayWhich() {
        Layout layout = Layout.of("(h w) d -> h w d").with("h", 2).with("w", 2);
        assertThatThrownBy(() -> layout.apply(counted(5, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("[5, 1]")
                .hasMessageContaining("(h w) d -> h w d with {h=2, w=2}");
        assertThatThrownBy(() -> layout.apply(counted(4))).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> Layout.reorder(0, 1, 0).apply(counted(3))).hasMessageContaining("multiple of 2");
        assertThatThrownBy(() -> Layout.reorder(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> layout.with("z", 2)).hasMessageContaining("no dimension 'z'");
        assertThatThrownBy(() -> KeyMap.builder().rename("a", "b", Layout.of("(h w) -> h w")))
                .hasMessageContaining("all but one of [h, w]");
    }

    @Test
    void dropsAndFills() {
        KeyMap map = KeyMap.builder()
                .rename("{*}/0", "{*}.running_mean")
                .dropTheirs("fc*")
                .dropTheirs("*_half_*")
                .dropOurs("extra.*")
                .fillOurs("{*}.num_batches_tracked", "{*}.running_mean", ZERO)
                .fillTheirs("{*}/scale", "{*}/0", HostArray.ofFloats(new float[] {1}, 1))
                .build();
        KeyMap.Plan plan = map.plan(TensorSpec.of(entries("bn/0", "fc", "fc.weight", "bn_half_1/0x", "bn/scale")));
        assertThat(plan.dropped()).containsExactly("fc", "fc.weight", "bn_half_1/0x", "bn/scale");
        assertThat(plan.filled()).containsExactly("bn.num_batches_tracked");
        assertThat(plan.specs().keySet()).containsExactly("bn.running_mean", "bn.num_batches_tracked");
        assertThat(plan.sources("bn.running_mean")).containsExactly("bn/0");
        assertThat(plan.sources("bn.num_batches_tracked")).isEmpty();
        Map<String, HostArray> ours = entries("bn.running_mean", "extra.x");
        assertThat(map.toTheirs(ours).keySet()).containsExactly("bn/0", "bn/scale");
        assertThat(map.toOurs(entries("bn/0"))).containsEntry("bn.num_batches_tracked", ZERO);
        // what is there is not filled
        KeyMap same = KeyMap.builder()
                .prefix("", "")
                .fillOurs("{*}.n", "{*}.mean", ZERO)
                .build();
        assertThat(same.toOurs(entries("a.mean", "a.n"))).isEqualTo(entries("a.mean", "a.n"));
        assertThat(same.toTheirs(entries("a.mean", "a.n"))).isEqualTo(entries("a.mean", "a.n"));
    }

    @Test
    void quotients() {
        KeyMap map = KeyMap.builder()
                .quotient(List.of("bn/0", "bn/1"), "bn/2", List.of("mean", "var"))
                .build();
        HostArray sums = HostArray.ofFloats(new float[] {3, -1}, 2);
        HostArray two = HostArray.ofFloats(new float[] {2}, 1);
        Map<String, HostArray> ours = map.toOurs(Map.of("bn/0", sums, "bn/1", sums, "bn/2", two));
        assertThat(ours).containsOnlyKeys("mean", "var");
        assertThat(ours).containsEntry("var", HostArray.ofFloats(new float[] {1.5f, -0.5f}, 2));
        Map<String, HostArray> theirs = map.toTheirs(ours);
        assertThat(theirs).containsEntry("bn/2", HostArray.ofFloats(new float[] {1}, 1));
        assertThat(map.toOurs(theirs)).isEqualTo(ours);
        HostArray zero = HostArray.ofFloats(new float[] {0}, 1);
        assertThat(map.toOurs(Map.of("bn/0", sums, "bn/1", sums, "bn/2", zero)))
                .containsEntry("mean", HostArray.ofFloats(new float[2], 2));
        assertThatThrownBy(() -> map.toOurs(Map.of("bn/0", sums, "bn/1", sums, "bn/2", sums)))
                .hasMessageContaining("a divisor must be one number");
        assertThatThrownBy(() -> map.toTheirs(Map.of("mean", ZERO, "var", ZERO)))
                .hasMessageContaining("only F32 and F64");
    }

    @Test
    void conflictsAreNamed() {
        assertThatThrownBy(() -> KeyMap.builder().build().toOurs(entries("x")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no rule covers the key 'x'");

        KeyMap ambiguous = KeyMap.builder()
                .rename("a.{*}", "x.{*}")
                .rename("{*}.b", "{*}.y")
                .build();
        assertThatThrownBy(() -> ambiguous.toOurs(entries("a.b")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a.b' is claimed by several rules: [a.{*} -> x.{*}, {*}.b -> {*}.y]");
        assertThat(ambiguous.toOurs(entries("a.c", "c.b")).keySet()).containsExactly("x.c", "c.y");

        KeyMap dropped = KeyMap.builder()
                .rename("fc.{*}", "head.{*}")
                .dropTheirs("fc.bias")
                .build();
        assertThatThrownBy(() -> dropped.toOurs(entries("fc.bias"))).hasMessageContaining("drop fc.bias");

        KeyMap merging = KeyMap.builder()
                .rename("a.{1}", "x.{1}")
                .rename("b.{1}", "x.{1}")
                .build();
        assertThatThrownBy(() -> merging.toOurs(entries("a.1", "b.1")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'x.1'");
    }

    @Test
    void keysMustFindTheirWayBack() {
        KeyMap map = KeyMap.builder().rename("old", "new").prefix("", "").build();
        assertThatThrownBy(() -> map.toOurs(entries("old", "new")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'new'");
        assertThatThrownBy(() -> map.toOurs(entries("new")))
                .hasMessageContaining("'new' becomes 'new', which goes back to [old]");
        KeyMap drop = KeyMap.builder().prefix("", "").dropTheirs("fc.*").build();
        assertThatThrownBy(() -> drop.toTheirs(entries("fc.weight")))
                .hasMessageContaining("'fc.weight' becomes 'fc.weight', which is dropped on the way back");
    }

    @Test
    void badRulesAreRefusedWhenBuilt() {
        KeyMap.Builder b = KeyMap.builder();
        assertThatThrownBy(() -> b.rename("a.{1}", "b.{2}")).hasMessageContaining("same ones everywhere");
        assertThatThrownBy(() -> b.rename("a.{1}{2}", "b.{1}.{2}")).hasMessageContaining("two holes touch");
        assertThatThrownBy(() -> b.rename("a.{x}", "b")).hasMessageContaining("is no key");
        assertThatThrownBy(() -> b.rename("", "b")).hasMessageContaining("is no key");
        assertThatThrownBy(() -> b.rename("{*}.{*}", "{*}")).hasMessageContaining("twice");
        assertThatThrownBy(() -> b.split("a", 0, "b")).hasMessageContaining("parts at least 2");
        assertThatThrownBy(() -> b.split("a", 0, "b", "b")).hasMessageContaining("stands twice");
        assertThatThrownBy(() -> b.dropTheirs("")).hasMessageContaining("empty");
        assertThatThrownBy(() -> b.fillOurs("{*}.n", "{1}.m", ZERO)).hasMessageContaining("same holes");
        assertThatThrownBy(
                        () -> KeyMap.builder().rename("a", "b").rename("a", "c").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claim the key 'a'");
        assertThatThrownBy(
                        () -> KeyMap.builder().rename("a", "c").rename("b", "c").build())
                .hasMessageContaining("claim the key 'c'");
        assertThatThrownBy(
                        () -> KeyMap.builder().prefix("a.", "").prefix("b.", "").build())
                .hasMessageContaining("claim the prefix ''");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer01.x", "layer-1.x", "layer9999999999999.x", "layer.x", "layer1.", "", "layer1.x\n", "LAYER1.x",
                "layer1", "xlayer1.x", "layer٣.x", "{1}", "layer{1}.{*}", "__metadata__", "../../etc/passwd", "\u0000"
            })
    void hostileNamesAreCoveredOnlyByWhatTheyMatch(String key) {
        KeyMap map = KeyMap.builder().rename("layer{1}.x", "block{1}.x").build();
        assertThatThrownBy(() -> map.toOurs(entries(key)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'" + key + "'");
        // taken literally by a prefix
        KeyMap all = KeyMap.builder().prefix("", "p.").build();
        assertThat(all.toTheirs(all.toOurs(entries(key)))).isEqualTo(entries(key));
    }

    @Test
    void longNamesTakeNoLongTime() {
        String name = "a".repeat(2_000_000);
        KeyMap map = KeyMap.builder()
                .rename("{1}.{*}.a.{2}", "{1}.{*}.b.{2}")
                .dropTheirs("*a*a*a*b*a*a*c")
                .prefix("", "")
                .build();
        assertThat(map.toOurs(entries(name)).keySet()).containsExactly(name);
        assertThatThrownBy(() -> KeyMap.builder().rename("{1}", "{1}").build().toOurs(entries(name)))
                .hasMessageContaining("no rule covers");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anythingComesBackBitForBit(long seed) {
        Random random = new Random(seed);
        List<String> order = new ArrayList<>();
        Map<String, HostArray> all = new LinkedHashMap<>();
        KeyMap.Builder b = KeyMap.builder().prefix("module.", "").dropTheirs("junk.*");
        for (int r = 0; r < 25; r++) {
            DType dtype = DType.values()[random.nextInt(DType.values().length)];
            int parts = 2 + random.nextInt(3);
            int rank = 1 + random.nextInt(4);
            int axis = random.nextInt(rank);
            long[] shape = random.longs(rank, 1, 5).toArray();
            String theirs = "t" + r + ".{1}.x";
            String ours = "o" + r + ".{1+3}.y";
            List<String> many = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                many.add((random.nextBoolean() ? "m{1}." : "n.{1}.") + r + "." + i);
            }
            String key = "t" + r + "." + random.nextInt(30) + ".x";
            switch (random.nextInt(4)) {
                case 0 -> {
                    shape[axis] *= parts;
                    b.split(theirs, axis, many.toArray(String[]::new));
                    all.put(key, array(random, dtype, shape));
                }
                case 1 -> {
                    b.join(axis, many, ours);
                    String number = Integer.toString(random.nextInt(30));
                    many.forEach(m -> all.put(m.replace("{1}", number), array(random, dtype, shape)));
                }
                case 2 -> {
                    List<Integer> permutation = new ArrayList<>(List.of(0, 1, 2, 3, 4));
                    Collections.shuffle(permutation, random);
                    shape[axis] *= 5;
                    b.rename(
                            theirs,
                            ours,
                            Layout.reorder(
                                    axis, permutation.stream().mapToInt(i -> i).toArray()));
                    all.put(key, array(random, dtype, shape));
                }
                default -> {
                    List<String> words = new ArrayList<>(List.of("a", "(b c)", "d"));
                    List<String> to = new ArrayList<>(List.of("a", "b", "c", "d", "1"));
                    Collections.shuffle(words, random);
                    Collections.shuffle(to, random);
                    b.rename(
                            theirs,
                            ours,
                            Layout.of(String.join(" ", words) + " -> " + String.join(" ", to))
                                    .with("b", parts));
                    long[] three = {2, 3, 2};
                    three[words.indexOf("(b c)")] = 4L * parts;
                    all.put(key, array(random, dtype, three));
                }
            }
            all.put("module.rest." + r, array(random, dtype, shape));
        }
        order.addAll(all.keySet());
        Collections.shuffle(order, random);
        Map<String, HostArray> shuffled = new LinkedHashMap<>();
        order.forEach(key -> shuffled.put(key, all.get(key)));
        KeyMap map = b.build();

        Map<String, HostArray> ours = map.toOurs(shuffled);
        assertThat(map.toTheirs(ours)).isEqualTo(all);
        assertThat(map.inverse().toTheirs(all)).isEqualTo(ours);
        assertThat(map.plan(TensorSpec.of(shuffled)).specs()).isEqualTo(TensorSpec.of(ours));

        shuffled.put("junk.1", ZERO);
        assertThat(map.toOurs(shuffled)).isEqualTo(ours);
    }

    @Test
    void plansNeedNoValues() {
        KeyMap map = KeyMap.builder()
                .split("qkv", 0, "q", "k", "v")
                .rename("pos", "table", Layout.of("1 l d -> l d"))
                .build();
        // far more than could be allocated
        Map<String, TensorSpec> theirs = Map.of(
                "qkv", TensorSpec.of(DType.BF16, 3L << 40, 7),
                "pos", TensorSpec.of(DType.F32, 1, 1L << 35, 2));
        KeyMap.Plan plan = map.plan(theirs);
        assertThat(plan.specs())
                .containsEntry("k", TensorSpec.of(DType.BF16, 1L << 40, 7))
                .containsEntry("table", TensorSpec.of(DType.F32, 1L << 35, 2));
        assertThat(map.inverse().plan(plan.specs()).specs()).isEqualTo(theirs);
        assertThatThrownBy(() -> TensorSpec.of(DType.F32, 1L << 40, 1L << 40)).hasMessageContaining("absurd");
        Map<String, TensorSpec> huge = Map.of(
                "q", TensorSpec.of(DType.U8, Long.MAX_VALUE),
                "k", TensorSpec.of(DType.U8, Long.MAX_VALUE),
                "v", TensorSpec.of(DType.U8, Long.MAX_VALUE));
        assertThatThrownBy(() -> map.inverse().plan(huge)).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() ->
                        map.plan(Map.of("qkv", TensorSpec.of(DType.U8, 3))).apply(Map.of("qkv", counted(6))))
                .hasMessageContaining("the plan was made for");
    }
}
