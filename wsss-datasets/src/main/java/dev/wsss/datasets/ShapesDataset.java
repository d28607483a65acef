package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Drawn scenes of simple shapes, for tests, tutorials and measurements where no real dataset may be shipped.
 *
 * <pre>{@code
 * Dataset train = ShapesDataset.builder().setCount(400).setSeed(1).build();
 * Dataset val = ShapesDataset.builder().setCount(100).setSeed(2).optSize(128, 128).build();
 * }</pre>
 *
 * <p>A scene holds a few shaded, textured objects of eight classes on a cluttered ground, with shadows
 * and occlusion. It is made to show what makes learning from tags hard, at a size that a small network learns in a
 * minute:
 *
 * <ul>
 *   <li><b>partial evidence</b>: each class wears a small badge that tells it for certain, while body colours and
 *       textures are shared between classes, so that plain CAMs light up the badge and miss the body;
 *   <li><b>co-occurrence</b>: two scenes in three are set on the first object's home ground, and nearly every second
 *       further object is the first one's partner, so that CAMs leak to the ground and to neighbours;
 *   <li><b>visible outlines</b>: objects have a dark rim and colours more vivid than the ground, so that a random walk
 *       or a CRF can recover their extent.
 * </ul>
 *
 * <p>Sample {@code i} is a function of the seed, {@code i}, the size and the range of objects, equal on every machine
 * and Java version; nothing is stored, and any number of threads may read. Tags name exactly the objects in the mask;
 * masks are drawn only when {@link #truth} asks.
 */
public final class ShapesDataset implements Dataset {
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(
                    List.of("disk", "ring", "triangle", "square", "star", "cross", "crescent", "hexagon"))
            .withColours(0x000000, 0xE6194B, 0x3CB44B, 0xFFE119, 0x4363D8, 0xF58231, 0x911EB4, 0x42D4F4, 0xF032E6);

    /** Counts changes of how scenes are drawn. */
    private static final int DRAWING = 1;

    private final String name;
    private final int count;
    private final long seed;
    private final int height;
    private final int width;
    private final int minObjects;
    private final int maxObjects;

    private ShapesDataset(Builder b) {
        name = b.name;
        count = b.count;
        seed = b.seed;
        height = b.height;
        width = b.width;
        minObjects = b.minObjects;
        maxObjects = b.maxObjects;
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ClassCatalog classes() {
        return CLASSES;
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public String id(int index) {
        Objects.checkIndex(index, count);
        return String.format(Locale.ROOT, "shapes_%06d", index);
    }

    @Override
    public ImageTags tags(int index) {
        return tags(scene(index));
    }

    @Override
    public Sample get(int index) {
        ShapeScene scene = scene(index);
        return new Sample(id(index), scene.image(), tags(scene));
    }

    /** What all scenes are drawn from; how they are drawn is {@link #DRAWING}. */
    @Override
    public Description description() {
        return Description.of("Dataset")
                .putAll(Dataset.super.description())
                .put("seed", seed)
                .put("height", height)
                .put("width", width)
                .put("minObjects", minObjects)
                .put("maxObjects", maxObjects)
                .put("drawing", DRAWING)
                .build();
    }

    @Override
    public List<String> notes() {
        return List.of(name + ": " + count + " drawn scenes of " + height + "x" + width + " from seed " + seed
                + ", tags of " + CLASSES.tagCount() + " classes, masks for evaluation: those drawn");
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        return scene(index).mask();
    }

    private ShapeScene scene(int index) {
        Objects.checkIndex(index, count);
        return new ShapeScene(seed, index, height, width, minObjects, maxObjects);
    }

    private static ImageTags tags(ShapeScene scene) {
        return ImageTags.of(CLASSES, scene.tags());
    }

    @Override
    public String toString() {
        return name + "[" + count + " scenes of " + height + "x" + width + ", seed " + seed + "]";
    }

    /** Collects what a {@link ShapesDataset} is made of; count and seed are required. */
    public static final class Builder {
        private String name = "shapes";
        private int count = -1;
        private long seed;
        private boolean seeded;
        private int height = 96;
        private int width = 96;
        private int minObjects = 1;
        private int maxObjects = 3;

        private Builder() {}

        /**
         * Number of scenes, at least 1. The first scenes of a longer dataset are those of a shorter one.
         */
        public Builder setCount(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("count is " + count + "; expected at least 1");
            }
            this.count = count;
            return this;
        }

        /** What all is drawn from; datasets of different seeds share no scene. */
        public Builder setSeed(long seed) {
            this.seed = seed;
            this.seeded = true;
            return this;
        }

        /** Pixels of a scene, 32 to 4096 each way; default 96 x 96. */
        public Builder optSize(int height, int width) {
            if (height < 32 || height > 4096 || width < 32 || width > 4096) {
                throw new IllegalArgumentException("size is " + height + "x" + width + "; expected 32..4096 each way");
            }
            this.height = height;
            this.width = width;
            return this;
        }

        /**
         * Fewest and most objects of a scene, within 1..8; default 1 to 3. Where a scene is too crowded, an object is
         * left out, but never the first.
         */
        public Builder optObjects(int min, int max) {
            if (min < 1 || max < min || max > 8) {
                throw new IllegalArgumentException(
                        "objects are " + min + ".." + max + "; expected 1 <= min <= max <= 8");
            }
            this.minObjects = min;
            this.maxObjects = max;
            return this;
        }

        /** The name for reports; default {@code shapes}. */
        public Builder optName(String name) {
            this.name = name;
            return this;
        }

        /**
         * Makes the dataset.
         *
         * @throws IllegalStateException if count or seed were not set
         */
        public ShapesDataset build() {
            if (count < 1 || !seeded) {
                throw new IllegalStateException((count < 1 ? "setCount" : "setSeed") + " is required");
            }
            return new ShapesDataset(this);
        }
    }
}
