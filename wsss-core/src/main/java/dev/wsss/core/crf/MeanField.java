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

/** Mean-field inference; keeps its memory for the next one. Of one thread at a time. */
final class MeanField implements AutoCloseable {
    /** A pairwise term: its filter, which is the compatibility's {@link Compatibility#factor} times the kernel. */
    record Term(PermutohedralLattice lattice, Compatibility compatibility) {}

    /**
     * Points that the CPU updates at a time: their labels stay in its cache from the slice to the softmax, and libtorch
     * gets the same memory each time instead of fresh pages from the system.
     */
    private static final int BLOCK = 16_384;

    private final ComputeDevice device;
    private final @Nullable LatticeKernels kernels;
    private final NativeArray input = new NativeArray(DType.F32, ComputeDevice.CPU);
    private final NativeArray negativeUnaryMemory;
    private final NativeArray qMemory;
    private final NativeArray sumsMemory;

    MeanField(ComputeDevice device) {
        this(device, LatticeKernels.of(device));
    }

    MeanField(ComputeDevice device, @Nullable LatticeKernels kernels) {
        this.device = device;
        this.kernels = kernels;
        negativeUnaryMemory = new NativeArray(DType.F32, device);
        qMemory = new NativeArray(DType.F32, device);
        sumsMemory = new NativeArray(DType.F32, device);
    }

    /** {@code [labels][points]} to {@code [labels][points]}. Gradients must be off. */
    float[] infer(List<Term> terms, float[] unary, int labels, int iterations, int threads) {
        try (Scope scope = Scope.open()) {
            Run run = new Run(terms, unary, labels, threads);
            run.update(List.of());
            for (int i = 0; i < iterations; i++) {
                run.step();
            }
            return run.result();
        }
    }

    @Override
    public void close() {
        List.of(input, negativeUnaryMemory, qMemory, sumsMemory).forEach(NativeArray::close);
    }

    /** One inference. Its tensors belong to the scope in which it was made. */
    private final class Run {
        final List<Term> terms;
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

        Run(List<Term> terms, float[] unary, int labels, int threads) {
            this.terms = terms;
            this.labels = labels;
            // where libtorch has threads of its own, those divide each operation
            this.threads = device.isCuda() || Torch.threads() > 1 ? 1 : threads;
            points = unary.length / labels;
            block = device.isCuda() ? points : BLOCK;
            negativeUnary = negativeUnaryMemory.tensor(points, labels);
            q = qMemory.tensor(points, labels);
            sums = sumsMemory.tensor(points, 1);
            FloatPointer staging = pointer(input.tensor((long) labels * Math.min(block, points)));
            for (int from = 0; from < points; from += block) {
                try (Scope scope = Scope.open()) {
                    int count = Math.min(block, points - from);
                    for (int l = 0; l < labels; l++) {
                        staging.position((long) l * count).put(unary, l * points + from, count);
                    }
                    Tensor energies = Tensors.to(input.tensor(labels, count), device);
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
                for (Term term : terms) {
                    blurred.add(term.lattice.blurred(q, threads));
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
                    Term term = terms.get(t);
                    Tensor filtered = term.lattice.slice(blurred.get(t), from, count);
                    energies = term.compatibility.negativeEnergy(filtered).add_(energies);
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
