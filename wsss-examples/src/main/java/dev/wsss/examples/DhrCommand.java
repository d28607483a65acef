package dev.wsss.examples;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss dhr}: the steps of DHR. */
@Command(
        name = "dhr",
        mixinStandardHelpOptions = true,
        description = "Labels balanced between classes by features that were learnt without labels.")
final class DhrCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a step: features");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Writes dense features of the training images that a network gives which learnt without labels, in float16"
                        + " (features/<id>.safetensors).",
                "Exit status: 0 all images have features, 3 some do not."
            })
    int features(@Mixin DhrFeatureOptions options) {
        ConsoleListener console = new ConsoleListener(System.out);
        Path folder = options.make(System.out, console);
        console.console().println("features in " + folder);
        return options.status(console);
    }
}
