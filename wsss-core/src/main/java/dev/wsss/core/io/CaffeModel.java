package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Caffe's {@code .caffemodel}: the message {@code NetParameter} of {@code caffe.proto}, whose layers hold blobs. A tensor is
 * named by its layer and its number there, {@code conv1/0}. Layers are read in the form of today and in the one before
 * (V1), and refused in the first (V0). The rest of the net is passed over.
 */
final class CaffeModel {
    /** Axes of a blob at most, as in Caffe. */
    private static final int MAX_RANK = 32;

    private static final int MAX_NAME_BYTES = 4096;
    /** Many more than any of Caffe's layers has. */
    private static final int MAX_BLOBS = 64;

    private static final int NET_LAYERS_V1 = 2;
    private static final int NET_LAYER = 100;
    private static final int V1_LAYER_V0 = 1;

    private static final int BLOB_WIDTH = 4;
    private static final int BLOB_DATA = 5;
    private static final int BLOB_SHAPE = 7;
    private static final int BLOB_DOUBLE_DATA = 8;
    private static final int SHAPE_DIM = 1;

    /**
     * Where a layer has its parts.
     *
     * @param ranks how many dimensions the first blob of some types has: of convolution, deconvolution, linear layer
     */
    private record Form(int name, int type, int blobs, Map<String, Integer> ranks) {
        static final Form V1 = new Form(4, 5, 6, Map.of("4", 4, "39", 4, "14", 2));
        static final Form NOW = new Form(1, 2, 7, Map.of("Convolution", 4, "Deconvolution", 4, "InnerProduct", 2));
    }

    /**
     * An array as its message lies in the file.
     *
     * @param run where its elements begin if they lie one after the other, else -1
     */
    private record Blob(ByteSource source, long start, long end, DType dtype, long[] shape, boolean legacy, long run)
            implements StoredTensor {
        @Override
        public HostArray read() {
            if (!Inputs.representable(dtype, shape)) {
                throw new InvalidDataException(
                        source.name() + ": a blob " + dtype + Inputs.shape(shape) + ", expected less than 2 GiB");
            }
            int bytes = (int) Inputs.byteCount(dtype, shape);
            return run < 0
                    ? HostArray.of(dtype, shape, gather(bytes))
                    : HostArray.of(dtype, shape, source.range(run, bytes));
        }

        /**
         * This, if its shape is of the time when all had four dimensions, without those that only fill up: a bias of {@code
         * [1, 1, 1, n]} is of {@code [n]}, a linear layer's weight of {@code [1, 1, n, k]} of {@code [n, k]}.
         */
        Blob ofRank(int least) {
            if (!legacy || least == BLOB_WIDTH || shape[0] != 1 || shape[1] != 1) {
                return this;
            }
            int rank = shape[2] == 1 ? least : 2;
            long[] kept = Arrays.copyOfRange(shape, shape.length - rank, shape.length);
            return new Blob(source, start, end, dtype, kept, legacy, run);
        }

        /** Elements that are fields of their own, or lie in several runs. */
        private ByteBuffer gather(int bytes) {
            ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
            ProtoReader in = new ProtoReader(source, start);
            while (in.position() < end) {
                if (in.field(end) == dataField(dtype)) {
                    long to = in.wire() == ProtoReader.LENGTH ? in.endOfValue(end) : in.position() + dtype.bytes();
                    in.read(to, out);
                } else {
                    in.skip(end);
                }
            }
            return out.flip();
        }
    }

    private final ByteSource source;
    private final ProtoReader in;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    private CaffeModel(ByteSource source) {
        this.source = source;
        this.in = new ProtoReader(source, 0);
    }

    /** Whether a file is called so, or is made of a net's fields from its first byte to the last. */
    static boolean is(ByteSource source) {
        if (source.name().toLowerCase(Locale.ROOT).endsWith(".caffemodel")) {
            return true;
        }
        ProtoReader in = new ProtoReader(source, 0);
        long end = source.size();
        boolean layers = false;
        try {
            while (in.position() < end) {
                int field = in.field(end);
                boolean layer = field == NET_LAYER || field == NET_LAYERS_V1;
                if (!layer && field > 8 || layer && in.wire() != ProtoReader.LENGTH) {
                    return false;
                }
                layers |= layer;
                in.skip(end);
            }
            return layers;
        } catch (InvalidDataException e) {
            return false;
        }
    }

    static CheckpointContent read(ByteSource source) {
        return new CaffeModel(source).net();
    }

    private CheckpointContent net() {
        long end = source.size();
        while (in.position() < end) {
            switch (in.field(end)) {
                case NET_LAYERS_V1 -> layer(Form.V1, in.endOfValue(end));
                case NET_LAYER -> layer(Form.NOW, in.endOfValue(end));
                default -> in.skip(end);
            }
        }
        if (tensors.isEmpty()) {
            throw bad("a Caffe net without weights, expected a trained one");
        }
        return new CheckpointContent(Checkpoint.Format.CAFFE, "", tensors, Map.of(), List.of(source));
    }

