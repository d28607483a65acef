package dev.wsss.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** What is told of all samples of a dataset together. */
final class DatasetSamples {
    private DatasetSamples() {}

    static Description describe(Dataset data) {
        return Description.of("Dataset")
                .putAll(data.description())
                .put("tags", hash(data, i -> Arrays.toString(data.tags(i).toArray())))
                .put("images", hash(data, data::fingerprint))
                .build();
    }

    private static String hash(Dataset data, IntFunction<String> part) {
        // tags are read from one file each where they are annotations
        String[] parts = IntStream.range(0, data.size())
                .parallel()
                .mapToObj(i -> readable(part, i))
                .toArray(String[]::new);
        MessageDigest sha = Sha256.digest();
        for (String p : parts) {
            sha.update((p + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return Sha256.hex(sha.digest());
    }

    /** A sample that cannot be read is left out of training; it does not keep the others from it. */
    private static String readable(IntFunction<String> part, int index) {
        try {
            return part.apply(index);
        } catch (InvalidDataException e) {
            return "unreadable";
        }
    }
}
