package dev.wsss.core.bank;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sha256;
import dev.wsss.api.SplitMix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What classes look like to a network that is not trained: unit vectors with a label each, to which others are compared by
 * cosine. The features may be any; what was labelled may be pseudo labels, drawn masks or whatever says which pixels are of a
 * class.
 *
 * <pre>{@code
 * FeatureBank.Builder builder = FeatureBank.builder()
 *         .setClasses(data.classes())
 *         .optPooling(new MaskPooling(3, 64))
 *         .optMadeOf("features", features);
 * for (int i = 0; i < data.size(); i++) {
 *     Sample sample = data.get(i);
 *     builder.add(features.get(sample), pseudo.get(sample)); // a vector for each label in the map
 * }
 * FeatureBank bank = builder.build().balanced(500, 1);
 * bank.save(folder.resolve("bank.safetensors"));
 * Neighbours near = bank.nearest(queries, 10);
 * int label = bank.label(near.vector(0, 0));
 * }</pre>
 *
 * <p>Vectors are numbered by label, and within a label in the order in which they were added. They lie outside the heap, in
 * memory that goes with the bank: 4 bytes for each number, less than 2 GiB in all. Immutable and thread-safe.
 */
public final class FeatureBank implements Described {
    private final ClassCatalog classes;
    private final MaskPooling pooling;
    private final int channels;
    private final ByteBuffer bytes;
    private final FloatBuffer vectors;

    /** The first vector of each label; behind them the number of vectors. */
    private final int[] starts;

    private final SortedMap<String, String> madeOf;

    /** Known once it was asked for. */
    private volatile @Nullable String hash;

    /**
     * A bank.
     *
     * @param bytes direct, {@code [n][channels]} float32 in the platform's order, grouped by label; given away
     */
    FeatureBank(
            ClassCatalog classes,
            MaskPooling pooling,
            int channels,
            ByteBuffer bytes,
            int[] starts,
            Map<String, String> madeOf) {
        this.classes = classes;
        this.pooling = pooling;
        this.channels = channels;
        this.bytes = bytes;
        this.vectors = bytes.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
        this.starts = starts;
        this.madeOf = Collections.unmodifiableSortedMap(new TreeMap<>(madeOf));
    }

    /** Starts a bank. */
    public static Builder builder() {
        return new Builder();
    }

    /** The classes whose labels the vectors have. */
    public ClassCatalog classes() {
        return classes;
    }

    /** How features were pooled, and are to be pooled of what is compared with these. */
    public MaskPooling pooling() {
        return pooling;
    }

    /** Length of a vector. */
    public int channels() {
        return channels;
    }

    /** Number of vectors, at least 1. */
    public int size() {
        return starts[starts.length - 1];
    }

    /** Number of vectors of a label. */
    public int size(int label) {
        requireLabel(label);
        return starts[label + 1] - starts[label];
    }

    /** The label of a vector. */
    public int label(int vector) {
        requireVector(vector);
        int label = 0;
        while (starts[label + 1] <= vector) {
            label++;
        }
        return label;
    }

    /** A vector, of Euclidean length 1; a copy. */
    public float[] vector(int vector) {
        requireVector(vector);
        float[] copy = new float[channels];
        vectors.get(vector * channels, copy);
        return copy;
    }

    /**
     * What the bank was made of, as its builder was told: settings by name, and the counts of {@link PoolingCounts}.
     * Unmodifiable.
     */
    public SortedMap<String, String> madeOf() {
        return madeOf;
    }

    private void requireVector(int vector) {
        if (vector < 0 || vector >= size()) {
            throw new IndexOutOfBoundsException("vector " + vector + " of " + size());
        }
    }

    private void requireLabel(int label) {
        if (label < 0 || label >= classes.labelCount()) {
            throw new IllegalArgumentException("label is " + label + "; expected 0.." + (classes.labelCount() - 1));
        }
    }

    /**
     * The nearest vectors by cosine, exactly: as float64 computes it of float32 vectors, the lower number first where two
     * are equally near. Independent of the number of threads, and of what other queries there are.
     *
     * @param queries {@code [m][channels]} row-major, of any length; {@code m} may be 0
     * @param k how many, at least 1; where the bank has fewer, all of them
     * @throws IllegalArgumentException if the queries are no multiple of the channels, hold NaN or infinity, or one is zero
     */
    public Neighbours nearest(float[] queries, int k) {
        return search(queries, k, 0, size());
    }

