package dev.wsss.models.zoo;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/** Another process that uses the zoo. */
final class ZooProcess {
    private ZooProcess() {}

    /** Arguments: cache folder, address, hash. Prints the file. */
    public static void main(String[] args) {
        WeightEntry entry = WeightEntry.builder()
                .setName("shared")
                .setSource(URI.create(args[1]))
                .optHash(WeightHash.parse(args[2]))
                .build();
        WeightZoo zoo = WeightZoo.builder()
                .optCacheFolder(Path.of(args[0]))
                .optEntry(entry)
                .optTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(20))
                .build();
        System.out.println(zoo.get("shared"));
    }

    static Process start(Path folder, URI source, WeightHash hash) throws IOException {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        path + File.pathSeparator,
                        ZooProcess.class.getName(),
                        folder.toString(),
                        source.toString(),
                        hash.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static WeightHash hash(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return WeightHash.parse(HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
