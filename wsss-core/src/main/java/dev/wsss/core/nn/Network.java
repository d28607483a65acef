package dev.wsss.core.nn;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A network or a part of one: parameters, buffers and children, each under a name. The full name of a parameter, its
 * checkpoint key, is the path of names joined by dots.
 *
 * <p>Subclasses register what they own in their constructor and compute in methods of their own. A network is not safe
 * for use by several threads while it trains; in evaluation mode any number of threads may compute with it.
 */
public abstract class Network implements Described, AutoCloseable {
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Map<String, Tensor> unsavedBuffers = new LinkedHashMap<>();
    private final List<Part> children = new ArrayList<>();
    /** Own tensors whose values were not drawn here. */
    private final Set<Tensor> given = identitySet();

    private boolean training = true;
    private boolean closed;

    /** Registers a parameter: it takes part in training. The network takes {@code initial} over and closes it. */
    protected final Tensor parameter(String name, Tensor initial) {
        Tensor owned = own(initial).requires_grad_(true);
        put(parameters, name, owned);
        return owned;
    }

    /** Registers a buffer: it is saved, but not trained. The network takes {@code initial} over and closes it. */
    protected final Tensor buffer(String name, Tensor initial) {
        Tensor owned = own(initial);
        put(buffers, name, owned);
        return owned;
    }

    /**
     * Registers a buffer that is neither saved nor loaded, such as a table that follows from the settings. The network
     * takes {@code initial} over and closes it.
     */
    protected final Tensor unsavedBuffer(String name, Tensor initial) {
        Tensor owned = Scope.own(initial.detach());
        initial.close();
        put(unsavedBuffers, name, owned);
        return owned;
    }

    private static Tensor own(Tensor initial) {
        Tensor owned = Scope.own(initial.detach());
        initial.close();
        Unfilled.register(owned);
        return owned;
    }

    /**
     * Registers a part. This network closes it. One part may stand in several places: it then is saved under each of its
     * names, as PyTorch does, and trained, counted and visited once, under the first.
     */
    protected final <N extends Network> N child(String name, N part) {
        requireNew(name);
        children.add(new Part(name, part));
        return part;
    }

    /** Registers a part whose names stand on this network's own level, without a prefix. This network closes it. */
    protected final <N extends Network> N child(N part) {
        part.state().keySet().forEach(this::requireNew);
        children.add(new Part("", part));
        return part;
    }

    private void put(Map<String, Tensor> map, String name, Tensor value) {
        requireNew(name);
        map.put(name, value);
    }

    private void requireNew(String name) {
        if (parameters.containsKey(name)
                || buffers.containsKey(name)
                || unsavedBuffers.containsKey(name)
                || children.stream().anyMatch(part -> part.has(name))) {
            throw new IllegalStateException(
                    "'" + name + "' is registered twice in " + getClass().getSimpleName());
        }
    }

    record Part(String name, Network network) {
        String prefix() {
            return name.isEmpty() ? "" : name + ".";
        }

        boolean has(String other) {
            return name.isEmpty() ? network.state().containsKey(other) : name.equals(other);
        }
    }

