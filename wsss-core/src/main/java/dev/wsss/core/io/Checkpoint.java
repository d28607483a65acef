package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of named weights, whatever program wrote it. The format is told from the content, not from the file's name (but for
 * {@code .onnx} and {@code .caffemodel}, which have no sure sign, if nothing else fits), and
 * nothing in a file is ever executed.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("sam_vit_b.pth"))) {
 *     for (Checkpoint.Info tensor : checkpoint.info()) {      // nothing is loaded for this
 *         System.out.println(tensor.name() + " " + tensor.dtype() + Arrays.toString(tensor.shape()));
 *     }
 *     HostArray weight = checkpoint.get("image_encoder.pos_embed");
 * }
 * }</pre>
 *
 * <p><b>Formats.</b> PyTorch's {@code .pt} and {@code .pth}, as a zip archive (since 1.6) or as a stream (before);
 * TorchScript archives, such as OpenAI's CLIP, whose parameters are named as in {@code state_dict()}, followed by what
 * else is a tensor among the modules' attributes; safetensors; the {@code *.index.json} of either in several files;
 * MXNet's {@code .params}, with the {@code arg:} and {@code aux:} of its names; Caffe's {@code .caffemodel}, whose tensors
 * are named by layer and blob, {@code conv1/0}; TensorFlow Lite's {@code .tflite}, see {@link TfliteModel}, whose constants
 * with scales come as the floats that they stand for; ONNX's initializers, see {@link OnnxModel}; npz; and plain pickles of NumPy arrays,
 * as Detectron2's {@code .pkl}. The tar archives of PyTorch before 0.2 are refused.
 *
 * <p><b>Wrappers.</b> Training programs put the weights beside the optimizer and the rest. The tensors are looked for
 * below the first of {@code state_dict}, {@code model_state_dict}, {@code model_state}, {@code model},
 * {@code ema_state_dict}, {@code model_ema}, {@code ema}, {@code net}, {@code network}, {@code module},
 * {@code params_ema}, {@code params}, {@code weights} that holds some, again and again; then at the place reached; then
 * in its only dict of tensors, and if there are several you must choose:
 *
 * <pre>{@code
 * Checkpoint.builder().setPath(path).optRoot("teacher").build();
 * }</pre>
 *
 * {@link #root} tells where they were found. Names are as in that dict; a {@code module.} prefix stays. What is no tensor
 * becomes text in {@link #metadata}.
 *
 * <p><b>Classes.</b> A pickle may name any class of any Python module. Those of a fixed list, which make tensors, plain
 * containers and a few harmless values, are understood, and any other is refused by its name. With
 * {@link Builder#optInertGlobals} an object of another class is passed over, and looked through for tensors: so a file of
 * a whole pickled model, or one with a training program's own classes beside the weights, gives its tensors too.
 * {@link #passedOver} names them.
 *
 * <p><b>Types.</b> A tensor whose elements no {@link DType} stands for, such as complex numbers or floats of 8 bits, is
 * listed by {@link #unreadable} and refused when it is asked for; the others are as in any file. A view with its negative
 * bit set comes with the sign that it has in PyTorch.
 *
 * <p><b>Memory.</b> Where the file's layout allows, which is contiguous, little-endian and uncompressed and the rule,
 * an array's elements are read when they are asked for, each time anew if the heap is short. Loading such an array into a
 * network takes no memory beside the network's. These arrays end with {@link #close}: using one afterwards throws an {@link
 * IllegalStateException}, and whoever needs it for longer takes a {@link HostArray#copy}. Files are not mapped, so that
 * nothing of one is held once it is closed. Thread-safe.
 */
public final class Checkpoint implements AutoCloseable {
    /** The name of the tensor in a file that is one tensor, as {@code torch.save(tensor, file)} writes it. */
    public static final String BARE_TENSOR = "tensor";

    /** The kinds of file. */
    public enum Format {
        /** PyTorch's zip archive. */
        PYTORCH,
        /** PyTorch's stream, before 1.6. */
        PYTORCH_LEGACY,
        /** PyTorch files under an index. */
        PYTORCH_SHARDED,
        /** An archive of {@code torch.jit.save}. */
        TORCHSCRIPT,
        /** One safetensors file. */
        SAFETENSORS,
        /** Safetensors files under an index. */
        SAFETENSORS_SHARDED,
        /** MXNet's {@code .params}. */
        MXNET,
        /** Caffe's {@code .caffemodel}. */
        CAFFE,
        /** TensorFlow Lite's {@code .tflite}. */
        TFLITE,
        /** ONNX's {@code .onnx}, perhaps with files of data beside it. */
        ONNX,
        /** NumPy's npz. */
        NPZ,
        /** A plain pickle of NumPy arrays. */
        PICKLE
    }

    /**
     * A tensor as the file describes it.
     *
     * @param bytes of its elements
     */
    public record Info(String name, DType dtype, long[] shape, long bytes) {}

    /**
     * A tensor that the file describes and that cannot be read.
     *
     * @param type as the file calls it, such as {@code complex64}, {@code float8_e4m3fn} or {@code sparse}
     */
    public record Unreadable(String name, String type, long[] shape) {}

    private final String file;
    private final CheckpointContent content;
    private volatile boolean closed;

    private Checkpoint(String file, CheckpointContent content) {
        this.file = file;
        this.content = content;
    }

    /**
     * Opens a file, tells its format, and checks everything in it but the elements.
     *
     * @throws InvalidDataException if there is no such file, it is of no known format, damaged or hostile, or holds no
     *     tensors
     * @throws UncheckedIOException if reading fails
     */
    public static Checkpoint open(Path path) {
        return builder().setPath(path).build();
    }

    /** To open a file in another way than {@link #open} does. */
    public static Builder builder() {
        return new Builder();
    }

    /** How to open a checkpoint. */
    public static final class Builder {
        private @Nullable Path path;
        private @Nullable String root;
        private boolean inertGlobals;

        private Builder() {}

        /** The file. */
        public Builder setPath(Path path) {
            this.path = path;
            return this;
        }

        /**
         * Where the tensors are among nested dicts, such as {@code model} or {@code state_dict.teacher}; empty for the
         * top. For PyTorch's formats and pickles; others have no nesting, and refuse it.
         */
        public Builder optRoot(String root) {
            this.root = root;
            return this;
        }

        /**
         * Whether objects of unknown classes are passed over; by default the file is refused. No object of such a class
         * is ever made, either way.
         */
        public Builder optInertGlobals(boolean inertGlobals) {
            this.inertGlobals = inertGlobals;
            return this;
        }

        @Nullable
        String root() {
            return root;
        }

        boolean inertGlobals() {
            return inertGlobals;
        }

        /**
         * Opens the file.
         *
         * @throws IllegalStateException if no path was set
         * @throws InvalidDataException as {@link Checkpoint#open}; also if there are no tensors at the root
         * @throws UncheckedIOException if reading fails
         */
        public Checkpoint build() {
            Path given = path;
            if (given == null) {
                throw new IllegalStateException("setPath is required");
            }
            return read(ByteSource.open(given), new Folder(given), this);
        }
    }

    /** Opens a file beside another. */
    @FunctionalInterface
    interface Siblings {
        /** The file of a plain name, wherever a link of that name may lead. */
        ByteSource open(String name);

        /** The file of a relative path, which no link may lead out of the folder. */
        default ByteSource openWithin(String path) {
            return open(path);
        }
    }

    /** The folder that a file is in. */
    private record Folder(Path file) implements Siblings {
        @Override
        public ByteSource open(String name) {
            return ByteSource.open(file.resolveSibling(name));
        }

        @Override
        public ByteSource openWithin(String path) {
            return OnnxModel.openWithin(file, path);
        }
    }

    static Checkpoint read(ByteSource source, Siblings siblings, Builder options) {
        return new Checkpoint(source.name(), content(source, siblings, options));
    }

    /** Takes over the source, and closes it if it is refused. */
    private static CheckpointContent content(ByteSource source, @Nullable Siblings siblings, Builder options) {
        try {
            CheckpointContent content = sniff(source, siblings, options);
            String root = options.root();
            if (root != null && !root.equals(content.root())) {
                throw new InvalidDataException(source.name() + ": there is no root " + Inputs.quote(root)
                        + " in a file of format " + content.format());
            }
            return content;
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static CheckpointContent sniff(ByteSource source, @Nullable Siblings siblings, Builder options) {
        String file = source.name();
        long size = source.size();
        ByteBuffer start =
                ByteBuffer.wrap(source.read(0, (int) Math.min(size, 512))).order(ByteOrder.LITTLE_ENDIAN);
        int first = size < 8 ? 0 : start.getInt(0);
        if (TfliteModel.is(source)) {
            return TfliteModel.checkpoint(source);
        }
        if (first == 0x04034b50) {
            ZipDirectory zip = new ZipDirectory(source);
            return TorchReader.isArchive(zip)
                    ? TorchReader.archive(source, zip, options)
                    : NpzReader.read(source, zip, Npz.inflationBound(source));
        }
        if (TorchReader.isLegacy(start)) {
            return TorchReader.legacy(source, options);
        }
        if (size >= 8 && start.getLong(0) == MxnetParams.MAGIC && (size < 9 || start.get(8) != '{')) {
            return MxnetParams.read(source);
        }
        if (size > 8 && start.get(8) == '{' && start.getLong(0) > 0) {
            return safetensors(source);
        }
        if (size > 0 && start.get(0) == '{' && siblings != null) {
            // A shard is a file of its own: the index has no siblings for it, and its root is the index's.
            return ShardIndex.read(source, name -> content(siblings.open(name), null, options));
        }
        if (size >= 8 && start.get(0) == (byte) 0x80 && start.get(1) >= 2 && start.get(1) <= 5) {
            return TorchReader.pickle(source, options);
        }
        String stranger = stranger(start);
        if (stranger == null && OnnxModel.is(source)) {
            return OnnxModel.checkpoint(source, siblings);
        }
        if (stranger == null && CaffeModel.is(source)) {
            return CaffeModel.read(source);
        }
        throw new InvalidDataException(file + ": " + (stranger == null ? "a file of unknown format" : stranger)
                + ", expected a checkpoint of PyTorch or TorchScript, safetensors, an index of several, MXNet's params,"
                + " Caffe's caffemodel, TFLite, ONNX or npz");
    }

    private static CheckpointContent safetensors(ByteSource source) {
        SafetensorsFile opened = SafetensorsFile.open(source);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : opened.names()) {
            tensors.put(name, opened.stored(name));
        }
        return new CheckpointContent(Format.SAFETENSORS, "", tensors, opened.metadata(), List.of(source));
    }

    /** What a file is that is none of ours; null if that is not known. */
    private static @Nullable String stranger(ByteBuffer start) {
        String text = StandardCharsets.ISO_8859_1.decode(start.duplicate()).toString();
        if (text.startsWith("ustar", 257)) {
            return "a tar archive, as PyTorch wrote before 0.2; load it in Python and save it again";
        }
        if (text.startsWith("version https://git-lfs")) {
            return "a Git LFS pointer in place of the file; fetch the file itself";
        }
        if (text.startsWith("\u0089HDF")) {
            return "an HDF5 file, such as Caffe's .caffemodel.h5; have Caffe write a .caffemodel"
                    + " (Net.save(file) in Python), or store the arrays as npz under LAYER/BLOB";
        }
        if (text.startsWith("\u0093NUMPY")) {
            return "an npy file of one array, which has no names";
        }
        if (text.startsWith("<")) {
            return "a web page or XML, perhaps a download's error message";
        }
        return text.isEmpty() ? "an empty file" : null;
    }

    static void closeAll(List<AutoCloseable> parts) {
        List<Exception> failures = new ArrayList<>();
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            throw new UncheckedIOException(new IOException("cannot close a checkpoint", failures.get(0)));
        }
    }

    /** What kind of file this is. */
    public Format format() {
        return content.format();
    }

    /** The dotted place of the tensors among the file's dicts; empty if they are at the top. */
    public String root() {
        return content.root();
    }

    /** The tensors' names, in the order of the state dict; for an index, of its weight map. */
    public Set<String> names() {
        return Collections.unmodifiableSet(content.tensors().keySet());
    }

    /**
     * Tensors of the file that cannot be read, because no {@link DType} stands for their elements, by name. They are
     * among {@link #names}, and {@link #get} refuses them.
     */
    public List<Unreadable> unreadable() {
        List<Unreadable> rows = new ArrayList<>();
        content.tensors().forEach((name, tensor) -> {
            if (tensor instanceof UnreadableTensor) {
                rows.add(new Unreadable(name, tensor.type(), tensor.shape().clone()));
            }
        });
        return rows;
    }

    /** Unknown classes whose objects were passed over; empty unless {@link Builder#optInertGlobals} was asked for. */
    public Set<String> passedOver() {
        return Collections.unmodifiableSet(content.passedOver());
    }

    /** Whether a tensor of this name exists. */
    public boolean has(String name) {
        return content.tensors().containsKey(name);
    }

    /**
     * What the file tells beside the tensors, as short text by name: numbers and text of the dicts that were passed on the
     * way to the tensors, safetensors' metadata. A value that is no number or text is described, such as
     * {@code dict of 3}.
     */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(content.metadata());
    }

    /** Names, types and shapes of all tensors that can be read, in the order of {@link #names}. */
    public List<Info> info() {
        List<Info> rows = new ArrayList<>();
        content.tensors().forEach((name, tensor) -> {
            if (!(tensor instanceof UnreadableTensor)) {
                rows.add(new Info(
                        name,
                        tensor.dtype(),
                        tensor.shape().clone(),
                        Inputs.byteCount(tensor.dtype(), tensor.shape())));
            }
        });
        return rows;
    }

    /**
     * A tensor's element type.
     *
     * @throws InvalidDataException if the file has no such tensor, or it cannot be read
     */
    public DType dtype(String name) {
        StoredTensor tensor = tensor(name);
        try {
            return tensor.dtype();
        } catch (InvalidDataException e) {
            throw of(name, e);
        }
    }

    /**
     * A tensor's shape; a copy, empty for a scalar.
     *
     * @throws InvalidDataException if the file has no such tensor
     */
    public long[] shape(String name) {
        return tensor(name).shape().clone();
    }

    /**
     * One tensor, in C order; to be used while this is open.
     *
     * @throws InvalidDataException if the file has no such tensor, it has 2 GiB or more, or it is {@link #unreadable}
     * @throws UncheckedIOException if reading fails
     * @throws IllegalStateException if this is closed
     */
    public HostArray get(String name) {
        StoredTensor tensor = tensor(name);
        if (closed) {
            throw new IllegalStateException(file + ": the checkpoint is closed");
        }
        try {
            return tensor.read();
        } catch (InvalidDataException e) {
            throw of(name, e);
        }
    }

    private InvalidDataException of(String name, InvalidDataException e) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        String cause = message.startsWith(file + ": ") ? message.substring(file.length() + 2) : message;
        return new InvalidDataException(file + ": tensor " + Inputs.quote(name) + ": " + cause, e);
    }

    /**
     * All tensors by name, in the order of {@link #names}; to be used while this is open.
     *
     * @throws InvalidDataException if a tensor has 2 GiB or more, or is {@link #unreadable}
     * @throws UncheckedIOException if reading fails
     * @throws IllegalStateException if this is closed
     */
    public Map<String, HostArray> read() {
        Map<String, HostArray> arrays = new LinkedHashMap<>();
        for (String name : names()) {
            arrays.put(name, get(name));
        }
        return arrays;
    }

    private StoredTensor tensor(String name) {
        StoredTensor tensor = content.tensors().get(name);
        if (tensor == null) {
            throw new InvalidDataException(file + ": there is no tensor " + Inputs.quote(name) + " among the "
                    + content.tensors().size() + " of the file");
        }
        return tensor;
    }

    @Override
    public void close() {
        closed = true;
        closeAll(content.parts());
    }

    @Override
    public String toString() {
        return file + " (" + content.format() + ", " + content.tensors().size() + " tensors)";
    }
}
