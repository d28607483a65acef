package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

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
 * <p>{@link Scenery#STREET} has the same shapes on streets, for what is written for driving scenes:
 *
 * <pre>{@code
 * Dataset streets = ShapesDataset.builder().setCount(400).setSeed(1).optScenery(ShapesDataset.Scenery.STREET).build();
 * }</pre>
 *
 * <p>Sample {@code i} is a function of the seed, {@code i}, the size and the range of objects, equal on every machine
 * and Java version; nothing is stored, and any number of threads may read. Tags name exactly the objects in the mask;
 * masks are drawn only when {@link #truth} asks.
 */
public final class ShapesDataset implements Dataset {
    private static final List<String> SHAPES =
            List.of("disk", "ring", "triangle", "square", "star", "cross", "crescent", "hexagon");
    private static final int[] SHAPE_COLOURS = {
        0xE6194B, 0x3CB44B, 0xFFE119, 0x4363D8, 0xF58231, 0x911EB4, 0x42D4F4, 0xF032E6
    };

    /** Where the shapes are. */
    public enum Scenery {
        /** One to three shapes on the ground, which is the background; square pictures. */
        GROUND(96, 96, 1, 3, 8) {
            @Override
            ClassCatalog classes() {
                return catalog(ClassCatalog.withBackground(SHAPES), new int[] {0});
            }

            @Override
            Scene scene(ShapesDataset of, int index) {
                return new ShapeScene(of.seed, index, of.height, of.width, of.minObjects, of.maxObjects);
            }
        },
        /**
         * Four to twelve small shapes on a street, in pictures twice as wide as high. Every pixel has a class: sky, road,
         * pavement, building, tree and pole come before the shapes, and there is no background. It is made to show what makes
         * driving scenes hard for learning from tags:
         *
         * <ul>
         *   <li>sky and road are in nearly every picture, pavement, houses and trees in most, so that their tags say little;
         *   <li>pictures have many classes at once, and large surfaces stand beside objects of a few pixels;
         *   <li>shapes have a long tail: a disk is drawn twenty times as often as a hexagon. {@link #smallClasses} names the
         *       classes, whose IoU is worth a look of its own.
         * </ul>
         */
        STREET(128, 256, 4, 12, 32) {
            @Override
            ClassCatalog classes() {
                return streetClasses();
            }

            @Override
            Scene scene(ShapesDataset of, int index) {
                return street(of, index, false);
            }
        },
        /**
         * Square windows of such streets, of any part and size, in which surfaces come one by one: sky without road, a house
         * without sky. Tags are those of the window.
         */
        STREET_DETAIL(96, 96, 4, 12, 32) {
            @Override
            ClassCatalog classes() {
                return streetClasses();
            }

            @Override
            Scene scene(ShapesDataset of, int index) {
                return street(of, index, true);
            }
        };

        private final int height;
        private final int width;
        private final int fewest;
        private final int most;
        private final int limit;

        Scenery(int height, int width, int fewest, int most, int limit) {
            this.height = height;
            this.width = width;
            this.fewest = fewest;
            this.most = most;
            this.limit = limit;
        }

        abstract ClassCatalog classes();

        abstract Scene scene(ShapesDataset of, int index);

        private static ClassCatalog streetClasses() {
            return catalog(
                    ClassCatalog.withoutBackground(StreetClass.names(SHAPES)),
                    Arrays.stream(StreetClass.values())
                            .mapToInt(each -> each.colour)
                            .toArray());
        }

        private static Scene street(ShapesDataset of, int index, boolean detail) {
            return new StreetScene(of.seed, index, of.height, of.width, of.minObjects, of.maxObjects, detail);
        }

        private static ClassCatalog catalog(ClassCatalog names, int[] before) {
            return names.withColours(IntStream.concat(Arrays.stream(before), Arrays.stream(SHAPE_COLOURS))
                    .toArray());
        }
    }

    /** Counts changes of how scenes are drawn. */
    private static final int DRAWING = 1;

    private final Scenery scenery;
    private final ClassCatalog classes;
    private final String name;
    private final int count;
    private final long seed;
    private final int height;
    private final int width;
    private final int minObjects;
    private final int maxObjects;

    private ShapesDataset(Builder b) {
        scenery = b.scenery;
        classes = scenery.classes();
        name = b.name;
        count = b.count;
        seed = b.seed;
        height = b.height > 0 ? b.height : scenery.height;
        width = b.width > 0 ? b.width : scenery.width;
        minObjects = b.minObjects > 0 ? b.minObjects : scenery.fewest;
        maxObjects = b.maxObjects > 0 ? b.maxObjects : scenery.most;
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
        return classes;
    }

    /**
     * The labels of things that are small or drawn seldom: all shapes and poles of a street, nothing elsewhere. Their IoU
     * tells whether a system sees more than surfaces.
     */
    public List<Integer> smallClasses() {
        return scenery == Scenery.GROUND
                ? List.of()
                : IntStream.range(StreetClass.POLE.ordinal(), classes.labelCount())
                        .boxed()
                        .toList();
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
        Scene scene = scene(index);
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
                .put("scenery", scenery)
                .build();
    }

    @Override
    public List<String> notes() {
        return List.of(name + ": " + count + " drawn scenes of " + height + "x" + width + " from seed " + seed
                + ", tags of " + classes.tagCount() + " classes, masks for evaluation: those drawn");
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        return scene(index).mask();
    }

    private Scene scene(int index) {
        Objects.checkIndex(index, count);
        return scenery.scene(this, index);
    }

    private ImageTags tags(Scene scene) {
        return ImageTags.of(classes, scene.tags());
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
        private Scenery scenery = Scenery.GROUND;
        private int height;
        private int width;
        private int minObjects;
        private int maxObjects;

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

        /** Where the shapes are, which also says what classes there are; default {@link Scenery#GROUND}. */
        public Builder optScenery(Scenery scenery) {
            this.scenery = scenery;
            return this;
        }

        /** Pixels of a scene, 32 to 4096 each way; default 96 x 96, of {@link
         * Scenery#STREET} 128 x 256. */
        public Builder optSize(int height, int width) {
            if (height < 32 || height > 4096 || width < 32 || width > 4096) {
                throw new IllegalArgumentException("size is " + height + "x" + width + "; expected 32..4096 each way");
            }
            this.height = height;
            this.width = width;
            return this;
        }

        /**
         * Fewest and most shapes of a scene, within 1..8, of a street 1..32; default 1 to 3, of a street 4 to 12. Where a
         * scene is too crowded, a shape is left out, but never the first.
         */
        public Builder optObjects(int min, int max) {
            if (min < 1 || max < min) {
                throw new IllegalArgumentException("objects are " + min + ".." + max + "; expected 1 <= min <= max");
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
         * @throws IllegalArgumentException if there are more objects than the scenery has room for
         */
        public ShapesDataset build() {
            if (count < 1 || !seeded) {
                throw new IllegalStateException((count < 1 ? "setCount" : "setSeed") + " is required");
            }
            if (maxObjects > scenery.limit) {
                throw new IllegalArgumentException("objects are " + minObjects + ".." + maxObjects
                        + "; expected at most " + scenery.limit + " of " + scenery);
            }
            return new ShapesDataset(this);
        }
    }
}
