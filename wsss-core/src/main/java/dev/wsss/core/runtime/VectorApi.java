package dev.wsss.core.runtime;

/** Whether this JVM lets Java use vector instructions of its own choice. */
public final class VectorApi {
    /** The module, of the JDK but in no program unless asked for. */
    public static final String MODULE = "jdk.incubator.vector";

    private static final boolean PRESENT = ModuleLayer.boot().findModule(MODULE).isPresent();

    private VectorApi() {}

    /**
     * Whether the JVM was started with {@code --add-modules jdk.incubator.vector}. The random walk on the CPU then takes half
     * of the time and the dense CRF two thirds; without, all works as well.
     */
    public static boolean isPresent() {
        return PRESENT;
    }
}
