package dev.wsss.benchmarks;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.report.FolderEvaluation;
import dev.wsss.core.train.BatchLoader;
import dev.wsss.datasets.CocoInstances;
import dev.wsss.datasets.Datasets;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * Questions about data: COCO's masks and its file of annotations beside pycocotools, an evaluation of label PNGs beside a loop
 * in NumPy, training batches beside PyTorch's {@code DataLoader}.
 */
final class DataPairs extends Pairs {
    private static final int HEIGHT = 480;
    private static final int WIDTH = 640;
    private static final int POLYGONS = 4000;
    private static final int DENSE = 20;
    private static final int INDEXED_IMAGES = Integer.getInteger("images", 82_783);
    private static final int EVALUATED = 1449;
    private static final int PHOTOS = 320;
    private static final int BATCH = 16;

    DataPairs(Path folder) {
        super(folder);
    }

    void run(Set<String> wanted) throws IOException {
        if (wanted.isEmpty() || wanted.contains("masks")) {
            masks();
        }
        if (wanted.isEmpty() || wanted.contains("index")) {
            index();
        }
        if (wanted.isEmpty() || wanted.contains("evaluation")) {
            evaluation();
        }
        if (wanted.isEmpty() || wanted.contains("loader")) {
            loader();
        }
    }

    private void masks() throws IOException {
        Random random = new Random(5);
        List<double[]> polygons = new ArrayList<>();
        for (int i = 0; i < POLYGONS; i++) {
            polygons.add(polygon(random));
        }
        int[] lengths = polygons.stream().mapToInt(xy -> xy.length).toArray();
        write("lengths.i4", ByteOrder.LITTLE_ENDIAN, lengths);
        write("xy.f8", polygons);
        List<RleMask> masks = polygons.stream()
                .map(xy -> RleMask.ofPolygon(HEIGHT, WIDTH, xy))
                .toList();
        List<String> texts = masks.stream().map(RleMask::toCoco).toList();
        List<byte[]> dense = masks.stream().limit(DENSE).map(RleMask::toDense).toList();
        Path strings = folder.resolve("strings.txt");
        Files.writeString(strings, String.join("\n", texts)); // the peer refuses to run if one differs
        compareMasks("rasterizing and its text", POLYGONS, () -> {
            for (double[] xy : polygons) {
                RleMask.ofPolygon(HEIGHT, WIDTH, xy).toCoco();
            }
        });
        compareMasks("encoding", 20 * DENSE, () -> {
            for (int k = 0; k < 20; k++) {
                dense.forEach(pixels -> RleMask.ofDense(HEIGHT, WIDTH, pixels).toCoco());
            }
        });
        compareMasks("decoding", 20 * DENSE, () -> {
            for (int k = 0; k < 20; k++) {
                texts.stream().limit(DENSE).forEach(text -> RleMask.ofCoco(HEIGHT, WIDTH, text)
                        .toDense());
            }
        });
        compareMasks("merging two", POLYGONS - 1, () -> {
            for (int i = 0; i + 1 < POLYGONS; i++) {
                masks.get(i).union(masks.get(i + 1));
            }
        });
        compareMasks("IoU", POLYGONS - 1, () -> {
            for (int i = 0; i + 1 < POLYGONS; i++) {
                masks.get(i).iou(masks.get(i + 1));
            }
        });
    }

    private void compareMasks(String what, int calls, Runnable code) {
        String question = "masks-" + what.split(" ")[0].toLowerCase(Locale.ROOT);
        compare(
                calls + " masks, " + what + " / pycocotools from Python",
                python(question, "pycocotools"),
                40,
                PAIRS,
                code);
        if (!System.getProperty("cocomask", "").isEmpty()) {
            List<String> core = List.of(System.getProperty("cocomask"), question, folder.toString());
            compare("the same / its C core, without Python", core, 0, PAIRS, code);
        }
    }

