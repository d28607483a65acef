package dev.wsss.core.runtime;

import java.util.Locale;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The limits that memory may run against: which one an error is of, its value and what sets it. There are four: the Java
 * heap, two of JavaCPP, which counts what it handed out ({@code maxBytes}) and what the whole process has resident ({@code
 * maxPhysicalBytes}), and the machine's, or the device's, memory.
 */
final class MemoryLimits {
    /** What JavaCPP takes for its limits where no property says otherwise, of the heap's. */
    private static final int OF_HEAP = 1;

    private static final int PHYSICAL_OF_HEAP = 4;

    private MemoryLimits() {}

    /** Whether libtorch's or C++'s error is want of memory. */
    static boolean isShortage(String message) {
        String text = message.toLowerCase(Locale.ROOT);
        return text.contains("bad_alloc")
                || text.contains("can't allocate memory")
                || text.contains("cannot allocate memory")
                || text.contains("not enough memory")
                || text.contains("out of memory");
    }

    /** Of an error of Java or JavaCPP. */
    static String explain(OutOfMemoryError error) {
        StringBuilder messages = new StringBuilder();
        for (@Nullable Throwable t = error; t != null; t = t.getCause()) {
            // the virtual machine says nothing where even its message has no room
            messages.append(t.getMessage() == null ? "Java heap space" : t.getMessage())
                    .append('\n');
        }
        String text = messages.toString();
        long heap = Runtime.getRuntime().maxMemory();
        if (text.contains("maxPhysicalBytes")) {
            return "too little memory: the process has " + size(Pointer.physicalBytes())
                    + ", and may have maxPhysicalBytes = " + size(Pointer.maxPhysicalBytes())
                    + setBy("maxPhysicalBytes", PHYSICAL_OF_HEAP, heap)
                    + "; 0 is no limit. Smaller or fewer images at once take less";
        }
        if (text.contains("maxBytes")) {
            return "too little memory: " + size(Pointer.totalBytes())
                    + " of native memory are held, and may be maxBytes = " + size(Pointer.maxBytes())
                    + setBy("maxBytes", OF_HEAP, heap) + "; 0 is no limit";
        }
        if (text.contains("Cannot allocate")) {
            return explain(text.substring(text.indexOf("Cannot allocate"), text.indexOf('\n')));
        }
        return "too little memory: " + text.substring(0, text.indexOf('\n')) + "; the Java heap may have " + size(heap)
                + ", which -Xmx sets";
    }

    /** Of an error of libtorch or C++: the system's or the device's memory is at its end. */
    static String explain(String message) {
        boolean device = message.contains("CUDA");
        return "too little memory" + (device ? " on the device" : "") + ": " + message + "; the process has "
                + size(Pointer.physicalBytes()) + ", the limit is "
                + (device
                        ? "the device's memory: smaller or fewer images at once take less"
                        : size(Pointer.totalPhysicalBytes())
                                + ", the machine's, or less where a container, a job or ulimit -v sets it");
    }

    private static String setBy(String property, int ofHeap, long heap) {
        String full = "org.bytedeco.javacpp." + property;
        String given = System.getProperty(full.toLowerCase(Locale.ROOT), System.getProperty(full));
        return given == null // JavaCPP reads either spelling
                ? " (JavaCPP's default, " + (ofHeap == 1 ? "" : ofHeap + " times ") + "the heap's " + size(heap)
                        + ": set by -Xmx, or by -D" + full + "=BYTES)"
                : " (set by -D" + full + "=" + given + ")";
    }

    private static String size(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
    }
}
