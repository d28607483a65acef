package dev.wsss.benchmarks;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;
import dev.wsss.api.SplitMix;
import dev.wsss.core.affinity.AffinitySource;
import dev.wsss.core.affinity.FeatureAffinity;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.RandomWalk;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.bank.FeatureBank;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.crf.Unary;
import dev.wsss.core.image.Resize;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ThresholdSweep;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.resnet.ResNet38;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;

/**
 * Our code and its peer by turns on the same inputs, so that whatever else the machine does hits both; prints a row of
 * medians for each question. {@code peers/run.sh} starts it, and says in which system properties the peers are named.
 */
public final class PairedRuns extends Pairs {
    /** Channels that AffinityNet compares pixels by. */
    private static final int FEATURES = 448;

    private static final int PIXELS = Inputs.HEIGHT * Inputs.WIDTH;
    private static final int SWEEP_IMAGES = 10;
    private static final int RESIZES = 20;
    private static final int CROP = 321;
    private static final int EMBEDDING = 1280;
    private static final int BANKED = 30_000;
    private static final int QUERIES = 200;

    /** Vectors of a bank that are made of one map. */
    private static final int AT_ONCE = 300;

    private PairedRuns(Path folder) {
        super(folder);
    }

    /** Runs the questions named, or all. */
    public static void main(String[] questions) throws IOException {
        Torch.setThreads(THREADS);
        Set<String> wanted = Set.of(questions);
        Path folder = Files.createTempDirectory("peers");
        try {
            PairedRuns runs = new PairedRuns(folder);
            System.out.printf("%n| what, %d thread(s) | peer ms | ours ms | peer / ours (least - most) |%n", THREADS);
            System.out.println("|---|---:|---:|---:|");
            if (wanted.isEmpty() || wanted.contains("crf")) {
                Torch.setThreads(1);
                runs.crf();
                Torch.setThreads(THREADS);
            }
            if (wanted.isEmpty() || wanted.contains("walk")) {
                runs.walk();
            }
            if (wanted.isEmpty() || wanted.contains("sweep")) {
                runs.sweep();
            }
            if (wanted.isEmpty() || wanted.contains("nearest")) {
                runs.nearest();
            }
            if (wanted.isEmpty() || wanted.contains("resize")) {
                runs.resize();
            }
            if (wanted.isEmpty() || wanted.contains("cam")) {
                runs.cam();
            }
            if (wanted.isEmpty() || wanted.contains("train")) {
                runs.train();
            }
            if (wanted.isEmpty() || wanted.contains("affinity")) {
                runs.affinity();
            }
            if (wanted.isEmpty() || wanted.contains("mobile")) {
                new MobilePairs(folder).run();
            }
            new DataPairs(folder).run(wanted);
        } finally {
            delete(folder);
        }
    }

    private void crf() throws IOException {
        RgbImage image = crfImage();
        Files.write(folder.resolve("image.u8"), image.data());
        for (int labels : new int[] {2, 6, 21}) {
            float[] unary = Unary.fromProbabilities(Inputs.smooth(2, labels), labels, PIXELS, 1e-5, 1);
            write("unary.f32", unary);
            DenseCrf crf = DenseCrf.psa(1).optThreads(THREADS).build();
            String binary = System.getProperty("densecrf", "");
            List<String> command = List.of(
                    binary,
                    "" + Inputs.HEIGHT,
                    "" + Inputs.WIDTH,
                    "" + labels,
                    "10",
                    folder.resolve("image.u8").toString(),
                    folder.resolve("unary.f32").toString(),
                    folder.resolve("q.f32").toString());
            boolean present = compare(
                    "dense CRF, " + labels + " labels / pydensecrf's core, one thread",
                    binary.isEmpty() ? null : command,
                    8,
                    PAIRS,
                    () -> crf.infer(unary, labels, image));
            if (present) {
                agree(crf.infer(unary, labels, image), labels);
            }
            try (DenseCrf.Prepared prepared = crf.prepare(image)) {
                alone("dense CRF, " + labels + " labels, lattices built before", () -> prepared.infer(unary, labels));
            }
        }
    }

