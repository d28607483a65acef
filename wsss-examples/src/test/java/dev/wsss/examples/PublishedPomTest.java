package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/** What Maven Central asks of each artifact: <a href="https://central.sonatype.org/publish/requirements">its list</a>. */
class PublishedPomTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir"), "..");
    private static final XPath XPATH = XPathFactory.newInstance().newXPath();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name",
                "description",
                "url",
                "licenses/license/name",
                "licenses/license/url",
                "developers/developer/name",
                "developers/developer/url",
                "scm/connection",
                "scm/developerConnection",
                "scm/url"
            })
    void parentTellsAllModules(String field) throws Exception {
        assertThat(text(pom("."), field)).as(field).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {"maven-source-plugin", "maven-javadoc-plugin"})
    void sourcesAndJavadocAreAttached(String plugin) throws Exception {
        assertThat(text(pom("."), "build/plugins/plugin/artifactId[text()='" + plugin + "']"))
                .isEqualTo(plugin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wsss-api", "wsss-core", "wsss-models", "wsss-datasets", "wsss-examples"})
    void moduleAddsItsOwn(String module) throws Exception {
        Document pom = pom(module);
        assertThat(text(pom, "parent/artifactId")).isEqualTo("wsss-parent");
        assertThat(text(pom, "name")).isEqualTo(module);
        assertThat(text(pom, "description")).isNotBlank();
        assertThat(text(pom, "properties/java.module.name")).isEqualTo(module.replace("wsss-", "dev.wsss."));
        assertThat(text(pom, "url") + text(pom, "scm") + text(pom, "licenses"))
                .as("said once, in the parent")
                .isEmpty();
    }

    @Test
    void benchmarksAreNotPublished() throws Exception {
        String skip = "build/plugins/plugin[artifactId='maven-deploy-plugin']/configuration/skip";
        assertThat(text(pom("benchmarks"), skip)).isEqualTo("true");
    }

    private static Document pom(String module) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(ROOT.resolve(module).resolve("pom.xml").toFile());
    }

    private static String text(Document pom, String path) throws XPathExpressionException {
        return XPATH.evaluate("/project/" + path, pom).strip();
    }
}
