package dev.wsss.systems.look;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The classes of ImageNet that are kinds of a class of VOC, by WordNet: ranges where the order of the 1000 follows WordNet,
 * single ones elsewhere. "person" has none, as ImageNet has clothes and no people.
 */
final class VocGroups {
    private static final Map<String, List<Integer>> GROUPS = new LinkedHashMap<>();

    static {
        put("aeroplane", 404, 404, 895, 895);
        put("bicycle", 444, 444, 671, 671);
        put("bird", 7, 24, 80, 100, 127, 146);
        put("boat", 472, 472, 484, 484, 554, 554, 576, 576, 625, 625, 724, 724, 780, 780, 814, 814, 871, 871, 914, 914);
        put("bottle", 440, 440, 720, 720, 737, 737, 898, 898, 907, 907);
        put("bus", 654, 654, 779, 779, 874, 874);
        put(
                "car", 407, 407, 436, 436, 468, 468, 511, 511, 609, 609, 627, 627, 656, 656, 661, 661, 734, 734, 751,
                751, 817, 817);
        put("cat", 281, 285);
        put("chair", 423, 423, 559, 559, 765, 765);
        put("cow", 345, 345);
        put("diningtable", 532, 532);
        put("dog", 151, 268);
        put("horse", 339, 339);
        put("motorbike", 665, 665, 670, 670);
        put("pottedplant", 738, 738);
        put("sheep", 348, 349);
        put("sofa", 831, 831);
        put("train", 466, 466, 547, 547, 820, 820);
        put("tvmonitor", 664, 664, 782, 782, 851, 851);
    }

    private VocGroups() {}

    /** @param ranges first and last of each, both included */
    private static void put(String name, int... ranges) {
        GROUPS.put(
                name,
                IntStream.range(0, ranges.length / 2)
                        .flatMap(i -> IntStream.rangeClosed(ranges[2 * i], ranges[2 * i + 1]))
                        .boxed()
                        .toList());
    }

    /** The names of the groups. */
    static List<String> names() {
        return List.copyOf(GROUPS.keySet());
    }

    /** The classes of a group, ascending; none if there is no such group. */
    static List<Integer> classes(String name) {
        return GROUPS.getOrDefault(name, List.of());
    }

    /** The group of a class, by its index from 0 to 999. */
    static Optional<String> of(int index) {
        return GROUPS.entrySet().stream()
                .filter(group -> group.getValue().contains(index))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
