package dev.wsss.core.io;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The committed files of this package's tests. */
final class TestFiles {
    private TestFiles() {}

    static Path resource(String name) {
        URL url = TestFiles.class.getResource("/io/" + name);
        if (url == null) {
            throw new AssertionError("no test resource io/" + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
