package dev.wsss.core.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory that the JVM's own figures do not show, for tests and reports.
 *
 * @param residentBytes physical memory of the whole process, heap included
 * @param peakResidentBytes the most that {@code residentBytes} has been, or the present value where the system does not
 *     tell
 * @param heapBytes Java heap in use
 */
public record NativeMemory(long residentBytes, long peakResidentBytes, long heapBytes) {
    private static final Path STATUS = Path.of("/proc/self/status");

    /** The figures now. */
    public static NativeMemory now() {
        Runtime runtime = Runtime.getRuntime();
        long resident = Pointer.physicalBytes();
        long peak = resident;
        if (Files.isReadable(STATUS)) {
            try {
                for (String line : Files.readAllLines(STATUS)) {
                    if (line.startsWith("VmHWM:")) {
                        peak = Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                    }
                }
            } catch (IOException e) {
                peak = resident; // a system without the figure
            }
        }
        return new NativeMemory(resident, peak, runtime.totalMemory() - runtime.freeMemory());
    }
}
