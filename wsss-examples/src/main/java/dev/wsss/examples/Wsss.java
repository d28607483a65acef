package dev.wsss.examples;

import dev.wsss.api.WsssException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line. Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage. */
@Command(
        name = "wsss",
        mixinStandardHelpOptions = true,
        versionProvider = Wsss.Version.class,
        description = "Weakly supervised semantic segmentation: image tags in, pixel labels out.",
        subcommands = {Quickstart.class, PpcCommand.class, EvalCommand.class, WeightsCommand.class})
public final class Wsss implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "On failure, print the stack trace too.")
    private boolean debug;

    public static void main(String[] args) {
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
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (wsss.debug) {
                e.printStackTrace(command.getErr());
            }
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            boolean ours = e instanceof WsssException
                    || e instanceof IllegalArgumentException
                    || e instanceof UncheckedIOException;
            complain(err, ours ? message : e.getClass().getSimpleName() + ": " + message);
            return 1;
        });
        line.setParameterExceptionHandler((e, unparsed) -> {
            String command = e.getCommandLine().getCommandSpec().qualifiedName();
            complain(err, e.getMessage() + "; see " + command + " --help");
            return 2;
        });
        return line.execute(args);
    }

    private static void complain(PrintWriter err, String message) {
        err.println("wsss: " + message.replaceAll("\\s*\\R\\s*", " "));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command");
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Wsss.class.getPackage().getImplementationVersion();
            return new String[] {"wsss " + (version == null ? "(not run from its jar)" : version)};
        }
    }
}
