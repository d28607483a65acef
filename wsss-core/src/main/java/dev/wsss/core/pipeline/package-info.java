/**
 * Runs stages over the samples of a dataset and keeps their products on disk, so that hours of work survive a crash.
 *
 * <p>A {@link dev.wsss.core.pipeline.Stage} is a name, a configuration, a function from a sample and the products of
 * earlier stages to a product, and a {@link dev.wsss.core.pipeline.ProductCodec} for its file. {@link
 * dev.wsss.core.pipeline.Stages} makes them of the api's verbs. A stage is also the typed handle by which later stages,
 * and {@link dev.wsss.core.pipeline.ProductStore}, get at its products. A {@link dev.wsss.core.pipeline.Pipeline} runs
 * them:
 *
 * <pre>{@code
 * Stage<ScoreMaps> cam = Stages.cam(generator).optConfig(camConfig).build();
 * Stage<ScoreMaps> walk = Stages.refine(randomWalk, cam).optName("walk").optConfig(walkConfig).build();
 * Stage<LabelMap> pseudo = Stages.label(threshold, walk).optName("pseudo").build();
 * PipelineResult result = Pipeline.builder().setData(data).setOut(folder)
 *         .stage(cam).stage(walk).stage(pseudo).build().run();
 * LabelMap one = result.store(pseudo).load("2007_000032");
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
 * out/.work/                  journals and half-written files of the runs that are under way
 * </pre>
 *
 * <p>A product is written under {@code .work}, moved to its place in one step, and then entered in the run's journal. A
 * process may die between any two instructions: a product without an entry is made again, an entry's torn line is not
 * believed, and what the dead process left under {@code .work} is taken over by whoever opens the folder next, which
 * knows it by its file lock being free. Nothing is forced to the disk, for a product that a power failure mangled does
 * not match its hash and is made again. A product of a stage is used only while the stage's configuration, seed and
 * dataset, those of the stages before it, and the sample's tags are what they were; the bytes of the images are not
 * looked at.
 */
@NullMarked
package dev.wsss.core.pipeline;

import org.jspecify.annotations.NullMarked;