    /**
     * As {@link #nearest(float[], int)}, among the vectors of some labels.
     *
     * @param labels ascending or not, each at most once
     * @throws IllegalArgumentException also if a label is none of the catalog's, stands twice, or none of them has a vector
     */
    public Neighbours nearest(float[] queries, int k, int... labels) {
        int[] sorted = labels.clone();
        Arrays.sort(sorted);
        int[] ranges = new int[2 * sorted.length];
        int available = 0;
        for (int i = 0; i < sorted.length; i++) {
            available += size(sorted[i]);
            if (i > 0 && sorted[i] == sorted[i - 1]) {
                throw new IllegalArgumentException(
                        "label " + sorted[i] + " stands twice in " + Arrays.toString(labels));
            }
            ranges[2 * i] = starts[sorted[i]];
            ranges[2 * i + 1] = starts[sorted[i] + 1];
        }
        if (available == 0) {
            throw new IllegalArgumentException(
                    "labels are " + Arrays.toString(labels) + ", of which the bank has no vector; it has of " + held());
        }
        return search(queries, k, ranges);
    }

    private Neighbours search(float[] queries, int k, int... ranges) {
        if (k < 1) {
            throw new IllegalArgumentException("k is " + k + "; expected at least 1");
        }
        if (queries.length % channels != 0) {
            throw new IllegalArgumentException(
                    "queries has " + queries.length + " values; expected a multiple of " + channels + ", the channels");
        }
        for (int from = 0; from < queries.length; from += channels) {
            boolean zero = true;
            for (int c = 0; c < channels; c++) {
                float value = queries[from + c];
                if (!Float.isFinite(value)) {
                    throw new IllegalArgumentException("query " + from / channels + " is " + value + " in channel " + c
                            + "; expected a finite number");
                }
                zero &= value == 0;
            }
            if (zero) {
                throw new IllegalArgumentException(
                        "query " + from / channels + " is zero; expected a vector that has a direction");
            }
        }
        return new NearestSearch(vectors, channels).nearest(queries, k, ranges);
    }

    /** The names of the labels that have vectors. */
    List<String> held() {
        List<String> names = new ArrayList<>();
        for (int label = 0; label < classes.labelCount(); label++) {
            if (size(label) > 0) {
                names.add(classes.labelNames().get(label));
            }
        }
        return names;
    }

    /**
     * At most so many vectors of each label, drawn without replacement: a vote among the nearest otherwise favours what
     * there is most of, as the background. Those that stay keep their order.
     *
     * @param perLabel at least 1
     * @param seed of the draw; what is drawn of a label depends on its vectors' number and this alone
     */
    public FeatureBank balanced(int perLabel, long seed) {
        if (perLabel < 1) {
            throw new IllegalArgumentException("perLabel is " + perLabel + "; expected at least 1");
        }
        int labels = classes.labelCount();
        int[] kept = new int[labels + 1];
        for (int label = 0; label < labels; label++) {
            kept[label + 1] = kept[label] + Math.min(perLabel, size(label));
        }
        ByteBuffer to = allocate(kept[labels], channels);
        for (int label = 0; label < labels; label++) {
            SplitMix random = new SplitMix(seed, label);
            int wanted = kept[label + 1] - kept[label];
            int left = size(label);
            // Knuth's algorithm S: each is taken with the chance that makes all choices equally likely
            for (int v = starts[label]; wanted > 0; v++) {
                if (random.below(left--) < wanted) {
                    to.put(row(v));
                    wanted--;
                }
            }
        }
        Map<String, String> origin = under("from", madeOf);
        origin.put("balanced", perLabel + " of each label, seed " + seed);
        return new FeatureBank(classes, pooling, channels, to.flip(), kept, origin);
    }

    private ByteBuffer row(int vector) {
        int rowBytes = channels * Float.BYTES;
        return bytes.duplicate().position(vector * rowBytes).limit((vector + 1) * rowBytes);
    }

    private static Map<String, String> under(String name, Map<String, String> settings) {
        Map<String, String> moved = new TreeMap<>();
        settings.forEach((key, value) -> moved.put(name + "." + key, value));
        return moved;
    }

