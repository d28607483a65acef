package dev.wsss.core.crf;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Mean-field inference by libtorch, on the CPU or on CUDA. */
final class TensorMeanField implements MeanField {
    /**
     * Points that the CPU updates at a time: their labels stay in its cache from the slice to the softmax, and libtorch
     * gets the same memory each time instead of fresh pages from the system.
     */
    private static final int BLOCK = 16_384;

    private final ComputeDevice device;
    private final @Nullable LatticeKernels kernels;
    private final List<Term> terms;
    private final List<TensorFilter> filters;
    private final Spares<Memory> memories;

    TensorMeanField(ComputeDevice device, List<Term> terms) {
        this(device, LatticeKernels.of(device), terms);
    }

    TensorMeanField(ComputeDevice device, @Nullable LatticeKernels kernels, List<Term> terms) {
        this.device = device;
        this.kernels = kernels;
        this.terms = terms;
        memories = new Spares<>(() -> new Memory(device), Memory::close);
        filters = terms.stream()
                .map(term -> new TensorFilter(term.lattice().dimensions(), device, kernels))
                .toList();
    }

    @Override
    public void prepare(int threads) {
        Torch.load();
        Torch.call(() -> {
            for (int t = 0; t < terms.size(); t++) {
                Term term = terms.get(t);
                filters.get(t).prepare(term.lattice(), term.compatibility().factor(), threads);
            }
            return filters;
        });
    }

    @Override
    public float[] infer(float[] unary, int labels, int iterations, int threads) {
        Memory memory = memories.take();
        try (Torch.Mode noGrad = Torch.noGrad()) {
            return Torch.call(() -> infer(memory, unary, labels, iterations, threads));
        } finally {
            memories.giveBack(memory);
        }
    }

    private float[] infer(Memory memory, float[] unary, int labels, int iterations, int threads) {
        try (Scope scope = Scope.open()) {
            Run run = new Run(memory, unary, labels, threads);
            run.update(List.of());
            for (int i = 0; i < iterations; i++) {
                run.step();
            }
            return run.result();
        }
    }

    @Override
    public void close() {
        filters.forEach(TensorFilter::close);
        memories.close();
    }

    /** What one inference works on. */
    private static final class Memory {
        final NativeArray input = new NativeArray(DType.F32, ComputeDevice.CPU);
        final NativeArray negativeUnary;
        final NativeArray q;
        final NativeArray sums;

        Memory(ComputeDevice device) {
            negativeUnary = new NativeArray(DType.F32, device);
            q = new NativeArray(DType.F32, device);
            sums = new NativeArray(DType.F32, device);
        }

        void close() {
            List.of(input, negativeUnary, q, sums).forEach(NativeArray::close);
        }
    }

    /** One inference. Its tensors belong to the scope in which it was made. */
    private final class Run {
        final int labels;
        final int points;
        final int block;
        final int threads;
        /** {@code [point][label]}, shifted so that each point's greatest is zero. */
        final Tensor negativeUnary;

        final Tensor q;
        /** The denominators of the softmax. */
        final Tensor sums;
        /** Whether to look for the greatest energy before the exponential is taken, as a softmax usually does. */
        boolean shift = device.isCuda() || kernels != null;

        Run(Memory memory, float[] unary, int labels, int threads) {
            this.labels = labels;
            // where libtorch has threads of its own, those divide each operation
            this.threads = device.isCuda() || Torch.threads() > 1 ? 1 : threads;
            points = unary.length / labels;
            block = device.isCuda() ? points : BLOCK;
            negativeUnary = memory.negativeUnary.tensor(points, labels);
            q = memory.q.tensor(points, labels);
            sums = memory.sums.tensor(points, 1);
            FloatPointer staging = pointer(memory.input.tensor((long) labels * Math.min(block, points)));
            for (int from = 0; from < points; from += block) {
                try (Scope scope = Scope.open()) {
                    int count = Math.min(block, points - from);
                    for (int l = 0; l < labels; l++) {
                        staging.position((long) l * count).put(unary, l * points + from, count);
                    }
                    Tensor energies = Tensors.to(memory.input.tensor(labels, count), device);
                    negativeUnary
                            .narrow(0, from, count)
                            .copy_(energies.amin(new long[] {0}, false)
                                    .sub(energies)
                                    .t());
                }
            }
        }

        float[] result() {
            float[] result = new float[labels * points];
            for (int from = 0; from < points; from += block) {
                try (Scope scope = Scope.open()) {
                    int count = Math.min(block, points - from);
                    Tensor rows = Tensors.to(q.narrow(0, from, count).t().contiguous(), ComputeDevice.CPU);
                    FloatPointer values = pointer(rows);
                    for (int l = 0; l < labels; l++) {
                        values.position((long) l * count).get(result, l * points + from, count);
                    }
                }
            }
            return result;
        }

        void step() {
            try (Scope scope = Scope.open()) {
                List<Tensor> blurred = new ArrayList<>(terms.size());
                for (TensorFilter filter : filters) {
                    blurred.add(filter.blurred(q, threads));
                }
                update(blurred);
            }
        }

        /** Q = softmax(-U - energies of the terms). */
        void update(List<Tensor> blurred) {
            Parallel.run(threads, (points + block - 1) / block, i -> {
                try (Torch.Mode noGrad = Torch.noGrad()) {
                    update(blurred, i * block, Math.min(block, points - i * block));
                }
            });
            if (!shift && !isSound()) {
                shift = true;
                update(blurred);
            }
        }

        private void update(List<Tensor> blurred, int from, int count) {
            try (Scope scope = Scope.open()) {
                Tensor energies = negativeUnary.narrow(0, from, count);
                for (int t = 0; t < blurred.size(); t++) {
                    Tensor filtered = filters.get(t).slice(blurred.get(t), from, count);
                    energies = terms.get(t)
                            .compatibility()
                            .negativeEnergy(filtered)
                            .add_(energies);
                }
                Tensor out = q.narrow(0, from, count);
                if (kernels != null) {
                    kernels.softmax(energies, out);
                } else if (shift) {
                    out.copy_(energies.softmax(1));
                } else {
                    // half the time of libtorch's softmax, which is made for longer rows
                    torch.exp_out(out, energies);
                    Tensor sum = sums.narrow(0, from, count);
                    torch.sum_out(sum, out, new long[] {1}, true, null);
                    out.div_(sum);
                }
            }
        }

        /** Whether the exponentials neither overflowed nor all but vanished at any point. */
        private boolean isSound() {
            try (Scope scope = Scope.open()) {
                return Tensors.item(sums.min()) > 1e-30 && Tensors.item(sums.max()) < Float.MAX_VALUE;
            }
        }
    }

    private static FloatPointer pointer(Tensor t) {
        return new FloatPointer(t.data_ptr()).capacity(t.numel());
    }
}
