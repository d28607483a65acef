package dev.wsss.models.clip;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.runtime.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts as CLIP's tokens: byte-pair encoding of lower-case words (Sennrich et al., ACL 2016), as OpenAI's {@code tokenize}.
 *
 * <pre>{@code
 * ClipTokenizer tokenizer = ClipTokenizer.openAi();
 * int[] ids = tokenizer.encode("a photo of a cat.");                     // 320, 1125, 539, 320, 2368, 269
 * Tensor tokens = tokenizer.tokens(List.of("a cat", "a dog"), 77);       // int64 [2][77]: start, text, end, zeros
 * }</pre>
 *
 * <p>A text is first repaired as Python's {@code ftfy} does it, but for text that was decoded in a wrong encoding: ligatures,
 * full-width letters and curled quotes become plain, control characters go, HTML's entities are resolved, composed characters
 * are composed. Then it is set in lower case and split into words, contractions, single digits and runs of signs.
 *
 * <p>Immutable; thread-safe.
 */
public final class ClipTokenizer {
    /** What is done with a text that has more tokens than fit. */
    public enum TooLong {
        /** It is cut, its last token replaced by the end token, and a warning logged. */
        TRUNCATE,
        /** It is refused with an {@link IllegalArgumentException}, as OpenAI's default. */
        REFUSE
    }

    private static final Logger log = LoggerFactory.getLogger(ClipTokenizer.class);

    private static final String RESOURCE = "bpe_simple_vocab_16e6.txt.gz";
    /** Merges of OpenAI's file that are used; it holds more. */
    private static final int MERGES = 49152 - 256 - 2;

    private static final int MAX_VOCABULARY_BYTES = 64 << 20;
    /** A prime, so that the hashes of pairs spread: both numbers side by side would give the hash of their exclusive or. */
    private static final long MORE_THAN_TOKENS = 33_554_467;

    private static final String WORD_END = "</w>";
    private static final String START = "<|startoftext|>";
    private static final String END = "<|endoftext|>";
    private static final Pattern PIECES = Pattern.compile(
            Pattern.quote(START) + "|" + Pattern.quote(END)
                    + "|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+",
            Pattern.UNICODE_CHARACTER_CLASS | Pattern.CASE_INSENSITIVE);

    private final Map<String, Integer> ids;
    /** Rank and result of each pair of tokens that is joined. */
    private final Map<Long, Merge> merges;

    private final int start;
    private final int end;
    private final TooLong tooLong;

    private record Merge(int rank, int result) {}

    private ClipTokenizer(Map<String, Integer> ids, Map<Long, Merge> merges, int start, int end, TooLong tooLong) {
        this.ids = ids;
        this.merges = merges;
        this.start = start;
        this.end = end;
        this.tooLong = tooLong;
    }

    private static final class OpenAi {
        static final ClipTokenizer TOKENIZER = read();

