package dev.wsss.examples;

import ai.djl.util.Progress;
import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Progress bars on a terminal; elsewhere (a file, a CI log) a plain line now and then. */
final class TerminalProgress implements Progress {
    private static final long PLAIN_LINE_EVERY_NANOS = 10_000_000_000L;

    private final PrintStream out;
    private final boolean terminal;
    private @Nullable ProgressBar bar;
    private String name = "";
    private long max;
    private long done;
    private long lastLine;

    TerminalProgress(PrintStream out) {
        this.out = out;
        this.terminal = System.console() != null && System.getenv("CI") == null;
    }

    @Override
    public void reset(String message, long max) {
        reset(message, max, null);
    }

    @Override
    public void reset(String message, long max, @Nullable String trailingMessage) {
        end();
        name = message;
        this.max = max;
        done = 0;
        if (terminal) {
            bar = new ProgressBarBuilder()
                    .setTaskName(String.format("%-28s", message))
                    .setInitialMax(max)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .build();
        } else {
            lastLine = System.nanoTime();
        }
    }

    @Override
    public void start(long initialProgress) {
        update(initialProgress);
    }

    @Override
    public void end() {
        if (bar != null) {
            bar.close();
            bar = null;
        } else if (!name.isEmpty()) {
            out.printf("%s: %d/%d%n", name, done, max);
        }
        name = "";
    }

    @Override
    public void increment(long increment) {
        update(done + increment);
    }

    @Override
    public void update(long progress, @Nullable String message) {
        done = progress;
        if (bar != null) {
            bar.stepTo(progress);
            if (message != null) {
                bar.setExtraMessage(message);
            }
        } else if (System.nanoTime() - lastLine > PLAIN_LINE_EVERY_NANOS) {
            lastLine = System.nanoTime();
            out.printf("%s: %d/%d%s%n", name, progress, max, message == null ? "" : "  " + message);
        }
    }
}
