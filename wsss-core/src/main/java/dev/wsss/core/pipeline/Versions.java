package dev.wsss.core.pipeline;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Versions of the library and of what it stands on. */
final class Versions {
    private Versions() {}

    static SortedMap<String, String> current() {
        SortedMap<String, String> versions = new TreeMap<>();
        versions.put("wsss", version(Versions.class));
        // Asking for the package's version does not load the native library.
        versions.put("libtorch", version(org.bytedeco.pytorch.Tensor.class));
        versions.put("java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
        versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return versions;
    }

    private static String version(Class<?> of) {
        @Nullable Package owner = of.getPackage();
        String version = owner == null ? null : owner.getImplementationVersion();
        return version == null ? "unknown" : version;
    }
}
