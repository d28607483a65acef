package dev.wsss.core.golden;

import dev.wsss.core.io.HostArray;
import java.util.Map;

/** Computes what one contract's files expect. One handler for each case name. */
@FunctionalInterface
public interface GoldenHandler {
    /**
     * Runs our code on the case's inputs.
     *
     * @return our value for every {@code out.*} tensor of the file, keyed without the prefix, of the expected shape. A
     *     missing key fails the test. Integer tensors are compared exactly, floating ones by the file's tolerance
     */
    Map<String, HostArray> run(GoldenCase golden) throws Exception;
}
