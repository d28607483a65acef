package dev.wsss.benchmarks;

import java.io.IOException;
import java.util.stream.Stream;

/** JMH's command line with {@link DeviceEvents} switched on: the main class of {@code benchmarks.jar}. */
public final class Main {
    private Main() {}

    /** Runs the benchmarks; {@code -h} lists JMH's options. */
    public static void main(String[] options) throws IOException {
        org.openjdk.jmh.Main.main(Stream.concat(Stream.of("-prof", DeviceEvents.class.getName()), Stream.of(options))
                .toArray(String[]::new));
    }
}
