package dev.wsss.core.golden;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.AssertionFailedError;

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
 * <p>The files are those of the module's own {@code src/test/resources/golden}, or of the folder that the system property
 * {@code wsss.golden} names (a relative one is looked up in the module, then in the folder in which Maven was called).
 * Which cases the module must pass stands in its own {@code cases.txt}, a line {@code case files} for each: one without a
 * handler, a handler of none, and in the module's own folder a file too few or too many, fail. In a folder that is named,
 * other modules' files are left out.
 *
 * <p>Every run writes {@code target/golden-report.json}: a JSON array with one object for each file, of {@code file}, {@code
 * case}, {@code status} (passed, failed or, of another module's, skipped), {@code worst} (the largest error over tolerance;
 * the largest double where it is infinite), {@code where} (tensor and index) and {@code message}.
 */
public final class GoldenSuite {
    /** Names the folder of files to test. */
    public static final String FOLDER_PROPERTY = "wsss.golden";

    private static final String LIST = "cases.txt";
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
     * The tests, in the order of the files' names, after one of the list of cases.
     *
     * @throws IllegalStateException if the folder does not exist or holds no file
     */
    public Stream<DynamicNode> tests() {
        Path module = module();
        Path own = own(module);
        Path folder = folder(module, System.getProperty(FOLDER_PROPERTY));
        Path report = module.resolve("target").resolve("golden-report.json");
        DynamicNode complete =
                DynamicTest.dynamicTest(LIST, () -> requireComplete(own, folder.equals(own) ? files(own) : null));
        return Stream.concat(Stream.of(complete), tests(folder, report));
    }

    /**
     * The tests of the cases that have a handler, for another way to the same results; each test's name starts with the
     * way's, and the report is {@code target/golden-report-<way>.json}.
     */
    public Stream<DynamicNode> tests(String way) {
        Path module = module();
        Path folder = folder(module, System.getProperty(FOLDER_PROPERTY));
        return tests(folder, module.resolve("target").resolve("golden-report-" + way + ".json"), way + " ");
    }

    Stream<DynamicNode> tests(Path folder, Path reportFile) {
        return tests(folder, reportFile, "");
    }

    private Stream<DynamicNode> tests(Path folder, Path reportFile, String prefix) {
        List<Path> files = files(folder);
        if (files.isEmpty()) {
            throw new IllegalStateException("no *.safetensors file of reference vectors in " + folder.toAbsolutePath()
                    + (Files.isDirectory(folder) ? "" : ", which is not a folder"));
        }
        GoldenReport report = new GoldenReport(reportFile, files);
        List<DynamicNode> tests = new ArrayList<>();
        for (Path file : files) {
            Optional<String> other = caseName(file).filter(name -> !handlers.containsKey(name));
            if (other.isPresent()) {
                String message = "no handler in this module for case " + other.get();
                report.record(file, other.get(), "skipped", Map.of("message", message));
            } else {
                tests.add(DynamicTest.dynamicTest(prefix + file.getFileName(), () -> test(file, report)));
            }
        }
        return tests.stream();
    }

    /**
     * Compares the list of a module's cases with the handlers and, unless they are of another folder, with the files.
     *
     * @param own the module's folder
     * @param files those in it, or null
     */
    void requireComplete(Path own, @Nullable List<Path> files) {
        Map<String, Integer> listed = listed(own.resolve(LIST));
        List<String> faults = new ArrayList<>();
        listed.keySet().stream()
                .filter(name -> !handlers.containsKey(name))
                .forEach(name -> faults.add(name + " has no handler"));
        handlers.keySet().stream()
                .filter(name -> !listed.containsKey(name))
                .sorted()
                .forEach(name -> faults.add(name + " has a handler and is not listed"));
        if (files != null) {
            Map<String, Integer> found = new TreeMap<>();
            files.forEach(file -> found.merge(caseName(file).orElse(UNKNOWN), 1, Integer::sum));
            Set<String> names = new TreeSet<>(listed.keySet());
            names.addAll(found.keySet());
            for (String name : names) {
                int expected = listed.getOrDefault(name, 0);
                int there = found.getOrDefault(name, 0);
                if (expected != there) {
                    faults.add(name + " has " + there + " files, listed are " + expected);
                }
            }
        }
        if (!faults.isEmpty()) {
            throw new AssertionFailedError(own.resolve(LIST) + ": " + String.join("; ", faults));
        }
    }

    private static Map<String, Integer> listed(Path list) {
        try {
            Map<String, Integer> cases = new TreeMap<>();
            for (String line : Files.readAllLines(list)) {
                String[] parts = line.split(" ");
                cases.put(parts[0], Integer.parseInt(parts[1]));
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + list, e);
        }
    }

    private void test(Path file, GoldenReport report) throws Throwable {
        String name = UNKNOWN;
        GoldenComparison comparison;
        try {
            name = caseName(file)
                    .orElseThrow(() -> new AssertionFailedError(
                            file + ": not a file of reference vectors: no header, or metadata has no case"));
            GoldenHandler handler = Objects.requireNonNull(handlers.get(name), name);
            GoldenCase golden = GoldenCase.load(file);
            comparison = GoldenComparison.of(golden, handler.run(golden));
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

    /** The case that a file says it is of; empty if it says none. */
    private static Optional<String> caseName(Path file) {
        try (SafetensorsFile header = Safetensors.open(file)) {
            return Optional.ofNullable(header.metadata().get("case"));
        } catch (InvalidDataException e) {
            return Optional.empty();
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
        if (named == null) {
            return own(module);
        }
        Path inModule = module.resolve(named);
        return Files.isDirectory(inModule)
                ? inModule
                : Path.of(System.getProperty("wsss.root", module.toString())).resolve(named);
    }

    private static Path own(Path module) {
        return module.resolve("src/test/resources/golden");
    }

    /** The module under test: Surefire says so, an IDE runs in it. */
    private static Path module() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }
}