        private static ClipTokenizer read() {
            try (InputStream in = ClipResources.open(RESOURCE)) {
                return parse(RESOURCE, inflated(RESOURCE, in), MERGES);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + RESOURCE + ": " + e.getMessage(), e);
            }
        }
    }

    /** OpenAI's vocabulary of 49408 tokens, which all released models share. */
    public static ClipTokenizer openAi() {
        return OpenAi.TOKENIZER;
    }

    /**
     * A vocabulary of one's own in the form of OpenAI's file: a line that is passed over, then a merge a line, two tokens with
     * a space between, the first to be made first. A file that ends in {@code .gz} is inflated.
     *
     * @throws InvalidDataException naming the file and line, if it cannot be read or is none
     */
    public static ClipTokenizer read(Path vocabulary) {
        String name = vocabulary.toString();
        if (!Files.isRegularFile(vocabulary)) {
            throw new InvalidDataException(name + ": there is no such file, expected a vocabulary of merges");
        }
        try (InputStream file = Files.newInputStream(vocabulary)) {
            String text = name.endsWith(".gz") ? inflated(name, file) : text(name, file);
            return parse(name, text, Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new InvalidDataException(name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** A vocabulary of the library's own jar. */
    static ClipTokenizer resource(String name) {
        try (InputStream in = ClipResources.open(name)) {
            return parse(name, text(name, in), Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + ": " + e.getMessage(), e);
        }
    }

    private static String inflated(String name, InputStream file) throws IOException {
        try (InputStream in = new GZIPInputStream(file)) {
            return text(name, in);
        }
    }

    private static String text(String name, InputStream in) throws IOException {
        byte[] text = in.readNBytes(MAX_VOCABULARY_BYTES + 1);
        if (text.length > MAX_VOCABULARY_BYTES) {
            throw new InvalidDataException(name + ": a vocabulary of more than " + MAX_VOCABULARY_BYTES + " bytes");
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    private static ClipTokenizer parse(String name, String text, int most) {
        Map<String, Integer> ids = new HashMap<>();
        List<String> bytes = ByteSymbols.inOrder();
        bytes.forEach(symbol -> ids.put(symbol, ids.size()));
        bytes.forEach(symbol -> ids.put(symbol + WORD_END, ids.size()));
        List<String> lines = text.lines().skip(1).limit(most).toList();
        Map<Long, Merge> merges = new HashMap<>();
        int next = ids.size();
        for (int i = 0; i < lines.size(); i++) {
            String[] pair = lines.get(i).split(" ", -1);
            Integer left = ids.get(pair[0]);
            Integer right = pair.length == 2 ? ids.get(pair[1]) : null;
            if (left == null || right == null) {
                throw new InvalidDataException(name + ": line " + (i + 2) + " is '" + shortened(lines.get(i))
                        + "', expected two tokens that are known before it");
            }
            ids.put(pair[0] + pair[1], next);
            merges.putIfAbsent(pair(left, right), new Merge(i, next));
            next++;
        }
        if (lines.isEmpty()) {
            throw new InvalidDataException(name + ": no merges, expected a line each after the first");
        }
        ids.put(START, next);
        ids.put(END, next + 1);
        return new ClipTokenizer(ids, merges, next, next + 1, TooLong.TRUNCATE);
    }

    private static String shortened(String line) {
        return line.length() > 80 ? line.substring(0, 80) + "..." : line;
    }

    private static long pair(int left, int right) {
        return left * MORE_THAN_TOKENS + right;
    }

    private static int leftOf(long pair) {
        return (int) (pair / MORE_THAN_TOKENS);
    }

    private static int rightOf(long pair) {
        return (int) (pair % MORE_THAN_TOKENS);
    }

    /** The same, with another way to take texts that do not fit; {@link TooLong#TRUNCATE} is the default. */
    public ClipTokenizer withTooLong(TooLong tooLong) {
        return new ClipTokenizer(ids, merges, start, end, tooLong);
    }

    /** Number of tokens, start and end included. */
    public int size() {
        return end + 1;
    }

    /** The token that a text starts with; 49406 in OpenAI's vocabulary. */
    public int start() {
        return start;
    }

    /** The token that a text ends with, the greatest; 49407 in OpenAI's vocabulary. */
    public int end() {
        return end;
    }

    /** A text's tokens, without start and end, however many. */
    public int[] encode(String text) {
        IntStream.Builder all = IntStream.builder();
        Matcher pieces = PIECES.matcher(TextCleaning.lower(TextCleaning.clean(text)));
        while (pieces.find()) {
            String piece = pieces.group();
            if (piece.equals(START) || piece.equals(END)) {
                all.add(piece.equals(START) ? start : end);
            } else {
                Arrays.stream(word(piece)).forEach(all::add);
            }
        }
        return all.build().toArray();
    }

    /**
     * The merges that some texts need, in the form that {@link #read} takes: they make the same words of these texts, in a
     * vocabulary of a few hundred tokens, for networks of which most weights would be those of words that never occur.
     *
     * @return lines, the first of which is passed over by readers
     */
    public List<String> mergesOf(Collection<String> texts) {
        Map<Integer, String> names = new HashMap<>();
        ids.forEach((name, id) -> names.put(id, name));
        Map<Integer, Long> pairs = new HashMap<>();
        merges.forEach((pair, merge) -> pairs.put(merge.result, pair));
        SortedSet<Integer> needed = new TreeSet<>();
        Deque<Integer> open = new ArrayDeque<>();
        texts.forEach(text -> Arrays.stream(encode(text)).forEach(open::add));
        while (!open.isEmpty()) {
            int token = open.remove();
            Long pair = pairs.get(token);
            if (pair != null && needed.add(token)) {
                open.add(leftOf(pair));
                open.add(rightOf(pair));
            }
        }
        List<String> lines = new ArrayList<>(List.of("# merges, the first to be made first"));
        for (int token : needed) {
            long pair = Objects.requireNonNull(pairs.get(token));
            lines.add(names.get(leftOf(pair)) + " " + names.get(rightOf(pair)));
        }
        return lines;
    }

    /** One word's tokens: its bytes, joined pair by pair, the earliest merge of the file first and from left to right. */
    private int[] word(String piece) {
        byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
        int n = bytes.length;
        int[] tokens = new int[n];
        int[] next = new int[n];
        int[] previous = new int[n];
        for (int i = 0; i < n; i++) {
            String symbol = ByteSymbols.of(bytes[i]);
            tokens[i] = id(i == n - 1 ? symbol + WORD_END : symbol);
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        PriorityQueue<Long> candidates = new PriorityQueue<>();
        for (int i = 0; i + 1 < n; i++) {
            offer(candidates, tokens, i, i + 1);
        }
        while (!candidates.isEmpty()) {
            long candidate = candidates.remove();
            int left = (int) candidate;
            int right = tokens[left] < 0 ? n : next[left];
            Merge merge = right >= n ? null : merges.get(pair(tokens[left], tokens[right]));
            if (merge == null || merge.rank != candidate >>> 32) {
                continue; // a neighbour has been joined to another since
            }
            tokens[left] = merge.result;
            tokens[right] = -1;
            next[left] = next[right];
            if (next[left] < n) {
                previous[next[left]] = left;
                offer(candidates, tokens, left, next[left]);
            }
            if (previous[left] >= 0) {
                offer(candidates, tokens, previous[left], left);
            }
        }
        return Arrays.stream(tokens).filter(t -> t >= 0).toArray();
    }

    private int id(String token) {
        return Objects.requireNonNull(ids.get(token));
    }

    private void offer(PriorityQueue<Long> candidates, int[] tokens, int left, int right) {
        Merge merge = merges.get(pair(tokens[left], tokens[right]));
        if (merge != null) {
            candidates.add((long) merge.rank << 32 | left);
        }
    }

    /**
     * Texts as a text tower takes them.
     *
     * @param context tokens of each, start and end included; 77 in the released models
     * @return int64 {@code [texts][context]} on the CPU: start, text, end, then zeros; belongs to the current scope
     * @throws IllegalArgumentException if there are no texts, the context does not hold start and end, or a text is too long
     *     and {@link TooLong#REFUSE} is set
     */
    public Tensor tokens(List<String> texts, int context) {
        if (texts.isEmpty() || context < 2) {
            throw new IllegalArgumentException(
                    "expected at least one text and a context of at least 2, got " + texts.size() + " and " + context);
        }
        long[] all = new long[Math.multiplyExact(texts.size(), context)];
        for (int t = 0; t < texts.size(); t++) {
            int[] text = encode(texts.get(t));
            if (text.length > context - 2) {
                requireMayCut(texts.get(t), text.length + 2, context);
                text = Arrays.copyOf(text, context - 2);
            }
            int at = t * context;
            all[at++] = start;
            for (int token : text) {
                all[at++] = token;
            }
            all[at] = end;
        }
        return Tensors.of(all, texts.size(), context);
    }

    private void requireMayCut(String text, int length, int context) {
        String message = "the text '" + shortened(text) + "' has " + length
                + " tokens with start and end, expected at most " + context;
        if (tooLong == TooLong.REFUSE) {
            throw new IllegalArgumentException(message);
        }
        log.warn("{}; it is cut", message);
    }
}