    /** An outline as annotators draw them, of a size as COCO's are: two fifths are of less than 32 x 32 pixels. */
    private static double[] polygon(Random random) {
        double area = Math.max(12, Math.min(250_000, Math.exp(7.467 + 2.35 * random.nextGaussian())));
        double radius = Math.sqrt(area / Math.PI);
        int points = (int) Math.max(4, Math.min(120, 8 + 2.7 * Math.log(area) + 8 * random.nextGaussian()));
        double[] angles = random.doubles(points, 0, 2 * Math.PI).sorted().toArray();
        double cx = random.nextDouble() * WIDTH;
        double cy = random.nextDouble() * HEIGHT;
        double phase = random.nextDouble() * 6;
        double[] xy = new double[2 * points];
        for (int i = 0; i < points; i++) {
            double a = angles[i];
            double r = radius
                    * (1 + .25 * Math.sin(2 * a + phase) + .12 * Math.sin(3 * a))
                    * (.93 + .14 * random.nextDouble());
            xy[2 * i] = hundredth(Math.max(0, Math.min(WIDTH, cx + r * Math.cos(a))));
            xy[2 * i + 1] = hundredth(Math.max(0, Math.min(HEIGHT, cy + r * Math.sin(a))));
        }
        return xy;
    }

    private static double hundredth(double v) {
        return Math.rint(100 * v) / 100;
    }

    private void index() throws IOException {
        Path file = folder.resolve("instances.json");
        writeInstances(file);
        System.out.printf(Locale.ROOT, "| (the file has %.0f MB) | | | |%n", 1e-6 * Files.size(file));
        compare(
                "reading instances_train2014 / pycocotools' COCO(file)",
                python("index", "pycocotools"),
                1,
                HEAVY_PAIRS,
                () -> CocoInstances.open(file));
    }

    /** As many images and objects as {@code instances_train2014.json} has, with outlines of its kind. */
    private static void writeInstances(Path file) throws IOException {
        Random random = new Random(3);
        try (Writer out = Files.newBufferedWriter(file)) {
            out.write("{\"images\":[");
            for (int i = 0; i < INDEXED_IMAGES; i++) {
                out.write(String.format(
                        Locale.ROOT,
                        "%s{\"license\":5,\"file_name\":\"COCO_train2014_%012d.jpg\",\"height\":%d,\"width\":%d,"
                                + "\"date_captured\":\"2013-11-14 16:28:13\",\"id\":%d}",
                        i == 0 ? "" : ",",
                        i + 1,
                        HEIGHT,
                        WIDTH,
                        i + 1));
            }
            out.write("],\"annotations\":[");
            int id = 0;
            for (int i = 0; i < INDEXED_IMAGES; i++) {
                for (int k = 0; k < 3 + random.nextInt(9); k++) {
                    out.write(id++ == 0 ? "" : ",");
                    out.write("{\"segmentation\":[[");
                    double[] xy = polygon(random);
                    for (int v = 0; v < xy.length; v++) {
                        out.write((v == 0 ? "" : ", ") + xy[v]);
                    }
                    out.write("]],\"area\":100.5,\"iscrowd\":0,\"image_id\":" + (i + 1)
                            + ",\"bbox\":[1.5,2.5,30.25,40.75],\"category_id\":" + (1 + random.nextInt(80)) + ",\"id\":"
                            + id + "}");
                }
            }
            out.write("],\"categories\":[");
            for (int c = 1; c <= 80; c++) {
                out.write((c == 1 ? "" : ",") + "{\"supercategory\":\"thing\",\"id\":" + c + ",\"name\":\"class " + c
                        + "\"}");
            }
            out.write("]}");
        }
    }

    private void evaluation() throws IOException {
        Random random = new Random(8);
        Path truth = Files.createDirectories(folder.resolve("truth"));
        Path predicted = Files.createDirectories(folder.resolve("predicted"));
        ClassCatalog voc = SweepBenchmark.VOC;
        for (int i = 0; i < EVALUATED; i++) {
            String name = String.format(Locale.ROOT, "2007_%06d.png", i);
            byte[][] maps = scene(random, Inputs.HEIGHT, Inputs.WIDTH);
            LabelPng.write(truth.resolve(name), LabelMap.wrap(Inputs.HEIGHT, Inputs.WIDTH, maps[0]), voc);
            LabelPng.write(predicted.resolve(name), LabelMap.wrap(Inputs.HEIGHT, Inputs.WIDTH, maps[1]), voc);
        }
        compare(
                EVALUATED + " pairs of label PNGs of 500x375, mIoU / a NumPy loop with Pillow, one thread",
                python("evaluation", "PIL"),
                4,
                PAIRS,
                () -> FolderEvaluation.builder()
                        .setPredictions(predicted)
                        .setTruth(truth)
                        .setClasses(voc)
                        .optThreads(THREADS)
                        .build()
                        .meanIou(IouConvention.OCCURRING));
    }