    /**
     * The vectors of several banks in one, of each label those of the first bank first.
     *
     * @throws IllegalArgumentException if there is no bank, they differ in classes, pooling or channels, or have 2 GiB or
     *     more together
     */
    public static FeatureBank merge(List<FeatureBank> banks) {
        if (banks.isEmpty()) {
            throw new IllegalArgumentException("banks is empty; expected at least one");
        }
        FeatureBank first = banks.get(0);
        Map<String, String> origin = new TreeMap<>();
        long size = 0;
        for (int i = 0; i < banks.size(); i++) {
            FeatureBank bank = banks.get(i);
            requireSame(i, "classes", first.classes, bank.classes);
            requireSame(i, "pooling", first.pooling, bank.pooling);
            requireSame(i, "channels", first.channels, bank.channels);
            origin.putAll(under("bank" + i, bank.madeOf));
            size += bank.size();
        }
        int labels = first.classes.labelCount();
        int[] starts = new int[labels + 1];
        ByteBuffer to = allocate(size, first.channels);
        for (int label = 0; label < labels; label++) {
            starts[label + 1] = starts[label];
            for (FeatureBank bank : banks) {
                for (int v = bank.starts[label]; v < bank.starts[label + 1]; v++) {
                    to.put(bank.row(v));
                }
                starts[label + 1] += bank.size(label);
            }
        }
        return new FeatureBank(first.classes, first.pooling, first.channels, to.flip(), starts, origin);
    }

    private static void requireSame(int bank, String what, Object expected, Object found) {
        if (!found.equals(expected)) {
            throw new IllegalArgumentException(
                    what + " of bank " + bank + " is " + found + "; expected " + expected + ", that of bank 0");
        }
    }