    /** All parameters of this network and its parts by full name, each once, in order of registration. */
    public final Map<String, Tensor> parameters() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        NetworkTree.modules(this)
                .forEach((part, place) -> part.parameters.forEach((name, t) -> all.put(place.prefix() + name, t)));
        return all;
    }

    /** All buffers of this network and its parts by full name, each once, those that are not saved included. */
    public final Map<String, Tensor> buffers() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        NetworkTree.modules(this).forEach((part, place) -> {
            part.buffers.forEach((name, t) -> all.put(place.prefix() + name, t));
            part.unsavedBuffers.forEach((name, t) -> all.put(place.prefix() + name, t));
        });
        return all;
    }

    /**
     * What is saved, parameters and buffers by full name, in the order of PyTorch's {@code state_dict}. The live tensors,
     * no copies; one of a part that stands in several places is there under each name.
     */
    public final Map<String, Tensor> state() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        collect("", all);
        return all;
    }

    /**
     * One parameter or buffer.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public final Tensor tensor(String name) {
        Tensor t = state().get(name);
        if (t == null) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " has no tensor '" + name + "'");
        }
        return t;
    }

    private void collect(String prefix, Map<String, Tensor> all) {
        parameters.forEach((name, t) -> all.put(prefix + name, t));
        buffers.forEach((name, t) -> all.put(prefix + name, t));
        children.forEach(part -> part.network.collect(prefix + part.prefix(), all));
    }

    /** The parts right below, in order of registration. */
    final List<Part> children() {
        return children;
    }

    /** The tensors that this part itself owns: parameters, then buffers, those that are not saved last. */
    final Map<String, Tensor> ownTensors() {
        Map<String, Tensor> own = new LinkedHashMap<>(parameters);
        own.putAll(buffers);
        own.putAll(unsavedBuffers);
        return own;
    }

    /**
     * This network and all parts below it by path, parents first, each once. The network itself stands under {@code ""}; a
     * part without a name of its own as {@code [i]}, its place among its parent's parts.
     */
    public final Map<String, Network> modules() {
        return modules(Network.class);
    }

    /** The parts of one type by path, as {@link #modules()}. */
    public final <N> Map<String, N> modules(Class<N> type) {
        return NetworkTree.modules(this, type);
    }

    /**
     * The part at a path.
     *
     * @throws IllegalArgumentException if there is none
     */
    public final Network module(String path) {
        Network part = modules().get(path);
        if (part == null) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " has no part '" + path + "'");
        }
        return part;
    }

    /**
     * What made this part and does not show in the shapes of its tensors, such as stride, groups or heads. Values have a
     * {@code toString} that says all; {@link #architecture()} shows them.
     */
    protected Map<String, Object> settings() {
        return Map.of();
    }

    /**
     * What this network is made of, by path as in {@link #modules()}: of each part its class, its {@link #settings()} and
     * its tensors' types and shapes, and which of them are frozen. Two networks with equal parameters that compute
     * differently are told apart.
     */
    public final SortedMap<String, String> architecture() {
        return NetworkTree.architecture(this);
    }

    /** A copy of {@link #state()} on the host. */
    public final Map<String, HostArray> stateDict() {
        Map<String, HostArray> dict = new LinkedHashMap<>();
        state().forEach((name, t) -> dict.put(name, Tensors.toHost(t)));
        return dict;
    }

    /**
     * {@link #state()} as arrays that copy nothing now: each is read when it is asked for, so that a file is written with
     * one tensor on the host at a time. Valid until the network changes or closes.
     */
    public final Map<String, HostArray> liveState() {
        Map<String, HostArray> dict = new LinkedHashMap<>();
        state().forEach((name, t) -> dict.put(name, Tensors.view(t)));
        return dict;
    }

    /** SHA-256, in lower-case hex, over names, shapes and values of {@link #state()}: which weights made a product? */
    public final String fingerprint() {
        MessageDigest sha = Sha256.digest();
        liveState().forEach((name, array) -> update(sha, name, array));
        return Sha256.hex(sha.digest());
    }

    private static void update(MessageDigest sha, String name, HostArray array) {
        sha.update((name + array).getBytes(StandardCharsets.UTF_8));
        sha.update(array.bytes());
    }

    /** What results of this network depend on: its architecture and its present weights. */
    @Override
    public Description description() {
        return Description.of(getClass().getSimpleName())
                .put("architecture", Sha256.of(architecture().toString()))
                .put("weights", fingerprint())
                .build();
    }

    /**
     * What a training of this network starts from: its architecture, and a hash of the weights that were loaded or trained
     * before. Weights that were drawn are known by the seed, and not by their values, which differ in the last bit between
     * processors.
     */
    public final Description start() {
        MessageDigest sha = Sha256.digest();
        int given = 0;
        Set<Tensor> known = given();
        Map<String, Tensor> state = state();
        for (Map.Entry<String, Tensor> e : state.entrySet()) {
            if (known.contains(e.getValue())) {
                update(sha, e.getKey(), Tensors.view(e.getValue()));
                given++;
            }
        }
        return Description.of(getClass().getSimpleName())
                .put("architecture", Sha256.of(architecture().toString()))
                .put(
                        "start",
                        given == 0 ? "drawn" : given + " of " + state.size() + " tensors, " + Sha256.hex(sha.digest()))
                .build();
    }

    /**
     * Says that all weights are what they are, as if they had been loaded: what is trained from here on depends on their
     * values. Trainers call it when they end.
     */
    public final void pinWeights() {
        visit(n -> {
            n.given.addAll(n.parameters.values());
            n.given.addAll(n.buffers.values());
        });
    }

    private Set<Tensor> given() {
        Set<Tensor> all = identitySet();
        visit(n -> all.addAll(n.given));
        return all;
    }

    private static Set<Tensor> identitySet() {
        // tensors compare by content of their handles
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /**
     * Loads a checkpoint whose keys and shapes must be exactly this network's. Numbers of another precision are converted.
     *
     * @throws InvalidDataException with the {@link LoadReport} if they are not, or naming the first tensor that holds NaN or
     *     an infinite value; nothing is changed then
     */
    public final LoadReport load(Map<String, HostArray> checkpoint) {
        return load(checkpoint, LoadPolicy.STRICT);
    }

    /**
     * Loads the entries of a checkpoint that fit, such as a backbone without its classifier.
     *
     * @param mayMiss prefixes of our keys that the checkpoint need not have
     * @param mayDrop prefixes of the checkpoint's keys that we need not have
     * @throws InvalidDataException if anything else is missing, unexpected or of another shape; nothing is changed then
     */
    public final LoadReport loadPartial(Map<String, HostArray> checkpoint, List<String> mayMiss, List<String> mayDrop) {
        LoadPolicy policy = LoadPolicy.builder()
                .optMayMiss(mayMiss.toArray(String[]::new))
                .optMayDrop(mayDrop.toArray(String[]::new))
                .build();
        return load(checkpoint, policy);
    }

    /**
     * Loads a checkpoint as far as a policy allows.
     *
     * @throws InvalidDataException with the {@link LoadReport} if the policy does not allow it, or naming the first tensor
     *     that holds values that the policy does not allow; nothing is changed then
     */
    public final LoadReport load(Map<String, HostArray> checkpoint, LoadPolicy policy) {
        LoadReport report = requireFit(TensorSpec.of(checkpoint), policy);
        if (!policy.nonFinite()) {
            NonFinite.of(checkpoint, report.loaded()).ifPresent(found -> {
                throw new CheckpointException(
                        found + "; expected finite weights", CheckpointException.Remedy.NON_FINITE);
            });
        }
        copy(report, checkpoint, policy);
        return report;
    }

    /**
     * Refuses a checkpoint of these types and shapes if {@link #load(Map, LoadPolicy)} would; loads nothing.
     *
     * @throws InvalidDataException with the {@link LoadReport}
     */
    public final LoadReport requireFit(Map<String, TensorSpec> checkpoint, LoadPolicy policy) {
        LoadReport report = compare(checkpoint, policy);
        LoadReport rest = report.without(policy);
        if (!rest.isExact()) {
            String message = "the checkpoint does not fit " + getClass().getSimpleName() + ": " + rest;
            throw rest.isExactButExtra()
                    ? new CheckpointException(message, CheckpointException.Remedy.LEAVE_OUT)
                    : new InvalidDataException(message);
        }
        return report;
    }

    /**
     * Refuses to go on with weights that are not finite, which nothing can be done with.
     *
     * @throws InvalidDataException naming the first tensor that holds NaN or an infinite value
     */
    public final void requireFinite() {
        Map<String, HostArray> state = liveState();
        NonFinite.of(state, List.copyOf(state.keySet())).ifPresent(found -> {
            throw new InvalidDataException(getClass().getSimpleName() + ": " + found + "; expected finite weights");
        });
    }

    /** How a checkpoint of these types and shapes would fit; loads nothing. */
    public final LoadReport compare(Map<String, TensorSpec> checkpoint, LoadPolicy policy) {
        return LoadReport.compare(state(), checkpoint, policy);
    }

    private void copy(LoadReport report, Map<String, HostArray> checkpoint, LoadPolicy policy) {
        Map<String, Tensor> mine = state();
        List<String> whole = new ArrayList<>();
        for (String key : NetworkTree.lastNames(report.loaded(), mine)) {
            HostArray from = Objects.requireNonNull(checkpoint.get(key));
            Tensor to = Objects.requireNonNull(mine.get(key));
            Unfilled.filled(to);
            long[] shape = Tensors.shape(to);
            if (Arrays.equals(shape, from.shape())) {
                whole.add(key);
                continue;
            }
            TableResize resize = policy.resize(key, TensorSpec.of(from), shape);
            if (resize == null) {
                throw new IllegalStateException(key + " has another shape and no way to resize it");
            }
            try (Torch.Mode noGrad = Torch.noGrad();
                    Scope scope = Scope.open()) {
                to.copy_(resize.resize(Tensors.of(from), shape));
            }
        }
        Set<Tensor> loaded = identitySet();
        report.loaded().forEach(key -> loaded.add(Objects.requireNonNull(mine.get(key))));
        visit(n -> {
            n.parameters.values().stream().filter(loaded::contains).forEach(n.given::add);
            n.buffers.values().stream().filter(loaded::contains).forEach(n.given::add);
        });
        // One core alone does not copy as fast as memory takes it, nor hide the time that a disk takes.
        visit(Network::unfuse);
        whole.parallelStream()
                .forEach(key -> Tensors.copy(
                        Objects.requireNonNull(checkpoint.get(key)), Objects.requireNonNull(mine.get(key))));
    }

    /** Training or evaluation mode, for this network and its parts. New networks are in training mode. */
    public final void train(boolean on) {
        visit(n -> {
            n.training = on;
            if (on) {
                n.unfuse();
            }
        });
    }

    /**
     * Makes evaluation faster, at the cost of training: in each {@link ConvNorm} on the CPU the convolution takes the
     * normalization and the rectifier into itself, with the weights as they are now, and everything is converted to a type as
     * by {@link #to}. What is taken in is rounded once, and not before it is multiplied out.
     *
     * <pre>{@code
     * network.train(false);
     * network.fuse(DType.BF16);
     * try (Torch.Mode noGrad = Torch.noGrad()) {
     *     Tensor logits = network.forward(images); // of bfloat16; images may be of float32
     * }
     * }</pre>
     *
     * <p>The form is used where no gradients are recorded, and on the CPU; elsewhere the parts compute one after the other.
     * It ends with {@link #train train(true)}, {@link #to} and {@link #load}; weights that are changed in other ways after
     * this call are not seen. In float32 results differ by rounding. bfloat16 has 8 bits of precision; it is fast on
     * processors that multiply it, such as those with AVX-512 BF16.
     *
     * @throws IllegalArgumentException if the type is no floating-point type
     * @throws IllegalStateException if this network is in training mode
     */
    public final void fuse(DType dtype) {
        requireFloating(dtype);
        if (training) {
            throw new IllegalStateException(
                    getClass().getSimpleName() + " is in training mode; expected train(false) before fuse");
        }
        Map<ConvNorm, FusedConvolution> fused = new LinkedHashMap<>();
        visit(n -> {
            if (n instanceof ConvNorm unit && unit.conv().weight().is_cpu()) {
                fused.put(unit, FusedConvolution.of(unit, dtype));
            }
        });
        to(device(), dtype);
        fused.forEach(ConvNorm::fuse);
    }

    /** Forgets what {@link #fuse} made. */
    void unfuse() {}

    /** Whether this part is in training mode. */
    public final boolean isTraining() {
        return training;
    }

    /** Calls an action for this network and each part below it, parents first, once for each. */
    public final void visit(Consumer<? super Network> action) {
        NetworkTree.modules(this).keySet().forEach(action);
    }

    /** Freezes this part: no parameter trains, and every batch normalization keeps its running statistics. */
    public final void freeze() {
        requiresGrad(false);
        freezeBatchNorm(true);
    }

    /**
     * Freezes parts and parameters by path, such as {@code backbone.layer1}: whatever stands at or below it.
     *
     * @throws IllegalArgumentException if there is nothing at a path; nothing is changed then
     */
    public final void freeze(String... paths) {
        NetworkTree.freeze(this, paths);
    }

    /**
     * Freezes every batch normalization below: running statistics are used and not updated, in training mode too.
     *
     * @param affine whether its weight and bias are frozen as well; otherwise they still train
     */
    public final void freezeBatchNorm(boolean affine) {
        visit(n -> {
            if (n instanceof BatchNorm2d bn) {
                bn.freeze(affine);
            }
        });
    }

    /** Stops (or allows again) the training of all parameters below; frozen ones get no gradient. */
    public final void requiresGrad(boolean on) {
        parameters().values().forEach(p -> p.set_requires_grad(on));
    }

    /** Moves parameters and buffers; floating-point ones are converted, integer buffers keep their type. */
    public final void to(ComputeDevice device, DType dtype) {
        requireFloating(dtype);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            visit(Network::unfuse);
            visit(n -> n.ownTensors().values().forEach(t -> {
                var type = t.is_floating_point() ? Tensors.scalarType(dtype) : t.scalar_type();
                t.set_data(t.detach().to(device.toTorch(), type));
            }));
        }
    }

    private static void requireFloating(DType dtype) {
        if (!dtype.isFloating()) {
            throw new IllegalArgumentException("a network computes in a floating-point type, got " + dtype);
        }
    }

    /** Number of trainable scalars. */
    public final long parameterCount() {
        return parameters().values().stream().mapToLong(Tensor::numel).sum();
    }

    /** The device of the first parameter. */
    public final ComputeDevice device() {
        Tensor first = parameters().values().iterator().next();
        return first.is_cuda() ? new ComputeDevice(first.device().index()) : ComputeDevice.CPU;
    }

    /** Frees all parameters and buffers. Idempotent. */
    @Override
    public final void close() {
        if (closed) {
            return;
        }
        closed = true;
        unfuse();
        ownTensors().values().forEach(Tensor::close);
        children.forEach(part -> part.network.close());
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "(" + parameterCount() + " parameters, "
                + children.stream().map(Part::name).filter(n -> !n.isEmpty()).toList() + ")";
    }
}
