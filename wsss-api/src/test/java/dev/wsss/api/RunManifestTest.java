package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunManifestTest {
    private static RunManifest manifest() {
        return new RunManifest(
                new RunManifest.Input("pets", 3, "00ff"),
                new TreeMap<>(Map.of("note", "x")),
                new TreeMap<>(Map.of("java", "17")),
                7,
                "cpu",
                List.of(new RunManifest.StageProducts("cam", new TreeMap<>(Map.of("scale", "1.0")), "aa", 2, "bb")),
                List.of(new RunManifest.Training("cls", new TreeMap<>(Map.of("rate", "0.1")), 20, "cc")),
                List.of(new RunManifest.Failure("c", "read", "too short")));
    }

    private static JsonObject json() {
        return JsonParser.parseString(manifest().toJson()).getAsJsonObject();
    }

    @Test
    void goesToAFileAndBack(@TempDir Path folder) {
        manifest().write(folder, new TreeMap<>(Map.of("total", 1.5)));
        assertThat(RunManifest.read(folder)).isEqualTo(manifest());
        assertThat(RunManifest.read(folder).toJson()).isEqualTo(manifest().toJson());
        assertThat(folder.resolve(RunManifest.TIMINGS_FILE_NAME)).content().contains("\"total\": 1.5");
        assertThat(json().get("format").getAsInt()).isEqualTo(2);
    }

    @Test
    void theFirstFormatHadNoTrainings() {
        JsonObject first = json();
        first.addProperty("format", 1);
        first.remove("trainings");
        RunManifest read = RunManifest.parse("old.json", first.toString());
        assertThat(read.trainings()).isEmpty();
        RunManifest m = manifest();
        assertThat(read)
                .isEqualTo(new RunManifest(
                        m.input(),
                        m.config(),
                        m.versions(),
                        m.seed(),
                        m.device(),
                        m.stages(),
                        List.of(),
                        m.failures()));
    }

    @Test
    void otherFormatsAndMissingPartsAreNamed() {
        JsonObject later = json();
        later.addProperty("format", 3);
        assertThatThrownBy(() -> RunManifest.parse("new.json", later.toString()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("new.json: manifest format is 3; this version reads 2");
        JsonObject without = json();
        without.remove("trainings");
        assertThatThrownBy(() -> RunManifest.parse("cut.json", without.toString()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("cut.json: not a run manifest ('trainings' is missing)");
    }
}
