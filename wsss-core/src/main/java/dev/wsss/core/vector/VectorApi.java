package dev.wsss.core.vector;

import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether this JVM lets Java use vector instructions of its own choice. */
public final class VectorApi {
    /** The module, of the JDK but in no program unless asked for. */
    public static final String MODULE = "jdk.incubator.vector";

    private static final Logger log = LoggerFactory.getLogger(VectorApi.class);

    /** The module is an incubator: a JDK may change it, and classes compiled for another then do not link. */
    private static final Set<Integer> TESTED = Set.of(17, 25);

    private static final boolean USABLE = isUsable(
            ModuleLayer.boot().findModule(MODULE).isPresent(), Runtime.version().feature());

    private VectorApi() {}

    /**
     * Whether the JVM was started with {@code --add-modules jdk.incubator.vector} and is a JDK 17 or 25, on which that was
     * tested. The random walk on the CPU then takes half of the time, the dense CRF two thirds, a resize of bytes a third;
     * without, all works as well. On another JDK with the module a warning says so, once.
     */
    public static boolean isPresent() {
        return USABLE;
    }

    static boolean isUsable(boolean present, int jdk) {
        if (present && !TESTED.contains(jdk)) {
            log.warn(
                    "{} is not used on JDK {}, only on {}, where it was tested: CRF, walk and resizes take the slower way",
                    MODULE,
                    jdk,
                    TESTED.stream().sorted().toList());
            return false;
        }
        return present;
    }
}
