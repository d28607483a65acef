package dev.wsss.core.io;

import java.util.Arrays;
import java.util.List;

/** A setting of an {@link OnnxNode}. */
public sealed interface OnnxAttribute {
    /** A float. */
    record OfFloat(float value) implements OnnxAttribute {}

    /** An integer. */
    record OfInt(long value) implements OnnxAttribute {}

    /** Text. */
    record OfString(String value) implements OnnxAttribute {}

    /** A tensor; of a file that is open, its elements end with the file. */
    record OfTensor(HostArray value) implements OnnxAttribute {}

    /** Floats. */
    record OfFloats(List<Float> values) implements OnnxAttribute {
        /** Keeps a copy. */
        public OfFloats {
            values = List.copyOf(values);
        }
    }

    /** Integers. */
    record OfInts(List<Long> values) implements OnnxAttribute {
        /** Keeps a copy. */
        public OfInts {
            values = List.copyOf(values);
        }

        /** The integers as an array. */
        public long[] toArray() {
            return values.stream().mapToLong(Long::longValue).toArray();
        }
    }

    /** Texts. */
    record OfStrings(List<String> values) implements OnnxAttribute {
        /** Keeps a copy. */
        public OfStrings {
            values = List.copyOf(values);
        }
    }

    /**
     * What is not read, such as a graph or a tensor of strings; not written either.
     *
     * @param kind what it is
     */
    record Unread(String kind) implements OnnxAttribute {}

    /** An integer. */
    static OnnxAttribute of(long value) {
        return new OfInt(value);
    }

    /** A float. */
    static OnnxAttribute of(float value) {
        return new OfFloat(value);
    }

    /** Text. */
    static OnnxAttribute of(String value) {
        return new OfString(value);
    }

    /** A tensor. */
    static OnnxAttribute of(HostArray value) {
        return new OfTensor(value);
    }

    /** Integers. */
    static OnnxAttribute ofInts(long... values) {
        return new OfInts(Arrays.stream(values).boxed().toList());
    }
}
