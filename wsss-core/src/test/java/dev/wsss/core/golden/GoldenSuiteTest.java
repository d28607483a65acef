package dev.wsss.core.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;

class GoldenSuiteTest {
    private static final HostArray WANT = HostArray.ofFloats(new float[] {1, 2, 3, 4}, 2, 2);

    private final Path folder;

    GoldenSuiteTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void withinTheTolerancePassesAndBeyondItFails() throws Exception {
        write("a.safetensors", "sum", Map.of("out.y", WANT), "0.1", "0.01");
        // the tolerance of 4 is 0.1 + 0.01 * 4
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {1, 2, 3, 4.139f}, 2, 2)))
                .isNull();
        JsonObject passed = entry("a.safetensors");
        assertThat(passed.get("status").getAsString()).isEqualTo("passed");
        assertThat(passed.get("case").getAsString()).isEqualTo("sum");
        assertThat(passed.get("worst").getAsDouble()).isBetween(0.99, 1.0);
        assertThat(passed.get("where").getAsString()).isEqualTo("out.y[1, 1]");
        assertThat(passed.has("message")).isFalse();

        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {1.05f, 2, 3.26f, 4}, 2, 2)))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageContainingAll(
                        "a.safetensors", "out.y[1, 0]", "got 3.2", "want 3.0", "error over tolerance 1.99", "1 of 4");
        JsonObject failed = entry("a.safetensors");
        assertThat(failed.get("status").getAsString()).isEqualTo("failed");
        assertThat(failed.get("worst").getAsDouble()).isBetween(1.99, 2.01);
        assertThat(failed.get("where").getAsString()).isEqualTo("out.y[1, 0]");
        assertThat(failed.get("message").getAsString()).contains("out.y[1, 0]");
    }

    @Test
    void notANumberPassesForNotANumberAlone() throws Exception {
        float nan = Float.NaN;
        float inf = Float.POSITIVE_INFINITY;
        HostArray want = HostArray.ofFloats(new float[] {nan, inf, 1}, 3);
        write("a.safetensors", "sum", Map.of("out.y", want), "1", "1");
        assertThat(run("a.safetensors", "y", want)).isNull();
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {nan, inf, nan}, 3)))
                .hasMessageContaining("out.y[2]: got NaN, want 1.0");
        assertThat(entry("a.safetensors").get("worst").getAsDouble()).isEqualTo(Double.MAX_VALUE);
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {0, inf, 1}, 3)))
                .hasMessageContaining("out.y[0]: got 0.0, want NaN");
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {nan, -inf, 1}, 3)))
                .hasMessageContaining("out.y[1]: got -Infinity, want Infinity");
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[] {nan, 5, 1}, 3)))
                .hasMessageContaining("out.y[1]: got 5.0, want Infinity");
    }

    @Test
    void integersAreExactWhateverTheTolerance() throws Exception {
        write("a.safetensors", "sum", Map.of("out.n", HostArray.ofLongs(new long[] {7, 8}, 2)), "10", "10");
        assertThat(run("a.safetensors", "n", HostArray.ofInts(new int[] {7, 8}, 2)))
                .isNull();
        assertThat(run("a.safetensors", "n", HostArray.ofInts(new int[] {7, 9}, 2)))
                .hasMessageContaining("out.n[1]: got 9, want 8");
        assertThat(run("a.safetensors", "n", HostArray.ofFloats(new float[] {7, 8}, 2)))
                .hasMessageContaining("want exact integers of type I64");
    }

    @Test
    void missingTensorsAndOtherShapesFail() throws Exception {
        write("a.safetensors", "sum", Map.of("out.y", WANT), "0", "0");
        assertThat(run("a.safetensors", "x", WANT)).hasMessageContaining("out.y: the handler computed no such tensor");
        assertThat(run("a.safetensors", "y", HostArray.ofFloats(new float[4], 4)))
                .hasMessageContaining("out.y: got F32[4], want F32[2, 2]");
        write("a.safetensors", "sum", Map.of("in.y", WANT), "0", "0");
        assertThat(run("a.safetensors", "y", WANT)).hasMessageContaining("has no out.* tensor");
    }

    @Test
    void aHandlerThatThrowsFails() throws Exception {
        write("a.safetensors", "sum", Map.of("out.y", WANT), "0", "0");
        Throwable thrown = run(Map.of("sum", golden -> Map.of("y", golden.in("absent"))));
        assertThat(thrown).hasMessageContaining("has no tensor in.absent");
        assertThat(entry("a.safetensors").get("status").getAsString()).isEqualTo("failed");
    }

    @Test
    void aFileOfAnotherModulesCaseIsNoTestAndStandsInTheReport() throws Exception {
        write("a.safetensors", "product", Map.of("out.y", WANT), "0", "0");
        assertThat(GoldenSuite.of(Map.of("sum", golden -> Map.of())).tests(folder, report()))
                .isEmpty();
        JsonObject skipped = entry("a.safetensors");
        assertThat(skipped.get("status").getAsString()).isEqualTo("skipped");
        assertThat(skipped.has("worst")).isFalse();
        assertThat(skipped.get("message").getAsString()).contains("product");
    }

    @Test
    void theListOfCasesTellsWhatIsMissingOrTooMuch() throws Exception {
        write("a.safetensors", "sum", Map.of("out.y", WANT), "0", "0");
        write("b.safetensors", "product", Map.of("out.y", WANT), "0", "0");
        GoldenSuite suite = GoldenSuite.of(Map.of("sum", golden -> Map.of(), "power", golden -> Map.of()));
        List<Path> files = List.of(folder.resolve("a.safetensors"), folder.resolve("b.safetensors"));

        Files.writeString(folder.resolve("cases.txt"), "power 1\nquotient 1\nsum 1\n");
        assertThatThrownBy(() -> suite.requireComplete(folder, files))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageContainingAll(
                        "quotient has no handler",
                        "power has 0 files, listed are 1",
                        "product has 1 files, listed are 0",
                        "quotient has 0 files")
                .message()
                .doesNotContain("sum ");
        // of a folder that is named, the files are not counted
        assertThatThrownBy(() -> suite.requireComplete(folder, null))
                .hasMessageContaining("quotient has no handler")
                .message()
                .doesNotContain("files");

        Files.writeString(folder.resolve("cases.txt"), "sum 1\n");
        assertThatThrownBy(() -> suite.requireComplete(folder, files.subList(0, 1)))
                .hasMessageContaining("power has a handler and is not listed");

        GoldenSuite whole = GoldenSuite.of(Map.of("sum", golden -> Map.of()));
        assertThatCode(() -> whole.requireComplete(folder, files.subList(0, 1))).doesNotThrowAnyException();
    }

    @Test
    void aFileThatIsNoFileOfVectorsFails() throws Exception {
        Files.writeString(folder.resolve("a.safetensors"), "not at all a safetensors file");
        assertThat(run("a.safetensors", "y", WANT)).hasMessageContaining("a.safetensors");
        assertThat(entry("a.safetensors").get("status").getAsString()).isEqualTo("failed");
        assertThat(entry("a.safetensors").get("case").getAsString()).isEqualTo("unknown");

        Safetensors.write(folder.resolve("a.safetensors"), Map.of("out.y", WANT), Map.of());
        assertThat(run("a.safetensors", "y", WANT)).hasMessageContaining("metadata has no case");
        write("a.safetensors", "sum", Map.of("out.y", WANT), "-1", "0");
        assertThat(run("a.safetensors", "y", WANT)).hasMessageContaining("atol is -1.0");
    }

    @Test
    void theReportListsEveryFileBeforeItsTestHasRun() throws Exception {
        write("a.safetensors", "sum", Map.of("out.y", WANT), "0", "0");
        write("b.safetensors", "sum", Map.of("out.y", WANT), "0", "0");
        Map<String, GoldenHandler> sum = Map.of("sum", golden -> Map.of());
        assertThat(GoldenSuite.of(sum).tests(folder, report()).count()).isEqualTo(2);
        for (String file : new String[] {"a.safetensors", "b.safetensors"}) {
            assertThat(entry(file).get("status").getAsString()).isEqualTo("failed");
            assertThat(entry(file).get("message").getAsString()).isEqualTo("the test did not end");
        }
    }

    @Test
    void anEmptyOrAbsentFolderIsAnError() {
        assertThatThrownBy(() -> GoldenSuite.of(Map.of()).tests(folder, report()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(folder.toString());
        assertThatThrownBy(() -> GoldenSuite.of(Map.of()).tests(folder.resolve("absent"), report()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("absent, which is not a folder");
    }

    @Test
    void aNamedFolderIsLookedUpInTheModuleFirst() throws Exception {
        Path module = Files.createDirectories(folder.resolve("module"));
        assertThat(GoldenSuite.folder(module, null)).isEqualTo(module.resolve("src/test/resources/golden"));
        assertThat(GoldenSuite.folder(module, folder.resolve("absent").toString()))
                .isEqualTo(folder.resolve("absent"));
        Path inModule = Files.createDirectories(module.resolve("vectors"));
        assertThat(GoldenSuite.folder(module, "vectors")).isEqualTo(inModule);
    }

    @Test
    void weightsAreFilledAsTheReferenceFillsThem() throws IOException {
        assertThat(WeightFill.fill("conv1.weight", 7, 4).toFloats())
                .containsExactly(0.5823473334312439f, 0.5037291049957275f, 1.1784075498580933f, 0.8868228197097778f);
        assertThat(WeightFill.fill("conv1.weight", 7, 2, 2).toFloats())
                .containsExactly(
                        -1.0230358839035034f, -1.2156105041503906f, 0.43700745701789856f, -0.2772263288497925f);
        float[] variance = {1.3491053581237793f, 1.1268353462219238f, 0.6138174533843994f, 0.919501543045044f};
        assertThat(WeightFill.fill("layer1.0.bn1.running_var", 7, 4).toFloats()).containsExactly(variance);
        assertThat(WeightFill.fill("layer1.0.bn1.running_var", 7, 2, 2).toFloats())
                .containsExactly(variance);

        Map<String, String> metadata =
                new LinkedHashMap<>(Map.of("case", "c", "config", "{}", "atol", "0", "rtol", "0"));
        metadata.put(
                "weights", "{\"seed\": 7, \"manifest\": {\"conv1.weight\": [2, 2], \"n.num_batches_tracked\": []}}");
        Safetensors.write(folder.resolve("w.safetensors"), Map.of("out.y", WANT), metadata);
        Map<String, HostArray> weights =
                GoldenCase.load(folder.resolve("w.safetensors")).filledWeights();
        assertThat(weights.keySet()).containsExactly("conv1.weight", "n.num_batches_tracked");
        assertThat(weights.get("conv1.weight")).isEqualTo(WeightFill.fill("conv1.weight", 7, 2, 2));
        assertThat(weights.get("n.num_batches_tracked")).isEqualTo(HostArray.ofLongs(new long[1]));
    }

    private Path report() {
        return folder.resolve("target/golden-report.json");
    }

    private void write(String file, String name, Map<String, HostArray> tensors, String atol, String rtol) {
        Safetensors.write(
                folder.resolve(file),
                tensors,
                Map.of("case", name, "config", "{\"k\": 1}", "source", "here", "atol", atol, "rtol", rtol));
    }

    /** Runs the suite's one file with a handler of {@code sum} that answers with one tensor. */
    private @Nullable Throwable run(String file, String key, HostArray answer) {
        assertThat(folder.resolve(file)).exists();
        return run(Map.of("sum", golden -> Map.of(key, answer)));
    }

    private @Nullable Throwable run(Map<String, GoldenHandler> handlers) {
        DynamicTest test = (DynamicTest)
                GoldenSuite.of(handlers).tests(folder, report()).findFirst().orElseThrow();
        return catchThrowable(() -> test.getExecutable().execute());
    }

    private JsonObject entry(String file) throws IOException {
        JsonArray entries = JsonParser.parseString(Files.readString(report())).getAsJsonArray();
        for (JsonElement e : entries) {
            if (e.getAsJsonObject().get("file").getAsString().equals(file)) {
                return e.getAsJsonObject();
            }
        }
        throw new AssertionError(file + " is not in " + entries);
    }
}