    /** Memory for so many vectors, in the platform's order, which {@code put} of another buffer's bytes keeps. */
    static ByteBuffer allocate(long vectors, int channels) {
        long size = vectors * channels * Float.BYTES;
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    vectors + " vectors of " + channels + " have " + size + " bytes; expected less than 2 GiB");
        }
        return ByteBuffer.allocateDirect((int) size).order(ByteOrder.nativeOrder());
    }

    /**
     * Writes or replaces a safetensors file: {@code vectors} F32 {@code [n][channels]}, {@code labels} U8 {@code [n]}, and
     * in its free text class names, pooling and what the bank was made of. Equal banks give equal bytes.
     *
     * @throws java.io.UncheckedIOException if writing fails
     */
    public void save(Path file) {
        FeatureBankFile.write(file, this);
    }

    /**
     * Reads a file that {@link #save} wrote.
     *
     * @throws InvalidDataException if there is no such file, or it is no bank: vectors and labels disagree, a label is none of
     *     the classes', a vector is not finite or not of length 1, or the free text lacks what {@code save} writes
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static FeatureBank load(Path file) {
        return FeatureBankFile.read(file);
    }

    /** The vectors as an array over their memory. */
    ByteBuffer bytes() {
        return bytes.asReadOnlyBuffer();
    }

    /** Classes, pooling, a hash of the vectors and their labels, and {@link #madeOf}. */
    @Override
    public Description description() {
        return Description.of("FeatureBank")
                .put("classes", classes)
                .put("pooling", pooling)
                .put("channels", channels)
                .put("vectors", size())
                .put("sha256", hash())
                .put("madeOf", madeOf)
                .build();
    }

    private String hash() {
        String known = hash;
        if (known == null) {
            MessageDigest sha = Sha256.digest();
            sha.update(bytes());
            for (int start : starts) {
                sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(start).flip());
            }
            known = Sha256.hex(sha.digest());
            hash = known;
        }
        return known;
    }

    /** Whether the other has the same vectors and labels, classes, pooling and origin. */
    @Override
    public boolean equals(Object o) {
        return o instanceof FeatureBank other
                && classes.equals(other.classes)
                && pooling.equals(other.pooling)
                && channels == other.channels
                && Arrays.equals(starts, other.starts)
                && madeOf.equals(other.madeOf)
                && bytes.equals(other.bytes);
    }

    @Override
    public int hashCode() {
        return hash().hashCode();
    }

    @Override
    public String toString() {
        return "FeatureBank[" + size() + " vectors of " + channels + ", of " + held() + "]";
    }

    /** Collects vectors. Not thread-safe. */
    public static final class Builder {
        private @Nullable ClassCatalog classes;
        private MaskPooling pooling = MaskPooling.PLAIN;
        private boolean added;
        private int channels;
        private final List<List<float[]>> vectors = new ArrayList<>();
        private final SortedMap<String, String> madeOf = new TreeMap<>();
        private PoolingCounts counts = PoolingCounts.NONE;
        private int images;

        private Builder() {}

        /** The classes that labels are of. Required, before anything is added. */
        public Builder setClasses(ClassCatalog classes) {
            requireNothingAdded("setClasses");
            this.classes = classes;
            vectors.clear();
            for (int label = 0; label < classes.labelCount(); label++) {
                vectors.add(new ArrayList<>());
            }
            return this;
        }

        /** How features are pooled; {@link MaskPooling#PLAIN} unless set. Before anything is added. */
        public Builder optPooling(MaskPooling pooling) {
            requireNothingAdded("optPooling");
            this.pooling = pooling;
            return this;
        }

        private void requireNothingAdded(String setter) {
            if (added) {
                throw new IllegalStateException(setter + " comes before the first add");
            }
        }

        /**
         * Notes what the bank is made of: the source of features, of labels, a dataset. It is kept with the bank, also in its
         * file, and changes nothing else.
         *
         * @throws IllegalArgumentException if the name is taken
         */
        public Builder optMadeOf(String name, Described part) {
            if (madeOf.containsKey(name)) {
                throw new IllegalArgumentException("name '" + name + "' stands twice");
            }
            madeOf.putAll(part.description().under(name));
            return this;
        }

        /**
         * Adds the vectors of an image: for each label of its map the one of all its pixels. {@link LabelMap#IGNORE} has none.
         *
         * @param labels of any size that shows the same image
         * @throws InvalidDataException if the map holds a value that is no label
         * @throws IllegalArgumentException if the features have other channels than those before
         * @throws IllegalStateException if no classes are set
         */
        public Builder add(FeatureMap features, LabelMap labels) {
            labels.requireLabels("labels", requireClasses());
            List<RleMask> masks = new ArrayList<>();
            int[] histogram = labels.histogram();
            int[] present = new int[LabelMap.IGNORE];
            byte[] values = labels.toArray();
            for (int label = 0; label < LabelMap.IGNORE; label++) {
                if (histogram[label] > 0) {
                    byte[] inside = new byte[values.length];
                    for (int i = 0; i < inside.length; i++) {
                        inside[i] = (byte) ((values[i] & 255) == label ? 1 : 0);
                    }
                    present[masks.size()] = label;
                    masks.add(RleMask.ofDense(labels.height(), labels.width(), inside));
                }
            }
            return add(features, masks, Arrays.copyOf(present, masks.size()));
        }

        /**
         * Adds the vectors of masks of an image, such as its objects'.
         *
         * @param masks may overlap
         * @param labels one for each
         * @throws IllegalArgumentException if there are not as many labels as masks, one is none of the catalog's, or the
         *     features have other channels than those before
         * @throws IllegalStateException if no classes are set
         */
        public Builder add(FeatureMap features, List<RleMask> masks, int... labels) {
            int labelCount = requireClasses().labelCount();
            if (labels.length != masks.size()) {
                throw new IllegalArgumentException(
                        "labels has " + labels.length + " entries; expected " + masks.size() + ", one for each mask");
            }
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] < 0 || labels[i] >= labelCount) {
                    throw new IllegalArgumentException(
                            "label of mask " + i + " is " + labels[i] + "; expected 0.." + (labelCount - 1));
                }
            }
            if (added && features.channels() != channels) {
                throw new IllegalArgumentException("features have " + features.channels() + " channels; expected "
                        + channels + ", as those added before");
            }
            PooledMasks pooled = pooling.pool(features, masks);
            added = true;
            images++;
            channels = features.channels();
            counts = counts.plus(pooled.counts());
            for (int v = 0; v < pooled.size(); v++) {
                vectors.get(labels[pooled.mask(v)])
                        .add(Arrays.copyOfRange(pooled.vectors(), v * channels, (v + 1) * channels));
            }
            return this;
        }

        private ClassCatalog requireClasses() {
            if (classes == null) {
                throw new IllegalStateException("setClasses is required");
            }
            return classes;
        }

        /** What became of the masks added so far. */
        public PoolingCounts counts() {
            return counts;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no classes are set, or no mask that was added has a vector
         * @throws IllegalArgumentException if the vectors have 2 GiB or more
         */
        public FeatureBank build() {
            ClassCatalog labelled = requireClasses();
            int[] starts = new int[labelled.labelCount() + 1];
            for (int label = 0; label < labelled.labelCount(); label++) {
                starts[label + 1] = starts[label] + vectors.get(label).size();
            }
            int n = starts[labelled.labelCount()];
            if (n == 0) {
                throw new IllegalStateException(
                        "no mask that was added has a vector (" + counts + "); expected at least one");
            }
            ByteBuffer bytes = allocate(n, channels);
            FloatBuffer to = bytes.asFloatBuffer();
            vectors.forEach(ofLabel -> ofLabel.forEach(to::put));
            SortedMap<String, String> origin = new TreeMap<>(madeOf);
            origin.putAll(Description.of("PoolingCounts").putAll(counts).build().under("masks"));
            origin.put("images", Integer.toString(images));
            return new FeatureBank(labelled, pooling, channels, bytes, starts, origin);
        }
    }
}
