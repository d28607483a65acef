package dev.wsss.models.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens, prompts and vocabularies. Numbers are of the specifications of CARB and FMA-WSSS. */
class ClipTokenizerTest {
    private static final ClipTokenizer TOKENIZER = ClipTokenizer.openAi();

    @TempDir
    Path folder;

    private static long idsOf(ClassPrompts prompts) {
        return prompts.names().stream()
                .flatMap(name -> PromptTemplates.IMAGENET_AND_SCENES.fill(name).stream())
                .mapToLong(text -> Arrays.stream(TOKENIZER.encode(text)).sum() + TOKENIZER.start() + TOKENIZER.end())
                .sum();
    }

    @Test
    void theVocabularyIsOpenAis() throws IOException {
        assertThat(TOKENIZER.size()).isEqualTo(49408);
        assertThat(TOKENIZER.start()).isEqualTo(49406);
        try (InputStream in = ClipResources.open("bpe_simple_vocab_16e6.txt.gz")) {
            assertThat(Sha256.hex(Sha256.digest().digest(in.readAllBytes())))
                    .isEqualTo("924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a");
        }
    }

    @ParameterizedTest
    @CsvSource({"CITYSCAPES_CARB, 189115721", "WILDDASH2_CARB, 254739130", "CAMVID_CARB, 111630219"})
    void allPromptsOfASystemHaveTheTokensOfItsReference(ClassPrompts prompts, long sum) {
        assertThat(idsOf(prompts)).isEqualTo(sum);
    }

