package dev.wsss.examples;

import dev.wsss.api.WsssException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 3 done but for some samples,
 * which are listed.
 */
@Command(
        name = "wsss",
        mixinStandardHelpOptions = true,
        versionProvider = Wsss.Version.class,
        description = "Weakly supervised semantic segmentation: image tags in, pixel labels out.",
        subcommands = {
            Quickstart.class,
            PpcCommand.class,
            CarbCommand.class,
            CdlCommand.class,
            DhrCommand.class,
            EvalCommand.class,
            DataCommand.class,
            LookCommand.class,
            MiniClipCommand.class,
            WeightsCommand.class
        })
public final class Wsss implements Runnable {
    /** The exit status of a run that went on without some of its samples. */
    static final int SOME_FAILED = 3;

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
            String message = (e.getMessage() == null ? e.toString() : e.getMessage())
                    + CheckpointOptions.advice(e, command.getCommandSpec());
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

    /** What the library calls a way out, and what it is called here. */
    private static final Map<String, String> OPTIONS = Map.of(
            "allow to remake it", "--remake makes it again",
            "or leave to overwrite", "or --overwrite",
            "allow more images to be left out, if that is meant", "--allow-left-out SHARE goes on without them");

    private static void complain(PrintWriter err, String message) {
        String text = message;
        for (Map.Entry<String, String> option : OPTIONS.entrySet()) {
            text = text.replace(option.getKey(), option.getValue());
        }
        err.println("wsss: " + Table.printable(text.replaceAll("\\s*\\R\\s*", " ")));
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
