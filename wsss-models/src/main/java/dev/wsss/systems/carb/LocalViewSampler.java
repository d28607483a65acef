package dev.wsss.systems.carb;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Draws the {@link LocalView} of a training step: a patch of one size at a uniform place, and a uniform scale at which the
 * teacher sees it.
 *
 * @param height rows of a patch
 * @param width columns of a patch
 * @param minScale smallest scale
 * @param maxScale the scale that is just not drawn any more; {@code minScale} for that one alone
 * @param multiple of which the scaled sides are. Both are floored to it, and are at least it. A teacher whose patches divide
 *     them sees nothing but image; 1 as published
 * @param exclusive whether the last offset on each axis is never drawn, as published
 */
public record LocalViewSampler(
        int height, int width, double minScale, double maxScale, int multiple, boolean exclusive) {
    public LocalViewSampler {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("a patch must be at least 1x1, got " + height + "x" + width);
        }
        if (!(minScale > 0 && maxScale >= minScale && maxScale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("scales must be 0 < min <= max, got " + minScale + " and " + maxScale);
        }
        if (multiple < 1) {
            throw new IllegalArgumentException("multiple must be at least 1, got " + multiple);
        }
    }

    /**
     * A sampler of all offsets, whose scaled sides are multiples of 16, the side of ViT-B/16's patches.
     *
     * @throws IllegalArgumentException if a size is below 1, or the scales are not positive and in order
     */
    public static LocalViewSampler of(int height, int width, double minScale, double maxScale) {
        return new LocalViewSampler(height, width, minScale, maxScale, 16, false);
    }

    /** The same as the published code samples: sides floored to pixels, and without the last offset. */
    public LocalViewSampler original() {
        return new LocalViewSampler(height, width, minScale, maxScale, 1, true);
    }

    /**
     * Draws a view of images of {@code imageHeight x imageWidth}. Draws in this order: the row, unless the image is as high
     * as the patch; the column, likewise; the scale.
     *
     * @throws IllegalArgumentException if the image is smaller than the patch
     */
    public LocalView sample(int imageHeight, int imageWidth, RandomGenerator random) {
        return sample(imageHeight, imageWidth, new Draws() {
            @Override
            public int below(int bound) {
                return random.nextInt(bound);
            }

            @Override
            public double unit() {
                return random.nextDouble();
            }
        });
    }

    /**
     * As {@link #sample(int, int, RandomGenerator)}, drawn from libtorch's generator on the CPU: after {@link
     * dev.wsss.core.runtime.Torch#seed} those that PyTorch draws after {@code manual_seed}.
     *
     * @throws IllegalArgumentException if the image is smaller than the patch
     */
    public LocalView sample(int imageHeight, int imageWidth) {
        return sample(imageHeight, imageWidth, new LibtorchDraws());
    }

    private LocalView sample(int imageHeight, int imageWidth, Draws draws) {
        int top = offset("rows", imageHeight, height, draws);
        int left = offset("columns", imageWidth, width, draws);
        double scale = draws.unit() * (maxScale - minScale) + minScale;
        return new LocalView(top, left, height, width, scaled(height, scale), scaled(width, scale));
    }

    private int offset(String axis, int image, int patch, Draws draws) {
        if (image < patch) {
            throw new IllegalArgumentException(
                    "images must have at least the " + patch + " " + axis + " of the patch, got " + image);
        }
        return image == patch ? 0 : draws.below(exclusive ? image - patch : image - patch + 1);
    }

    private int scaled(int side, double scale) {
        return Math.max(1, (int) (side * scale) / multiple) * multiple;
    }

    /** Where random numbers come from. */
    private interface Draws {
        int below(int bound);

        double unit();
    }

    private static final class LibtorchDraws implements Draws {
        @Override
        public int below(int bound) {
            try (Scope scope = Scope.open()) {
                return (int) Tensors.item(torch.randint(bound, new long[] {1}));
            }
        }

        @Override
        public double unit() {
            try (Scope scope = Scope.open()) {
                return Tensors.item(
                        Tensors.empty(DType.F32, ComputeDevice.CPU, 1).uniform_(0, 1, new GeneratorOptional()));
            }
        }
    }
}
