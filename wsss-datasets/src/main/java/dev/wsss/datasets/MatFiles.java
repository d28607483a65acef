package dev.wsss.datasets;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import us.hebi.matlab.mat.format.BufferAllocator;
import us.hebi.matlab.mat.format.Mat5Reader;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Source;
import us.hebi.matlab.mat.types.Sources;
import us.hebi.matlab.mat.types.Struct;

/** Masks in MATLAB's files, of the format of versions 5 to 7, in which some datasets were published. */
final class MatFiles {
    /** Largest file, 64 MiB; those of the datasets have some kilobytes. */
    private static final long MAX_BYTES = 64L << 20;

    /** Most bytes that the numbers of one file take once unpacked, a 32-bit mask of 64 million pixels. */
    private static final long MAX_UNPACKED = 256L << 20;

    /** Most elements of a structure or cell; SBD's have 20. */
    private static final int MAX_ELEMENTS = 1 << 16;

    private static final String EXPECTED = "a MAT file of version 5 to 7";

    private MatFiles() {}

    /** A reader of masks that are a variable of this name, whose values have labels, or -1 where they have none. */
    static MaskReader masks(String variable, IntUnaryOperator labelOfValue, String expected) {
        return new Masks(file -> matrix(file, variable, read(file, variable)), labelOfValue, expected);
    }

    /** The same of masks that are a field of a structure. */
    static MaskReader masks(String variable, String field, IntUnaryOperator labelOfValue, String expected) {
        Function<Path, Matrix> matrix = file -> {
            if (!(read(file, variable) instanceof Struct struct)
                    || !struct.getFieldNames().contains(field)
                    || struct.getNumElements() != 1) {
                throw new InvalidDataException(
                        file + ": '" + variable + "' is no structure with one '" + field + "'; expected one");
            }
            return matrix(file, variable + "." + field, struct.get(field));
        };
        return new Masks(matrix, labelOfValue, expected);
    }

    /** Masks that are a matrix of values; what they say stands behind no header, so that files are always read whole. */
    private record Masks(Function<Path, Matrix> matrix, IntUnaryOperator labelOfValue, String expected)
            implements MaskReader {
        @Override
        public LabelMap read(Path file) {
            return labels(file, matrix.apply(file), labelOfValue, expected);
        }

        @Override
        public ImageFiles.Size size(Path file) {
            Matrix read = matrix.apply(file);
            return new ImageFiles.Size(read.getNumRows(), read.getNumCols());
        }

        @Override
        public boolean isIntact(Path file) {
            try {
                return matrix.apply(file).getNumElements() > 0;
            } catch (InvalidDataException e) {
                return false;
            }
        }
    }

    private static Matrix matrix(Path file, String name, Array value) {
        if (!(value instanceof Matrix matrix) || value.getNumDimensions() != 2 || value.getNumElements() < 1) {
            throw new InvalidDataException(file + ": '" + name + "' is a " + value.getType() + " of "
                    + value.getNumElements() + " elements; expected a matrix with a value for each pixel");
        }
        return matrix;
    }

    private static LabelMap labels(Path file, Matrix matrix, IntUnaryOperator labelOfValue, String expected) {
        int height = matrix.getNumRows();
        int width = matrix.getNumCols();
        byte[] labels = new byte[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double value = matrix.getDouble(y, x);
                int label = value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE
                        ? labelOfValue.applyAsInt((int) value)
                        : -1;
                if (label < 0) {
                    throw new InvalidDataException(
                            file + ": pixel (" + x + ", " + y + ") has value " + value + "; expected " + expected);
                }
                labels[y * width + x] = (byte) label;
            }
        }
        return LabelMap.wrap(height, width, labels);
    }

    private static Array read(Path file, String variable) {
        List<String> others = new ArrayList<>();
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new InvalidDataException(
                        file + ": has " + size + " bytes; expected " + EXPECTED + " of at most " + MAX_BYTES);
            }
            Reader reader = new Reader(Sources.wrap(Files.readAllBytes(file)), new Budget());
            reader.setEntryFilter(header -> {
                others.add(header.getName());
                return header.getName().equals(variable);
            });
            for (MatFile.Entry entry : reader.readMat().getEntries()) {
                if (entry.getName().equals(variable)) {
                    return entry.getValue();
                }
            }
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + EXPECTED, e);
        } catch (IOException | IllegalArgumentException | OutOfMemoryError | StackOverflowError e) {
            // sizes of names are taken from the file unchecked, and the depth of cells in cells has no limit
            throw new InvalidDataException(
                    file + ": is damaged or of another format (" + e.getMessage() + "); expected " + EXPECTED, e);
        }
        throw new InvalidDataException(
                file + ": has no variable '" + variable + "'; there are " + Counts.names(others));
    }

    /** A reader that takes no more memory than there is reason for, whatever a file says of its sizes. */
    private static final class Reader extends Mat5Reader {
        private final Budget budget;

        Reader(Source source, Budget budget) {
            super(source);
            this.budget = budget;
            setBufferAllocator(budget);
            disableSubsystemProcessing();
        }

        @Override
        protected Mat5Reader createChildReader(Source inflated) {
            return new Reader(inflated, budget).setEntryFilter(filter);
        }

        @Override
        protected Array readCell(EntryHeader header) throws IOException {
            check(header.getNumElements());
            return super.readCell(header);
        }

        @Override
        protected Array[][] readValues(EntryHeader header, int fields, String[] names) throws IOException {
            check((long) header.getNumElements() * fields);
            return super.readValues(header, fields, names);
        }

        private static void check(long elements) throws IOException {
            if (elements < 0 || elements > MAX_ELEMENTS) {
                throw new IOException("a structure or cell of " + elements + " elements");
            }
        }
    }

    /** Gives buffers until {@link #MAX_UNPACKED} is spent. */
    private static final class Budget implements BufferAllocator {
        private long left = MAX_UNPACKED;

        @Override
        public ByteBuffer allocate(int bytes) {
            left -= bytes;
            if (bytes < 0 || left < 0) {
                throw new IllegalArgumentException("more than " + MAX_UNPACKED + " bytes once unpacked");
            }
            return ByteBuffer.allocate(bytes);
        }

        @Override
        public void release(ByteBuffer buffer) {
            // collected
        }
    }
}