    /** One to four objects with void borders, and what a network makes of them: nearly the same, with a rougher edge. */
    private static byte[][] scene(Random random, int height, int width) {
        byte[] truth = new byte[height * width];
        byte[] predicted = new byte[height * width];
        int objects = 1 + random.nextInt(4);
        for (int k = 0; k < objects; k++) {
            int label = 1 + random.nextInt(20);
            double cx = random.nextDouble() * width;
            double cy = random.nextDouble() * height;
            double radius = Math.exp(4.2 + .6 * random.nextGaussian());
            double phase = random.nextDouble() * 6;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    double a = Math.atan2(y - cy, x - cx);
                    double edge = radius * (1 + .3 * Math.sin(2 * a + phase) + .1 * Math.sin(7 * a));
                    double inside = edge - Math.hypot(y - cy, x - cx);
                    if (inside > -2) {
                        truth[y * width + x] = (byte) (inside < 2 ? LabelMap.IGNORE : label);
                    }
                    if (inside + 3 * Math.sin(31 * a) > 1) {
                        predicted[y * width + x] = (byte) label;
                    }
                }
            }
        }
        return new byte[][] {truth, predicted};
    }

    private void loader() throws IOException {
        Random random = new Random(2);
        Path data = folder.resolve("photos");
        Path photos = Files.createDirectories(data.resolve("images"));
        Path labels = Files.createDirectories(folder.resolve("labels"));
        StringBuilder tags = new StringBuilder("id,tags\n");
        for (int i = 0; i < PHOTOS; i++) {
            String id = String.format(Locale.ROOT, "p%04d", i);
            jpeg(photos.resolve(id + ".jpg"), Inputs.image(i, Inputs.HEIGHT, Inputs.WIDTH));
            byte[] map = scene(random, Inputs.HEIGHT, Inputs.WIDTH)[0];
            LabelPng.write(
                    labels.resolve(id + ".png"), LabelMap.wrap(Inputs.HEIGHT, Inputs.WIDTH, map), SweepBenchmark.VOC);
            tags.append(id).append(",cat\n");
        }
        Files.writeString(data.resolve("labels.csv"), tags);
        Files.writeString(data.resolve("classes.txt"), String.join("\n", SweepBenchmark.VOC.labelNames()));
        ImageBatches batches = ImageBatches.builder()
                .setData(Datasets.open("folder:" + data).train())
                .setBatchSize(BATCH)
                .optAugmentation(Augmentation.builder()
                        .optScale(.5, 1.5)
                        .optFlip(true)
                        .optCrop(321, 321)
                        .build())
                .optChannel(Channel.LABELS, new LabelFolder(labels, SweepBenchmark.VOC))
                .build();
        compare(
                PHOTOS + " photographs and labels, scale, crop of 321, flip, batches of 16 / DataLoader of two workers",
                python("loader", "torch"),
                3,
                PAIRS,
                () -> {
                    try (BatchLoader<Batch> loader =
                            BatchLoader.builder(batches).optThreads(2).build()) {
                        while (loader.hasNext()) {
                            loader.next().close();
                        }
                    }
                });
    }

    private static void jpeg(Path file, RgbImage image) throws IOException {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        byte[] data = image.data();
        for (int i = 0; i < image.height() * image.width(); i++) {
            int rgb = (data[3 * i] & 255) << 16 | (data[3 * i + 1] & 255) << 8 | data[3 * i + 2] & 255;
            buffered.setRGB(i % image.width(), i / image.width(), rgb);
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam settings = writer.getDefaultWriteParam();
        settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        settings.setCompressionQuality(.9f);
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(buffered, null, null), settings);
        } finally {
            writer.dispose();
        }
    }

    private void write(String name, ByteOrder order, int[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(order);
        bytes.asIntBuffer().put(values);
        Files.write(folder.resolve(name), bytes.array());
    }

    private void write(String name, List<double[]> values) throws IOException {
        int count = values.stream().mapToInt(v -> v.length).sum();
        ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        values.forEach(v -> {
            for (double x : v) {
                bytes.putDouble(x);
            }
        });
        Files.write(folder.resolve(name), bytes.array());
    }
}
