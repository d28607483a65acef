package dev.wsss.examples;

import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.NativeMemory;
import java.nio.file.Path;
import java.util.Locale;

/** The end of every program. */
final class Reports {
    private Reports() {}

    /** Prints the table, counts what could not be evaluated, and writes {@code report.html}. */
    static void show(RunReport report, Path out, double seconds, ConsoleListener heard) {
        Path file = out.resolve("report.html");
        heard.console().print(report.table());
        heard.count(report.failures());
        report.write(file);
        heard.console()
                .printf(
                        Locale.ROOT,
                        "%.0f s, at most %.2f GB; report in %s%n",
                        seconds,
                        NativeMemory.now().peakResidentBytes() / 1e9,
                        file.toAbsolutePath().normalize());
    }
}