    private static RgbImage crfImage() throws IOException {
        String file = System.getProperty("image", "");
        return file.isEmpty()
                ? Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH)
                : Resize.PIL_BICUBIC.apply(
                        RgbImage.of(ImageIO.read(Path.of(file).toFile())), Inputs.HEIGHT, Inputs.WIDTH);
    }

    private void agree(float[] ours, int labels) throws IOException {
        float[] theirs = new float[ours.length];
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("q.f32")))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(theirs);
        float most = 0;
        int other = 0;
        for (int i = 0; i < ours.length; i++) {
            most = Math.max(most, Math.abs(ours[i] - theirs[i]));
        }
        for (int i = 0; i < PIXELS; i++) {
            other += best(ours, labels, i) == best(theirs, labels, i) ? 0 : 1;
        }
        System.out.printf(
                Locale.ROOT, "| (largest difference of Q %.1e, other labels at %d pixels) | | | |%n", most, other);
    }

    private static int best(float[] q, int labels, int pixel) {
        int best = 0;
        for (int l = 1; l < labels; l++) {
            if (q[l * PIXELS + pixel] > q[best * PIXELS + pixel]) {
                best = l;
            }
        }
        return best;
    }

    private void walk() {
        walk(
                "PSA's size",
                RandomWalkBenchmark.psaAffinity(RandomWalkBenchmark.PSA_ROWS, RandomWalkBenchmark.PSA_COLUMNS),
                8,
                RandomWalkBenchmark.PSA_ROWS,
                RandomWalkBenchmark.PSA_COLUMNS,
                PAIRS);
        int rows = RandomWalkBenchmark.IRN_ROWS;
        int columns = RandomWalkBenchmark.IRN_COLUMNS;
        GridAffinity irn =
                GridAffinity.ofBoundary(Inputs.scores(3, rows * columns), rows, columns, PairGeometry.RADIUS);
        walk("IRN's size", irn, 10, rows, columns, 1);
    }

    /** Each form of ours beside the dense powers in the same libtorch. */
    private void walk(String size, GridAffinity affinity, double beta, int rows, int columns, int pairs) {
        int maps = RandomWalkBenchmark.MAPS;
        int steps = RandomWalkBenchmark.STEPS;
        float[] scores = Inputs.scores(2, maps * rows * columns);
        DenseWalkBenchmark.Dense dense = new DenseWalkBenchmark.Dense(affinity, rows * columns, beta);
        double[] peer = new double[pairs];
        double[][] ours = new double[5][pairs];
        for (int warm = 0; warm < 10; warm++) {
            oneWalk(affinity, beta, scores, ours, 0);
        }
        for (int i = 0; i < pairs; i++) {
            // the larger matrix takes minutes: one of its eight squarings stands for all
            peer[i] = rows * columns > 10_000
                    ? Integer.numberOfTrailingZeros(steps) * dense.squaringSeconds()
                    : seconds(() -> dense.walk(scores, maps, steps));
            oneWalk(affinity, beta, scores, ours, i);
        }
        String name = "random walk, " + size + " / dense powers in libtorch";
        row(name + ", float64", peer, ours[0]);
        row(name + ", within 1e-6", peer, ours[1]);
        row(name + ", within 1e-14", peer, ours[2]);
        row(name + ", float32", peer, ours[3]);
        row("new transition matrix for another beta", null, ours[4]);
    }

    private static void oneWalk(GridAffinity affinity, double beta, float[] scores, double[][] ours, int at) {
        int maps = RandomWalkBenchmark.MAPS;
        int steps = RandomWalkBenchmark.STEPS;
        ours[0][at] = seconds(() -> affinity.transition(beta).walk(scores, maps, steps));
        ours[1][at] = seconds(() -> affinity.transition(beta).walkWithin(1e-6, scores, maps, steps));
        ours[2][at] = seconds(() -> affinity.transition(beta).walkWithin(1e-14, scores, maps, steps));
        ours[3][at] = seconds(() -> affinity.transition(beta).walkFloat32(scores, maps, steps));
        ours[4][at] = seconds(() -> affinity.transition(beta + 1));
    }

    private void sweep() throws IOException {
        ClassCatalog voc = SweepBenchmark.VOC;
        float[] scores = Inputs.scores(2, SWEEP_IMAGES * 3 * PIXELS);
        byte[] truth = new byte[SWEEP_IMAGES * PIXELS];
        for (int i = 0; i < SWEEP_IMAGES; i++) {
            byte[] labels = Inputs.labels(i, Inputs.HEIGHT, Inputs.WIDTH, voc.labelCount())
                    .toArray();
            System.arraycopy(labels, 0, truth, i * PIXELS, PIXELS);
        }
        write("scores.f32", scores);
        Files.write(folder.resolve("truth.u8"), truth);
        double[] thresholds = ThresholdSweep.range(0, 0.01, 60);
        compare(
                "threshold sweep, " + SWEEP_IMAGES + " images / NumPy",
                python("sweep", "numpy"),
                5,
                Math.min(PAIRS, 3),
                () -> {
                    ThresholdSweep sweep = new ThresholdSweep(voc, thresholds);
                    for (int i = 0; i < SWEEP_IMAGES; i++) {
                        ScoreMaps maps = ScoreMaps.of(
                                new int[] {4, 9, 16},
                                Inputs.HEIGHT,
                                Inputs.WIDTH,
                                Arrays.copyOfRange(scores, i * 3 * PIXELS, (i + 1) * 3 * PIXELS));
                        byte[] labels = Arrays.copyOfRange(truth, i * PIXELS, (i + 1) * PIXELS);
                        sweep.add(maps, LabelMap.wrap(Inputs.HEIGHT, Inputs.WIDTH, labels));
                    }
                    sweep.curve(IouConvention.OCCURRING);
                });
    }

    private void nearest() throws IOException {
        FeatureBank.Builder builder = FeatureBank.builder().setClasses(SweepBenchmark.VOC);
        List<RleMask> cells = IntStream.range(0, AT_ONCE)
                .mapToObj(i -> RleMask.ofCounts(1, AT_ONCE, i, 1, AT_ONCE - i - 1))
                .toList();
        for (int from = 0; from < BANKED; from += AT_ONCE) {
            FeatureMap map = FeatureMap.builder()
                    .setGrid(EMBEDDING, 1, AT_ONCE)
                    .setImageSize(1, AT_ONCE)
                    .setFloats(normal(from, EMBEDDING * AT_ONCE))
                    .build();
            int label = from / AT_ONCE % SweepBenchmark.VOC.labelCount();
            builder.add(
                    map, cells, IntStream.generate(() -> label).limit(AT_ONCE).toArray());
        }
        FeatureBank bank = builder.build();
        float[] vectors = new float[BANKED * EMBEDDING];
        for (int v = 0; v < BANKED; v++) {
            System.arraycopy(bank.vector(v), 0, vectors, v * EMBEDDING, EMBEDDING);
        }
        write("vectors.f32", vectors);
        float[] queries = normal(1, QUERIES * EMBEDDING);
        write("queries.f32", queries);
        compare(
                "10 nearest of 30,000 vectors of 1,280 to 200 queries / NumPy",
                python("nearest", "numpy"),
                5,
                PAIRS,
                () -> bank.nearest(queries, 10));
    }

    private static float[] normal(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private void resize() throws IOException {
        for (ImageSize[] sizes : new ImageSize[][] {
            {new ImageSize(Inputs.HEIGHT, Inputs.WIDTH), new ImageSize(562, 750)},
            {new ImageSize(Inputs.HEIGHT, Inputs.WIDTH), new ImageSize(321, 321)},
            {new ImageSize(1024, 2048), new ImageSize(512, 1024)}
        }) {
            RgbImage image = Inputs.image(1, sizes[0].height(), sizes[0].width());
            Files.write(folder.resolve("image.u8"), image.data());
            resize(image, sizes[1], "bilinear / Pillow", Resize.PIL_BILINEAR, "resize-pil", "PIL", "bilinear");
            resize(image, sizes[1], "bicubic / Pillow", Resize.PIL_BICUBIC, "resize-pil", "PIL", "bicubic");
            resize(image, sizes[1], "linear / OpenCV", Resize.CV_LINEAR, "resize-cv", "cv2", "linear");
            resize(image, sizes[1], "cubic / OpenCV", Resize.CV_CUBIC, "resize-cv", "cv2", "cubic");
        }
        views();
    }

    private void resize(
            RgbImage image, ImageSize size, String what, Resize mode, String question, String module, String name) {
        String sizes = image.height() + "x" + image.width() + " to " + size.height() + "x" + size.width();
        List<String> peer = python(question, module, name, image.height(), image.width(), size.height(), size.width());
        compare(RESIZES + " resizes of " + sizes + ", " + what, peer, 40, PAIRS, () -> {
            for (int i = 0; i < RESIZES; i++) {
                mode.apply(image, size.height(), size.width());
            }
        });
    }

    /** What a training reads of an image: a crop of it at some scale. */
    private void views() throws IOException {
        RgbImage image = Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH);
        Files.write(folder.resolve("image.u8"), image.data());
        for (Interpolation interpolation :
                new Interpolation[] {Interpolation.BILINEAR, Interpolation.PILLOW_BILINEAR, Interpolation.OPENCV_LINEAR
                }) {
            String what = "crops of " + CROP + "x" + CROP + " at 0.5 to 1.5 times, " + interpolation;
            List<String> peer = python("views-pil", "PIL", Inputs.HEIGHT, Inputs.WIDTH, CROP);
            compare(RESIZES + " " + what + " / Pillow, bilinear", peer, 40, PAIRS, () -> {
                for (int i = 0; i < RESIZES; i++) {
                    double scale = 0.5 + (double) i / (RESIZES - 1);
                    Augmentation.builder()
                            .optScale(scale, scale)
                            .optCrop(CROP, CROP)
                            .optResampling(Resampling.of(interpolation))
                            .build()
                            .draw(image, new SplitMix(1, i))
                            .image(image);
                }
            });
        }
    }

    private void cam() throws IOException {
        RgbImage image = Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH);
        write("image.f32", Inputs.scores(1, 3 * PIXELS));
        try (CamBenchmark.Network network = new CamBenchmark.Network(ComputeDevice.CPU)) {
            Sample sample = photo(image);
            CamBenchmark.Difference difference = network.bfloat16Difference(sample); // warms up both
            Turns turns = turns(
                    python("cam", "torch"),
                    HEAVY_PAIRS,
                    () -> network.maps(sample, false),
                    () -> network.maps(sample, true));
            row("CAM, ResNet-50, four scales, mirrored / PyTorch", turns);
            row("the same of ours in float32 / in bfloat16", turns.ours()[0], turns.ours()[1]);
            System.out.printf(
                    Locale.ROOT,
                    "| (a score of [0, 1] in bfloat16 differs by at most %.4f, on average by %.5f) | | | |%n",
                    difference.most(),
                    difference.mean());
        }
    }

    private static Sample photo(RgbImage image) {
        return new Sample("photo", image, ImageTags.of(SweepBenchmark.VOC, 3, 8, 15));
    }

    private void train() {
        try (TrainStepBenchmark.Step step = new TrainStepBenchmark.Step(ComputeDevice.CPU, TrainStepBenchmark.SIDE)) {
            step.step();
            step.losses();
            Turns turns = turns(python("train", "torch"), HEAVY_PAIRS, step::step, step::losses);
            row("PPC's training step, ResNet-38, views of 448 and 128 / PyTorch", turns);
            double[] losses = turns.ours()[1];
            row("of which the losses and their gradients" + share(losses, turns.ours()[0]), null, losses);
            // the step has warmed it up
            row("of which the backbone, one run", null, new double[] {seconds(step::backbone)});
        }
    }

    private void affinity() {
        Sample sample = photo(Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH));
        int rows = RandomWalkBenchmark.PSA_ROWS;
        int columns = RandomWalkBenchmark.PSA_COLUMNS;
        Torch.seed(1);
        try (AffinityNet network = AffinityNet.builder()
                        .setBackbone(ResNet38.builder().build())
                        .build();
                // a network that was not trained finds nothing alike: what follows it works on drawn features
                Tensor features = Tensors.of(Inputs.scores(3, FEATURES * rows * columns), 1, FEATURES, rows, columns);
                ScoreMaps maps = ScoreMaps.of(
                        sample.tags().labels(), Inputs.HEIGHT, Inputs.WIDTH, Inputs.scores(2, 3 * PIXELS))) {
            network.train(false);
            AffinitySource drawn =
                    FeatureAffinity.builder().setNetwork(images -> features).build();
            GridAffinity grid = drawn.affinities(sample);
            ScoreRefiner walk = RandomWalk.builder().setAffinity(any -> grid).build();
            Runnable[] codes = {
                () -> network.affinities(sample),
                () -> drawn.affinities(sample),
                () -> walk.refine(sample, maps).close()
            };
            codes[0].run();
            for (int warm = 0; warm < 10; warm++) {
                codes[1].run();
                codes[2].run();
            }
            double[][] seconds = turns(null, HEAVY_PAIRS, codes).ours();
            double[] all = new double[HEAVY_PAIRS];
            Arrays.setAll(all, i -> seconds[0][i] + seconds[2][i]);
            row("AffinityNet, ResNet-38, one image, network and affinities" + share(seconds[0], all), null, seconds[0]);
            row("of which affinities from features" + share(seconds[1], all), null, seconds[1]);
            row("transition matrix and walk of 3 maps, 256 steps" + share(seconds[2], all), null, seconds[2]);
        }
    }
}
