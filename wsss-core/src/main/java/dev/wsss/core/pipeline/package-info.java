/**
 * A folder in which a run keeps what it makes, so that hours of work survive a crash and no product is taken for another.
 *
 * <p>A {@link dev.wsss.core.pipeline.Stage} is a name, a function from a sample and the products of earlier stages to a
 * product, what the product depends on, and a {@link dev.wsss.core.pipeline.ProductCodec} for its file. {@link
 * dev.wsss.core.pipeline.Stages} makes them of the api's verbs, which {@linkplain dev.wsss.api.Described describe
 * themselves}. A stage is also the typed handle by which later stages, and {@link dev.wsss.core.pipeline.ProductStore}, get
 * at its products. A {@link dev.wsss.core.pipeline.RunFolder} makes them, and trains networks in between:
 *
 * <pre>{@code
 * RunFolder run = RunFolder.builder().setFolder(folder).setData(data).build();
 * run.train("classifier", trainer);
 * Stage<ScoreMaps> cam = Stages.cam(generator).build();
 * Stage<ScoreMaps> walk = Stages.refine(randomWalk, cam).optName("walk").build();
 * Stage<LabelMap> pseudo = Stages.label(threshold, walk).optName("pseudo").build();
 * run.make(pseudo);
 * LabelMap one = run.store(pseudo).load("2007_000032");
 * }</pre>
 *
 * <h2>What is on disk</h2>
 *
 * <pre>
 * out/manifest.json           what was made of what, and what failed; equal runs give equal bytes
 * out/timings.json            seconds; the only file that differs between equal runs
 * out/cam/stage.json          what the stage's products depend on
 * out/cam/index.tsv           SHA-256 of each product, by id
 * out/cam/2007_000032.safetensors
 * out/checkpoints/classifier/ a training: checkpoints, and training.json, what they depend on
 * out/.work/                  journals and half-written files of the runs that are under way
 * </pre>
 *
 * <p>A product is written under {@code .work}, moved to its place in one step, and then entered in the run's journal. A
 * process may die between any two instructions: a product without an entry is made again, an entry's torn line is not
 * believed, and what the dead process left under {@code .work} is taken over by whoever opens the folder next, which
 * knows it by its file lock being free. Products are not forced to the disk, for one that a power failure mangled does not
 * match its hash and is made again; checkpoints are, before an older one goes. A product of a stage is used only while the
 * stage's settings and weights, the seed and the dataset, those of the stages before it, and the sample's tags and image are
 * what they were. Images are known by their size and their first and last kilobyte.
 */
@NullMarked
package dev.wsss.core.pipeline;

import org.jspecify.annotations.NullMarked;
