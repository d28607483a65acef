package dev.wsss.systems.look;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.models.cam.ImageNetClasses;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageNetTagTest {
    private static List<String> names(List<Integer> classes) {
        return classes.stream().map(ImageNetClasses.names()::get).toList();
    }

    @Test
    void aWordMeansEveryClassThatHasIt() {
        assertThat(names(ImageNetTag.of("TABBY").classes())).containsExactly("tabby, tabby cat");
        assertThat(names(ImageNetTag.of("crane").classes())).containsExactly("crane", "crane");
        assertThat(names(ImageNetTag.of(" studio  couch ").classes())).containsExactly("studio couch, day bed");
        assertThat(names(ImageNetTag.of("hot dog").classes())).containsExactly("hotdog, hot dog, red hot");
    }

    @Test
    void partsOfWordsAndWordsOfTwoNamesAreNoMatch() {
        assertThat(names(ImageNetTag.of("cat").classes())).noneMatch(name -> name.startsWith("catamaran"));
        assertThatThrownBy(() -> ImageNetTag.of("tabby tabby")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aClassOfVocMeansItsKinds() {
        assertThat(names(ImageNetTag.of("dog").classes()))
                .hasSizeGreaterThanOrEqualTo(118)
                .contains("golden retriever", "Chihuahua", "Mexican hairless")
                .doesNotContain("timber wolf, grey wolf, gray wolf, Canis lupus");
        assertThat(names(ImageNetTag.of("sofa").classes())).containsExactly("studio couch, day bed");
        assertThat(names(VocGroups.classes("bus")))
                .containsExactly("minibus", "school bus", "trolleybus, trolley coach, trackless trolley");
        assertThat(names(VocGroups.classes("cat"))).allMatch(name -> name.contains("cat"));
        assertThat(names(VocGroups.classes("bird")))
                .hasSize(59)
                .contains("cock", "great grey owl, great gray owl, Strix nebulosa", "albatross, mollymawk")
                .doesNotContain("tusker", "European fire salamander, Salamandra salamandra");
        assertThat(VocGroups.of(207)).contains("dog");
        assertThat(VocGroups.of(652)).as("military uniform").isEmpty();
    }

    @Test
    void noClassIsInTwoGroups() {
        assertThat(VocGroups.names().stream().flatMap(name -> VocGroups.classes(name).stream()))
                .doesNotHaveDuplicates()
                .allMatch(index -> index >= 0 && index < ImageNetClasses.COUNT);
    }

    @Test
    void anUnknownWordIsRefusedWithWordsLikeIt() {
        assertThatThrownBy(() -> ImageNetTag.of("soffa"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'soffa'")
                .hasMessageContaining("sofa");
        assertThatThrownBy(() -> ImageNetTag.of(" , "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("' , '");
    }

    @Test
    void severalWordsGoOnWithoutTheUnknown() {
        ImageNetTags tags = ImageNetTags.of(List.of("dog", "person", "sofa"));
        assertThat(tags.tags()).extracting(ImageNetTag::name).containsExactly("dog", "sofa");
        assertThat(tags.warnings()).singleElement().asString().contains("'person'", "such as");
        assertThatThrownBy(() -> ImageNetTags.of(List.of("soffa", "person")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'soffa'")
                .hasMessageContaining("'person'");
        assertThatThrownBy(() -> ImageNetTags.of(List.of("dog", "dog"))).hasMessageContaining("'dog' stands twice");
        assertThatThrownBy(() -> ImageNetTags.of(List.of())).hasMessageContaining("got none");
    }

    @Test
    void classesAreChecked() {
        assertThatThrownBy(() -> new ImageNetTag("dog", List.of(1000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("class 1000 of tag 'dog'");
        assertThatThrownBy(() -> new ImageNetTag("dog", List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
