package dev.wsss.core.report;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code report.mustache} shows, as the text that it shows. What is null or empty has no section. Strips are HTML
 * already, see {@link Images#toHtml}, and are asked for one at a time while the page is written.
 */
record Page(
        String title,
        @Nullable String subtitle,
        List<String> warnings,
        List<Fact> facts,
        List<Stage> stages,
        @Nullable Chart thresholds,
        List<Label> labels,
        Iterable<String> strips,
        @Nullable ClassIou classIou,
        @Nullable Confusion confusion,
        List<Chart> curves,
        List<Meters> meters,
        @Nullable Failures failures,
        @Nullable String manifest) {
    private static final Mustache TEMPLATE = new Templates().compile("report.mustache");
    private static final Mustache STRIP = new Templates().compile("strip.mustache");

    record Fact(String name, String value) {}

    record Stage(String stage, String on, String miou, String common, String direction, String change, String width) {}

    record Label(String name, String colour) {}

    record Images(String title, String note, List<Panel> panels) {
        String toHtml() {
            StringWriter html = new StringWriter(1 << 16);
            STRIP.execute(html, this);
            return html.toString();
        }
    }

    record Panel(String caption, String uri) {}

    record Series(String name, int colour) {}

    record ClassIou(List<Series> series, List<IouRow> rows, IouRow mean) {
        boolean hasKey() {
            return series.size() > 1;
        }
    }

    record IouRow(@Nullable Label label, List<Bar> bars, List<String> values) {}

    record Bar(int colour, String width) {}

    record Confusion(@Nullable String picture, List<Row> rows, List<Mistake> mistakes) {
        boolean hasMistakes() {
            return !mistakes.isEmpty();
        }
    }

    record Row(String name, List<Cell> cells) {}

    record Cell(boolean strong, String wash, String percent) {}

    record Mistake(String truth, String label, String share, String pixels) {}

    record Meters(String heading, List<Meter> rows) {}

    record Meter(String name, String value, String width) {}

    record Failures(String images, List<Failure> rows, @Nullable String more) {}

    record Failure(String id, String stage, String reason) {}

    String css() {
        try (InputStream in = resource("report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report.css cannot be read from the jar", e);
        }
    }

    boolean hasFacts() {
        return !facts.isEmpty();
    }

    boolean hasStages() {
        return !stages.isEmpty();
    }

    /** Whether rows are of different images, so that they have a score on the common ones. */
    boolean hasCommon() {
        return stages.stream().anyMatch(s -> !s.common.isEmpty());
    }

    boolean hasScores() {
        return hasStages() || thresholds != null;
    }

    boolean hasStrips() {
        return strips.iterator().hasNext();
    }

    boolean hasCurves() {
        return !curves.isEmpty();
    }

    boolean hasMeters() {
        return !meters.isEmpty();
    }

    void writeTo(Writer out) {
        TEMPLATE.execute(out, this);
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(Page.class.getResourceAsStream(name), name + " is missing from the jar");
    }

    /** The templates beside this class; what they show in two braces is escaped by {@link Html}. */
    private static final class Templates extends DefaultMustacheFactory {
        @Override
        public Reader getReader(String name) {
            return new InputStreamReader(resource(name), StandardCharsets.UTF_8);
        }

        @Override
        public void encode(String value, Writer writer) {
            try {
                writer.write(Html.escape(value));
            } catch (IOException e) {
                throw new UncheckedIOException("the report cannot be written", e);
            }
        }
    }
}
