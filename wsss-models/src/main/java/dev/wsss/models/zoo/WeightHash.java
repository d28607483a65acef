package dev.wsss.models.zoo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What a publisher says of a file's content: the leading hexadecimal digits of a digest, often all of them.
 *
 * <p>A full SHA-256 identifies a file. Eight digits of a SHA-256 (the custom of torchvision's file names) or six of an
 * MD5 (the custom of Meta's) find a damaged or a wrong file, but do not stop somebody who makes one on purpose.
 *
 * @param algorithm the digest
 * @param hex its leading digits in lower case; at least 6
 */
public record WeightHash(Algorithm algorithm, String hex) {
    /** Digests that publishers of weights use. */
    public enum Algorithm {
        SHA256("sha256", "SHA-256", 64),
        SHA1("sha1", "SHA-1", 40),
        MD5("md5", "MD5", 32),
        /** Git's name for a file's content: the SHA-1 of {@code "blob <size>\0"} and the content. */
        GIT_BLOB("git-blob", "SHA-1", 40);

        private final String label;
        private final String jca;
        private final int digits;

        Algorithm(String label, String jca, int digits) {
            this.label = label;
            this.jca = jca;
            this.digits = digits;
        }
    }

    public WeightHash {
        if (!hex.matches("[0-9a-f]{6," + algorithm.digits + "}")) {
            throw new IllegalArgumentException("hash must have 6 to " + algorithm.digits
                    + " hexadecimal digits in lower case for " + algorithm.label + ", got \"" + hex + "\"");
        }
    }

    /**
     * Reads {@code "sha256:afeb0e10..."}; the algorithm is {@code sha256}, {@code sha1}, {@code md5} or
     * {@code git-blob}, and digits alone mean SHA-256.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    public static WeightHash parse(String text) {
        int colon = text.indexOf(':');
        String label = colon < 0 ? Algorithm.SHA256.label : text.substring(0, colon);
        for (Algorithm algorithm : Algorithm.values()) {
            if (algorithm.label.equals(label)) {
                return new WeightHash(algorithm, text.substring(colon + 1).toLowerCase(Locale.ROOT));
            }
        }
        throw new IllegalArgumentException(
                "hash must begin with sha256:, sha1:, md5: or git-blob:, got \"" + text + "\"");
    }

    /**
     * A file's full digest.
     *
     * @throws UncheckedIOException naming the file, if it cannot be read
     */
    public static WeightHash of(Path file, Algorithm algorithm) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm.jca);
            if (algorithm == Algorithm.GIT_BLOB) {
                digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            byte[] buffer = new byte[1 << 18];
            try (InputStream in = Files.newInputStream(file)) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
            return new WeightHash(algorithm, HexFormat.of().formatHex(digest.digest()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm.jca, e);
        }
    }

    /** Whether every digit of the digest is known. */
    public boolean isFull() {
        return hex.length() == algorithm.digits;
    }

    /** Whether another hash of the same algorithm, at least as long, begins with these digits. */
    public boolean matches(WeightHash actual) {
        return algorithm == actual.algorithm && actual.hex.startsWith(hex);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return algorithm.label + ":" + hex;
    }
}