    @Test
    void templatesAreThePublishedOnes() {
        assertThat(PromptTemplates.IMAGENET.templates()).hasSize(80);
        assertThat(Sha256.of(String.join("\n", PromptTemplates.IMAGENET_AND_SCENES.templates())))
                .isEqualTo("f87d863dc7a96d46812438cf13a8a071e340f7be26222d17a0b61d41d28c0984");
        assertThatThrownBy(() -> PromptTemplates.of("a photo"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a template has one place {} for the name, got 'a photo'");
        assertThatThrownBy(() -> new PromptTemplates(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at least one template, got none");
    }

    @Test
    void namesAreAsManyAsClasses() {
        assertThat(ClassPrompts.CITYSCAPES.names()).hasSize(19).endsWith("bicycle");
        assertThat(ClassPrompts.CITYSCAPES_CARB.names().subList(8, 12))
                .containsExactly("tree", "grass", "sky", "pedestrian");
        assertThat(ClassPrompts.CAMVID_CARB.names()).hasSize(11).contains("signsymbol");
        assertThat(ClassPrompts.WILDDASH2_CARB.names()).hasSize(25).doesNotContain("train");
        assertThat(ClassPrompts.VOC_CLIP_ES.names()).hasSize(20);
        assertThat(ClassPrompts.VOC_BACKGROUND_CLIP_ES.names()).hasSize(25);
        assertThat(ClassPrompts.COCO_CLIP_ES.names()).hasSize(80).doesNotHaveDuplicates();
        assertThat(ClassPrompts.COCO_BACKGROUND_CLIP_ES.names()).hasSize(23);
    }

    @Test
    void namesOfSeveralTokens() {
        assertThat(TOKENIZER.encode("person with clothes,people,human"))
                .containsExactly(2533, 593, 7080, 267, 1047, 267, 2751);
        assertThat(TOKENIZER.encode("hairdrier,blowdrier")).containsExactly(4658, 39877, 267, 15230, 39877);
        assertThat(TOKENIZER.encode("tvmonitor screen")).containsExactly(3197, 10198, 3750);
        assertThat(ClassPrompts.COCO_CLIP_ES.names()).contains("sknowboard");
        assertThat(TOKENIZER.encode("sknowboard")).containsExactly(909, 2040, 1972);
    }

    /** As ftfy 6.3 and Python's html.unescape. */
    @Test
    void textsAreRepairedFirst() {
        assertThat(TextCleaning.clean("  Tom &amp;amp; \u201cJerry\u201d\r\n\t "))
                .isEqualTo("Tom & \"Jerry\"");
        assertThat(TextCleaning.clean("&copy &EACUTE; &notit; &#0; &#x80; &#7;x &bogus;"))
                .isEqualTo("\u00a9 \u00c9 \u00acit; \ufffd \u20ac x &bogus;");
        assertThat(TextCleaning.clean("a<b &eacute; &amp;lt;")).isEqualTo("a<b \u00e9 <");
        assertThat(TextCleaning.clean("\u001b[31mred\u001b[0m \ufb01sh \uff21 e\u0301 \ud800"))
                .isEqualTo("red fish A \u00e9 \ufffd");
        assertThat(TextCleaning.clean("&#1114112; &#xD800; &#99999999999;")).isEqualTo("\ufffd \ufffd \ufffd");
        assertThat(TextCleaning.clean("")).isEmpty();
    }

    /** Text by text as many tokens, in the same order of ranks; another word falls into letters. */
    @Test
    void aPartOfTheVocabularyMakesTheSameWords() throws IOException {
        List<String> texts =
                List.of("a jpeg corrupted photo of the roadmarking.", "itap of my bicyclist.", "caf\u00e9");
        Path file = folder.resolve("part.txt");
        Files.write(file, TOKENIZER.mergesOf(texts));
        ClipTokenizer part = ClipTokenizer.read(file);
        assertThat(part.size()).isBetween(514 + 20, 514 + 80);
        assertThat(part.end()).isEqualTo(part.size() - 1);
        int[] all = texts.stream()
                .flatMapToInt(t -> Arrays.stream(TOKENIZER.encode(t)))
                .toArray();
        int[] same =
                texts.stream().flatMapToInt(t -> Arrays.stream(part.encode(t))).toArray();
        assertThat(same).hasSameSizeAs(all);
        for (int i = 0; i < all.length; i++) {
            for (int j = 0; j < i; j++) {
                assertThat(Integer.compare(same[i], same[j])).isEqualTo(Integer.compare(all[i], all[j]));
            }
        }
        assertThat(part.encode("zebra").length).isGreaterThan(TOKENIZER.encode("zebra").length);
    }

    @Test
    void aTextThatIsTooLongIsCutOrRefused() {
        String text = "road ".repeat(100);
        try (Scope scope = Scope.open()) {
            ByteArrayOutputStream log = new ByteArrayOutputStream();
            PrintStream before = System.err;
            long[] cut;
            try {
                // where the tests' logger writes
                System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
                cut = Tensors.toLongs(TOKENIZER.tokens(List.of(text, "a road"), 77));
            } finally {
                System.setErr(before);
            }
            assertThat(log.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains("ClipTokenizer")))
                    .singleElement(STRING)
                    .contains("WARN", "the text 'road road")
                    .endsWith("has 102 tokens with start and end, expected at most 77; it is cut");
            assertThat(cut).hasSize(154);
            assertThat(cut[0]).isEqualTo(49406);
            assertThat(Arrays.copyOfRange(cut, 74, 82)).containsExactly(1759, 1759, 49407, 49406, 320, 1759, 49407, 0);
        }
        ClipTokenizer strict = TOKENIZER.withTooLong(ClipTokenizer.TooLong.REFUSE);
        assertThatThrownBy(() -> strict.tokens(List.of(text), 77))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 102 tokens with start and end, expected at most 77");
        assertThatThrownBy(() -> TOKENIZER.tokens(List.of(), 77)).isInstanceOf(IllegalArgumentException.class);
    }

    /** As Python 3.11's {@code str.lower} gives it; Java's own differs in the second, third, fourth and fifth. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\u039f\u0394\u039f\u03a3 | \u03bf\u03b4\u03bf\u03c2",
                "\u03911\u03a3 | \u03b11\u03c3",
                "\u0391\u03a3.\u0392 | \u03b1\u03c3.\u03b2",
                "A\u00b7\u03a3 | a\u00b7\u03c2",
                "\u0391\u03a3-\u0392 | \u03b1\u03c2-\u03b2",
                "\u0391\u03a3\u0301\u0392 | \u03b1\u03c3\u0301\u03b2",
                "\u0391\u03a3\u0301 | \u03b1\u03c2\u0301",
                "\u03a3 | \u03c3",
                "\u03a3\u0391\u03a3 \u03a3\u0391\u03a3 | \u03c3\u03b1\u03c2 \u03c3\u03b1\u03c2",
                "\ud801\udc00\u03a3 | \ud801\udc28\u03c2",
                "\u0130I | i\u0307i",
                "\u01c5\u1e9e\u2126 | \u01c6\u00df\u03c9"
            })
    void lowerCaseIsPythons(String text, String lower) {
        assertThat(TextCleaning.lower(text)).isEqualTo(lower);
    }

    @Test
    void capitalsHaveTheTokensOfSmallLetters() {
        assertThat(TOKENIZER.encode("\u039f\u0394\u039f\u03a3"))
                .isEqualTo(TOKENIZER.encode("\u03bf\u03b4\u03bf\u03c2"))
                .isNotEqualTo(TOKENIZER.encode("\u03bf\u03b4\u03bf\u03c3"));
    }

    /** The time must not grow as the square of a word's length. */
    @Test
    void aWordOfAHundredThousandLettersHasTokens() {
        assertThat(TOKENIZER.encode("x".repeat(100_000))).hasSizeBetween(10_000, 100_000);
    }

    @Test
    void aVocabularyOfOnesOwn() throws IOException {
        Path file = folder.resolve("merges.txt");
        Files.writeString(file, "#version: mine\nc a\nca t</w>\n");
        ClipTokenizer own = ClipTokenizer.read(file);
        assertThat(own.size()).isEqualTo(512 + 2 + 2);
        assertThat(own.encode("cat")).containsExactly(513);
        assertThat(own.encode("catc").length).isEqualTo(3);
        Path packed = folder.resolve("merges.txt.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(Files.readAllBytes(file));
        }
        assertThat(ClipTokenizer.read(packed).encode("cat")).containsExactly(513);
    }

    @Test
    void aFileThatIsNoVocabularyIsRefusedByName() throws IOException {
        assertRefused("absent.txt", null, "there is no such file, expected a vocabulary of merges");
        assertRefused("empty.txt", "", "no merges, expected a line each after the first");
        assertRefused("bad.txt", "#\na b\nabc d\n", "line 3 is 'abc d', expected two tokens that are known before it");
        assertRefused("one.txt", "#\na\n", "line 2 is 'a', expected two tokens that are known before it");
        assertRefused("plain.gz", "#\na b\n", "cannot be read: Not in GZIP format");
    }

    private void assertRefused(String name, @Nullable String content, String message) throws IOException {
        Path file = folder.resolve(name);
        if (content != null) {
            Files.write(file, content.getBytes(StandardCharsets.UTF_8));
        }
        assertThatThrownBy(() -> ClipTokenizer.read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(file + ": " + message);
    }
}