    private void layer(Form form, long end) {
        String name = "";
        String type = "";
        List<Blob> blobs = new ArrayList<>();
        while (in.position() < end) {
            int field = in.field(end);
            if (field == form.name) {
                name = in.text(end, MAX_NAME_BYTES);
            } else if (field == form.type) {
                type = in.wire() == ProtoReader.VARINT ? String.valueOf(in.number(end)) : in.text(end, MAX_NAME_BYTES);
            } else if (field == form.blobs) {
                String where = "layer " + Inputs.quote(name) + ", blob " + blobs.size();
                if (blobs.size() == MAX_BLOBS) {
                    throw bad(where + ": expected at most " + MAX_BLOBS + " of a layer");
                }
                blobs.add(blob(in.endOfValue(end), where));
            } else if (field == V1_LAYER_V0 && form == Form.V1) {
                throw bad("layers in the first form of Caffe (V0), expected V1 or later; bring it up to date with"
                        + " Caffe's upgrade_net_proto_binary");
            } else {
                in.skip(end);
            }
        }
        for (int i = 0; i < blobs.size(); i++) {
            int rank = i == 0 ? form.ranks.getOrDefault(type, 1) : 1;
            String key = name + "/" + i;
            if (tensors.put(key, blobs.get(i).ofRank(rank)) != null) {
                throw bad("two blobs are named " + Inputs.quote(key));
            }
        }
    }

    private Blob blob(long end, String where) {
        long start = in.position();
        long[] legacy = new long[BLOB_WIDTH];
        boolean hasLegacy = false;
        long[] dims = {};
        Elements floats = new Elements(DType.F32);
        Elements doubles = new Elements(DType.F64);
        while (in.position() < end) {
            int field = in.field(end);
            switch (field) {
                case 1, 2, 3, BLOB_WIDTH -> {
                    legacy[field - 1] = (int) in.number(end);
                    hasLegacy = true;
                }
                case BLOB_DATA -> floats.take(end, where);
                case BLOB_DOUBLE_DATA -> doubles.take(end, where);
                case BLOB_SHAPE -> dims = dims(dims, in.endOfValue(end), where);
                default -> in.skip(end);
            }
        }
        // as Caffe chooses, where both are given
        Elements data = doubles.count > 0 ? doubles : floats;
        long[] shape = hasLegacy ? legacy : dims;
        long bytes = Inputs.byteCount(data.dtype, shape);
        if (bytes < 0 || bytes != data.count * data.dtype.bytes()) {
            throw bad(where + " has the shape " + Inputs.shape(shape) + " and " + data.count + " values");
        }
        return new Blob(source, start, end, data.dtype, shape, hasLegacy, data.runs == 1 ? data.run : -1);
    }

    private long[] dims(long[] before, long end, String where) {
        long[] dims = before;
        while (in.position() < end) {
            if (in.field(end) != SHAPE_DIM) {
                in.skip(end);
                continue;
            }
            if (in.wire() == ProtoReader.LENGTH) {
                long to = in.endOfValue(end);
                while (in.position() < to) {
                    dims = append(dims, in.varint(to), where);
                }
            } else {
                dims = append(dims, in.number(end), where);
            }
        }
        return dims;
    }

    private long[] append(long[] dims, long dim, String where) {
        if (dims.length == MAX_RANK) {
            throw bad(where + " has more than " + MAX_RANK + " dimensions");
        }
        long[] more = Arrays.copyOf(dims, dims.length + 1);
        more[dims.length] = dim;
        return more;
    }

    /** What the elements of one type are and where. */
    private final class Elements {
        private final DType dtype;
        private long count;
        private long runs;
        private long run;

        Elements(DType dtype) {
            this.dtype = dtype;
        }

        /** A packed run of elements, or a single one. */
        void take(long end, String where) {
            long bytes = dtype.bytes();
            int single = dtype == DType.F64 ? ProtoReader.FIXED64 : ProtoReader.FIXED32;
            if (in.wire() != single) {
                long to = in.endOfValue(end);
                bytes = to - in.position();
                if (bytes % dtype.bytes() != 0) {
                    throw bad(where + " has " + bytes + " bytes of data, expected a multiple of " + dtype.bytes());
                }
            }
            if (bytes > 0) {
                run = in.position();
                runs++;
                count += bytes / dtype.bytes();
                in.skip(bytes, end);
            }
        }
    }

    private static int dataField(DType dtype) {
        return dtype == DType.F64 ? BLOB_DOUBLE_DATA : BLOB_DATA;
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }
}
