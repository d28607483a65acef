package dev.wsss.core.golden;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * One test for each file of reference vectors. A module's {@code GoldenTest} is this and a table of handlers:
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicNode> golden() {
 *     return GoldenSuite.of(HANDLERS).tests();
 * }
 * }</pre>
 *
 * <p>The files are those of the folder that the system property {@code wsss.golden} names (a relative one is looked up
 * in the module, then in the folder in which Maven was called); without it, of {@code ../shared/golden} beside the
 * repository; without that, of the module's own {@code src/test/resources/golden}. A file whose case has no handler in
 * the module is skipped and says so. Every run writes {@code target/golden-report.json}: a JSON array with one object
 * for each file, of {@code file}, {@code case}, {@code status} (passed, failed or skipped), {@code worst} (the largest
 * error over tolerance; the largest double where it is infinite), {@code where} (tensor and index) and {@code message}.
 */
public final class GoldenSuite {
    /** Names the folder of files to test. */
    public static final String FOLDER_PROPERTY = "wsss.golden";

    private static final String UNKNOWN = "unknown";

    private final Map<String, GoldenHandler> handlers;

    private GoldenSuite(Map<String, GoldenHandler> handlers) {
        this.handlers = Map.copyOf(handlers);
    }

    /** A suite of one handler for each case name. */
    public static GoldenSuite of(Map<String, GoldenHandler> handlers) {
        return new GoldenSuite(handlers);
    }

    /**
     * The tests, in the order of the files' names.
     *
     * @throws IllegalStateException if the folder does not exist or holds no file
     */
    public Stream<DynamicNode> tests() {
        Path module = module();
        Path report = module.resolve("target").resolve("golden-report.json");
        return tests(folder(module, System.getProperty(FOLDER_PROPERTY)), report);
    }

    /**
     * The tests of the cases that have a handler, for another way to the same results; each test's name starts with the
     * way's, and the report is {@code target/golden-report-<way>.json}.
     */
    public Stream<DynamicNode> tests(String way) {
        Path module = module();
        Path folder = folder(module, System.getProperty(FOLDER_PROPERTY));
        List<Path> files = files(folder).stream()
                .filter(f -> handlers.containsKey(caseName(f)))
                .toList();
        return tests(folder, files, module.resolve("target").resolve("golden-report-" + way + ".json"), way + " ");
    }

    Stream<DynamicNode> tests(Path folder, Path reportFile) {
        return tests(folder, files(folder), reportFile, "");
    }

    private Stream<DynamicNode> tests(Path folder, List<Path> files, Path reportFile, String prefix) {
        GoldenReport report = new GoldenReport(reportFile, files);
        if (files.isEmpty()) {
            throw new IllegalStateException("no *.safetensors file of reference vectors in " + folder.toAbsolutePath()
                    + (Files.isDirectory(folder) ? "" : ", which is not a folder"));
        }
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(prefix + file.getFileName(), () -> test(file, report)));
    }

    private void test(Path file, GoldenReport report) throws Throwable {
        String name = UNKNOWN;
        GoldenComparison comparison;
        try {
            name = caseName(file);
            GoldenHandler handler = handlers.get(name);
            if (handler == null) {
                throw new TestAbortedException(
                        "no handler in this module for case " + name + " (" + file.getFileName() + ")");
            }
            GoldenCase golden = GoldenCase.load(file);
            Map<String, HostArray> got = handler.run(golden);
            comparison = GoldenComparison.of(golden, got);
        } catch (TestAbortedException e) {
            report.record(file, name, "skipped", Map.of("message", String.valueOf(e.getMessage())));
            throw e;
        } catch (Throwable e) {
            report.record(file, name, "failed", Map.of("worst", Double.MAX_VALUE, "message", e.toString()));
            throw e;
        }
        if (comparison.failures().isEmpty()) {
            report.record(file, name, "passed", Map.of("worst", comparison.worst(), "where", comparison.where()));
        } else {
            String message = file.getFileName() + ": " + String.join("\n", comparison.failures());
            report.record(
                    file,
                    name,
                    "failed",
                    Map.of("worst", comparison.worst(), "where", comparison.where(), "message", message));
            throw new AssertionFailedError(message);
        }
    }

    private static String caseName(Path file) {
        try (SafetensorsFile header = Safetensors.open(file)) {
            String name = header.metadata().get("case");
            if (name == null) {
                throw new AssertionFailedError(file + ": not a file of reference vectors: metadata has no case");
            }
            return name;
        }
    }

    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    /** The folder to test; one that is named is taken, right or wrong. */
    static Path folder(Path module, @Nullable String named) {
        Path root = root(module);
        if (named != null) {
            Path inModule = module.resolve(named);
            return Files.isDirectory(inModule)
                    ? inModule
                    : Path.of(System.getProperty("wsss.root", root.toString())).resolve(named);
        }
        Path shared = root.resolveSibling("shared").resolve("golden");
        return files(shared).isEmpty() ? module.resolve("src/test/resources/golden") : shared;
    }

    /** The module under test: Surefire says so, an IDE runs in it. */
    private static Path module() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }

    /** The repository: the nearest folder upwards that holds the module of the api. */
    static Path root(Path module) {
        Path folder = module.toAbsolutePath();
        while (folder != null) {
            if (Files.isRegularFile(folder.resolve("wsss-api").resolve("pom.xml"))) {
                return folder;
            }
            folder = folder.getParent();
        }
        throw new IllegalStateException("no folder above " + module + " holds wsss-api/pom.xml");
    }
}
