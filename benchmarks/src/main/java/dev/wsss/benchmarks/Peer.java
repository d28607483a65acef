package dev.wsss.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;

/** A process that runs once for each line it is sent, and answers with the seconds. */
final class Peer implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final Writer requests;

    /** Starts a peer and waits until it has read its inputs. */
    Peer(List<String> command) {
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            answers = process.inputReader();
            requests = process.outputWriter();
            String line = answers.readLine();
            if (!"ready".equals(line)) {
                throw new IllegalStateException(command.get(0) + " answered " + line + "; expected ready");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    double seconds() {
        try {
            requests.write("\n");
            requests.flush();
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("the peer has ended");
            }
            return Double.parseDouble(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
