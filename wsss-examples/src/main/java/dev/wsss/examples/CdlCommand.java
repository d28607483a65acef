package dev.wsss.examples;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss cdl}: the second stage, which learns from pseudo labels of several kinds. */
@Command(
        name = "cdl",
        mixinStandardHelpOptions = true,
        description = "The second stage: fuses pseudo labels of several sources, and scores what was learnt of them.",
        subcommands = {CdlFuseCommand.class, CdlCrfCommand.class})
final class CdlCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a step: fuse, crf");
    }
}
