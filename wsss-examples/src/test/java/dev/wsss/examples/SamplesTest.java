package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every Java sample of the javadoc and the README compiles, as a user's program outside of our packages. */
class SamplesTest {
    /** Samples that do not compile yet; whoever mends one takes it off this list. */
    private static final Path ROOT = Path.of(System.getProperty("basedir"), "..");

    private static final Pattern JAVADOC = Pattern.compile("<pre>\\{@code\n(.*?)}</pre>", Pattern.DOTALL);
    private static final Pattern README = Pattern.compile("^```java\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern IMPORTS = Pattern.compile("^import (?!static).*\n", Pattern.MULTILINE);
    private static final Pattern MARGIN = Pattern.compile("^ *\\* ?", Pattern.MULTILINE);

    @TempDir
    private Path classes;

    private final Set<String> packages = new TreeSet<>();
    private final List<Sample> samples = new ArrayList<>();

    @Test
    void everySampleCompiles() throws IOException {
        for (String module : List.of("wsss-api", "wsss-core", "wsss-models", "wsss-datasets")) {
            collectJavadoc(ROOT.resolve(module).resolve("src/main/java/dev/wsss"));
        }
        add("README.md", "", Files.readString(ROOT.resolve("README.md")), README);

        Properties givens = new Properties();
        try (InputStream in = SamplesTest.class.getResourceAsStream("/samples.properties")) {
            givens.load(Objects.requireNonNull(in));
        }
        assertThat(samples).extracting(Sample::name).containsAll(givens.stringPropertyNames());

        assertThat(errors(givens)).as("samples that do not compile").isEmpty();
    }

    private void collectJavadoc(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.filter(f -> f.toString().endsWith(".java")).sorted().toList();
        }
        for (Path file : files) {
            String source = Files.readString(file);
            String name = folder.relativize(file).toString().replace('\\', '/').replace(".java", "");
            packages.add("dev.wsss." + name.substring(0, name.lastIndexOf('/')).replace('/', '.'));
            String imports =
                    IMPORTS.matcher(source).results().map(MatchResult::group).collect(Collectors.joining());
            add(name, imports, source, JAVADOC);
        }
    }

    private void add(String file, String imports, String text, Pattern form) {
        List<String> found =
                form.matcher(text).results().map(match -> match.group(1)).toList();
        for (int i = 0; i < found.size(); i++) {
            String code = form == JAVADOC ? MARGIN.matcher(found.get(i)).replaceAll("") : found.get(i);
            samples.add(new Sample(found.size() == 1 ? file : file + "#" + (i + 1), imports, code));
        }
    }

    /** The compiler's words by sample. A text that it cannot parse hides others' errors, hence the repetition. */
    private Map<String, String> errors(Properties givens) {
        List<Unit> units = new ArrayList<>();
        for (Sample sample : samples) {
            units.add(new Unit(sample, "Sample" + units.size(), packages, givens.getProperty(sample.name, "")));
        }
        Map<String, String> errors = new TreeMap<>();
        int before;
        do {
            before = errors.size();
            DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
            List<String> options =
                    List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
            ToolProvider.getSystemJavaCompiler()
                    .getTask(null, null, found, options, null, units)
                    .call();
            for (Diagnostic<? extends JavaFileObject> diagnostic : found.getDiagnostics()) {
                if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
                    String name = ((Unit) Objects.requireNonNull(diagnostic.getSource())).sample.name;
                    errors.merge(name, diagnostic.getMessage(Locale.ROOT), (a, b) -> a + "; " + b);
                }
            }
            units.removeIf(unit -> errors.containsKey(unit.sample.name));
        } while (errors.size() > before);
        return errors;
    }

    private record Sample(String name, String imports, String code) {}

    /** A sample made a program: statements become a method, whose parameters are what the sample takes for given. */
    private static final class Unit extends SimpleJavaFileObject {
        private static final Pattern PROGRAM = Pattern.compile("^public class (\\w+)", Pattern.MULTILINE);

        private final Sample sample;
        private final String text;

        Unit(Sample sample, String name, Set<String> packages, String given) {
            super(
                    URI.create("mem:///"
                            + PROGRAM.matcher(sample.code)
                                    .results()
                                    .map(match -> match.group(1))
                                    .findFirst()
                                    .orElse(name)
                            + ".java"),
                    Kind.SOURCE);
            this.sample = sample;
            if (PROGRAM.matcher(sample.code).find()) {
                text = sample.code;
            } else {
                text = "import java.net.*; import java.nio.file.*; import java.util.*;"
                        + "import ai.djl.training.util.ProgressBar; import org.bytedeco.pytorch.Tensor;"
                        + packages.stream().map(p -> "import " + p + ".*;").collect(Collectors.joining())
                        + sample.imports
                        + "class " + name + " {"
                        + (sample.code.contains("return ") ? "Object" : "void")
                        + " sample(" + given + ") throws Exception {\n" + sample.code + "}}";
            }
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
