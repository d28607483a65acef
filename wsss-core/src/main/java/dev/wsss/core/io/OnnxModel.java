package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A network in ONNX's file format ({@code .onnx}): its graph's nodes with their attributes, inputs and outputs, and its
 * initializers, which are the weights. It is read, not run.
 *
 * <pre>{@code
 * try (OnnxModel model = OnnxModel.open(Path.of("model.onnx"))) {
 *     for (OnnxNode node : model.nodes()) {
 *         if (node.operator().equals("Conv") && node.attributes().get("strides") instanceof OnnxAttribute.OfInts strides) {
 *             HostArray weight = model.initializer(node.inputs().get(1));       // [out, in, height, width]
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Initializers may lie in the file, raw or as numbers, or in files beside it, which must be in the model's folder or
 * below it: a path or a link that leads out is refused. An operator is named as the file does, whatever it is; the bodies
 * of loops and branches and functions of the model's own are passed over.
 *
 * <p>Arrays are read when they are asked for and end with {@link #close}, as those of a {@link Checkpoint} do. Thread-safe.
 * {@link OnnxWriter} writes such files.
 */
public final class OnnxModel implements AutoCloseable {
    private final String file;
    private final OnnxReader.Content content;
    private volatile boolean closed;

    private OnnxModel(String file, OnnxReader.Content content) {
        this.file = file;
        this.content = content;
    }

    /**
     * Opens a file and those of its external data, and reads and checks everything but the elements.
     *
     * @throws InvalidDataException if there is no such file, it is no ONNX model, damaged or hostile, or data outside its
     *     folder are asked for
     * @throws UncheckedIOException if reading fails
     */
    public static OnnxModel open(Path path) {
        return open(ByteSource.open(path), location -> openWithin(path, location));
    }

    /** Takes over the source, and closes it if it is refused. */
    static OnnxModel open(ByteSource source, Checkpoint.@Nullable Siblings siblings) {
        try {
            return new OnnxModel(source.name(), OnnxReader.read(source, location -> {
                if (siblings == null) {
                    throw new InvalidDataException("external data are not read of a file under an index");
                }
                return siblings.openWithin(location);
            }));
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    static boolean is(ByteSource source) {
        return OnnxReader.is(source);
    }

    /** A file of a relative path beside another, where that lies in the other's folder once all links are followed. */
    static ByteSource openWithin(Path file, String location) {
        Path given = file.toAbsolutePath().getParent();
        if (given == null) {
            throw new IllegalArgumentException("file must be in a folder, got " + file);
        }
        try {
            Path folder = given.toRealPath();
            Path named = folder.resolve(location);
            if (!Files.exists(named)) {
                return ByteSource.open(named);
            }
            Path real = named.toRealPath();
            if (!real.startsWith(folder)) {
                throw new InvalidDataException(
                        named + " is a link that leads out of the model's folder; expected a file in it");
            }
            return ByteSource.open(real);
        } catch (InvalidPathException e) {
            throw new InvalidDataException(Inputs.quote(location) + " is no path of a file");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + Inputs.quote(location) + ": " + e.getMessage(), e);
        }
    }

    /** The initializers as a checkpoint's tensors. */
    static CheckpointContent checkpoint(ByteSource source, Checkpoint.@Nullable Siblings siblings) {
        OnnxModel model = open(source, siblings);
        OnnxReader.Content content = model.content;
        if (content.initializers().isEmpty()) {
            Checkpoint.closeAll(content.parts());
            throw model.bad("an ONNX model without initializers, expected a trained one");
        }
        Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
        metadata.putIfAbsent("producer", content.producer());
        metadata.putIfAbsent("operators", model.operatorCounts().toString());
        return new CheckpointContent(Checkpoint.Format.ONNX, "", content.initializers(), metadata, content.parts());
    }

    /** The version of the file's form, 1 or more. */
    public long irVersion() {
        return content.irVersion();
    }

    /** The program that wrote the file, with its version; empty if it does not say. */
    public String producer() {
        return content.producer();
    }

    /** The graph's name; may be empty. */
    public String graphName() {
        return content.graphName();
    }

    /** The versions of the sets of operators by domain; ONNX's own is empty. */
    public Map<String, Long> opsets() {
        return Collections.unmodifiableMap(content.opsets());
    }

    /** What the file tells beside the graph. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(content.metadata());
    }

    /** What the graph takes; of models before IR version 4 also the initializers. */
    public List<OnnxValue> inputs() {
        return content.inputs();
    }

    /** What the graph gives. */
    public List<OnnxValue> outputs() {
        return content.outputs();
    }

    /** The nodes, in the file's order, in which they can run. */
    public List<OnnxNode> nodes() {
        return content.nodes();
    }

    /** Number of functions that the model defines for itself and that are not read. */
    public int functions() {
        return content.functions();
    }

    /** How many nodes of each {@link OnnxNode#qualifiedOperator} there are, by name. */
    public Map<String, Integer> operatorCounts() {
        Map<String, Integer> counts = new TreeMap<>();
        nodes().forEach(node -> counts.merge(node.qualifiedOperator(), 1, Integer::sum));
        return counts;
    }

    /** The initializers' names, in the file's order, also of those that cannot be read. */
    public Set<String> initializers() {
        return Collections.unmodifiableSet(content.initializers().keySet());
    }

    /**
     * An initializer, to be used while this is open.
     *
     * @throws InvalidDataException if there is none of this name, it has 2 GiB or more, or its type cannot be read
     * @throws IllegalStateException if this is closed
     */
    public HostArray initializer(String name) {
        StoredTensor tensor = content.initializers().get(name);
        if (tensor == null) {
            throw bad("there is no initializer " + Inputs.quote(name) + " among the "
                    + content.initializers().size() + " of the file");
        }
        if (closed) {
            throw new IllegalStateException(file + ": the model is closed");
        }
        if (tensor instanceof UnreadableTensor unreadable) {
            throw unreadable.refusal(file + ": initializer " + Inputs.quote(name) + ": ");
        }
        return tensor.read();
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(file + ": " + what);
    }

    @Override
    public void close() {
        closed = true;
        Checkpoint.closeAll(new ArrayList<>(content.parts()));
    }

    @Override
    public String toString() {
        return file + " (ONNX, " + content.initializers().size() + " initializers, " + nodes().size() + " nodes)";
    }
}
