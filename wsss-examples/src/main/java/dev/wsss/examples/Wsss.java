package dev.wsss.examples;

import dev.wsss.api.WsssException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line. Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage. */
@Command(
        name = "wsss",
        mixinStandardHelpOptions = true,
        version = "wsss 0.1.0-SNAPSHOT",
        description = "Weakly supervised semantic segmentation: image tags in, pixel labels out.",
        subcommands = {Quickstart.class, WeightsCommand.class})
public final class Wsss implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "On failure, print the stack trace too.")
    private boolean debug;

    public static void main(String[] args) {
        // set before the first logger exists; the programs speak for themselves
        System.setProperty(
                "org.slf4j.simpleLogger.defaultLogLevel",
                System.getProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn"));
        System.exit(execute(new PrintWriter(System.err, true), args));
    }

    /** Runs a command line and returns its exit status. */
    static int execute(PrintWriter err, String... args) {
        return execute(new PrintWriter(System.out, true), err, args);
    }

    static int execute(PrintWriter out, PrintWriter err, String... args) {
        Wsss wsss = new Wsss();
        CommandLine line = new CommandLine(wsss);
        line.setOut(out);
        line.setErr(err);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (wsss.debug) {
                e.printStackTrace(command.getErr());
            }
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            boolean ours = e instanceof WsssException || e instanceof IllegalArgumentException;
            command.getErr()
                    .println("wsss: "
                            + (ours ? message : e.getClass().getSimpleName() + ": " + message)
                                    .replaceAll("\\s*\\R\\s*", " "));
            return 1;
        });
        return line.execute(args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command");
    }
}
