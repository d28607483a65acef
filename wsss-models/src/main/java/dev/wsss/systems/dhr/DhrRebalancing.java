package dev.wsss.systems.dhr;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.transport.Sinkhorn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Balances the classes of a label map by features: DHR's second and third step, without gradient.
 *
 * <ol>
 *   <li>Inter-class. {@link CellGrid} labels the cells of unsupervised features, {@link ClassPrototypes} are the classes' means,
 *       and a heatmap is the cosine to a class, scaled to 0 to 1.
 *   <li>Intra-class. Where {@link ClassHierarchy} finds classes that look alike to those features, heatmaps of the student's
 *       features (the mean over its levels) tell them apart: within each set, heatmaps are multiplied by the transport of the
 *       student's.
 *   <li>Heatmaps are multiplied by the transport of all of them, and scaled again.
 * </ol>
 *
 * <p>The transport of heatmaps {@code H} is the plan of {@code 1 - H} with equal shares for cells and for classes, each class
 * scaled to 0 to 1: classes that cover much give way to those that cover little. A class that is alone has nothing to be balanced
 * against: its heatmap stays the cosine.
 *
 * <p>Either part can be left out. Without the first, all classes are one set, and heatmaps are the student's times their
 * transport. Without the second, all classes keep the unsupervised heatmaps until they are balanced together.
 *
 * <pre>{@code
 * DhrRebalancing rebalancing = DhrRebalancing.builder().optTau(0.8).build();
 * Tensor heatmaps = rebalancing.apply(features, List.of(c4, c5), mask, null).heatmaps();
 * }</pre>
 *
 * <p>Immutable; may be used from several threads.
 */
public final class DhrRebalancing implements Described {
    private static final double SMALLEST_RANGE = 1e-5;

    private final double tau;
    private final Sinkhorn transport;
    private final boolean interClass;
    private final boolean intraClass;
    private final DhrCompat compat;

    private DhrRebalancing(Builder b) {
        tau = b.tau;
        transport = b.transport;
        interClass = b.interClass;
        intraClass = b.intraClass;
        compat = b.compat;
    }

    /** Starts a rebalancing. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Heatmaps of the classes that have a cell, {@code [N][fh][fw]} in the order of the labels; 0 in cells that take no part.
     * Tensors are of the scope in which it was made.
     *
     * @param labels of the classes, ascending; none where no cell has a label
     * @param cells the labels of cells, int64 {@code [fh][fw]}
     * @param levelCells the same for the student's features, whose labels are enlarged to another size
     * @param prototypes of the unsupervised features, or of the student's first level if there is no inter-class part
     * @param hierarchy which classes look alike; null without an inter-class part or with one class or none
     * @param unsupervised after the first step; null without it
     * @param student of the student's features; null where they were not needed
     * @param sets after the second step
     * @param heatmaps after the third: the result
     * @param dropped how often a class could not be told from those like it, as no cell of the student's has it
     */
    public record Rebalanced(
            int[] labels,
            Tensor cells,
            Tensor levelCells,
            ClassPrototypes prototypes,
            @Nullable ClassHierarchy hierarchy,
            @Nullable Tensor unsupervised,
            @Nullable Tensor student,
            Tensor sets,
            Tensor heatmaps,
            int dropped) {
        /** Lets all tensors outlive a scope. */
        void keepIn(Scope scope) {
            Stream.of(
                            cells,
                            levelCells,
                            prototypes.means(),
                            prototypes.unit(),
                            hierarchy == null ? null : hierarchy.correlation(),
                            unsupervised,
                            student,
                            sets,
                            heatmaps)
                    .filter(Objects::nonNull)
                    .distinct()
                    .forEach(scope::keep);
        }
    }

    /**
     * Balances one label map.
     *
     * @param features unsupervised features {@code [D][fh][fw]}, whose cells divide the mask
     * @param levels the student's features {@code [C][h][w]} of any size; may be empty without an intra-class part
     * @param mask int64 {@code [H][W]}; {@link dev.wsss.api.LabelMap#IGNORE} for none
     * @param content which part of the mask counts; null for all
     * @return in the current scope, on the device of the features
     * @throws IllegalArgumentException if features have no cells, or more than pixels, levels are missing, or neither part is on
     * @throws dev.wsss.api.InvalidDataException if features are not finite
     */
    public Rebalanced apply(Tensor features, List<Tensor> levels, Tensor mask, @Nullable ContentBox content) {
        CellGrid grid = CellGrid.of(features);
        for (int i = 0; i < levels.size(); i++) {
            DhrSample.requirePlanes("level " + i, levels.get(i));
        }
        if (intraClass && levels.isEmpty()) {
            throw new IllegalArgumentException("the intra-class part needs levels of the student's features, got none");
        }
        if (!interClass && !intraClass) {
            throw new IllegalArgumentException("both parts are off; expected the inter-class or the intra-class one");
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Rebalanced r = new Run(grid, features, levels, mask, content).go();
            r.keepIn(scope);
            return r;
        }
    }

    /** The work on one map. Cells that take part are a flat axis of P; classes are rows. */
    private final class Run {
        private final CellGrid grid;
        private final List<Tensor> levels;
        private final Tensor cells;
        private final Tensor levelCells;
        /** Positions that take part; null for all. */
        private final @Nullable Tensor inside;

        private final Tensor features;
        private int dropped;

        Run(CellGrid grid, Tensor features, List<Tensor> levels, Tensor mask, @Nullable ContentBox content) {
            this.grid = grid;
            this.levels = levels;
            cells = grid.patchLabels(mask);
            levelCells = grid.evenLabels(mask);
            int h = Math.toIntExact(mask.size(0));
            int w = Math.toIntExact(mask.size(1));
            if (content == null || compat.paddedCells()) {
                inside = null;
            } else {
                long[] at = grid.inside(content, h, w);
                Tensor index = Tensors.of(at, at.length);
                inside = index.to(features.device(), index.scalar_type());
            }
            this.features = taking(features);
        }

        /** {@code [D][P]} of {@code [D][fh][fw]}. */
        private Tensor taking(Tensor planes) {
            Tensor flat = planes.flatten(1, 2);
            return inside == null ? flat : flat.index_select(1, inside);
        }

        private Tensor takingLabels(Tensor labels) {
            return taking(labels.unsqueeze(0)).squeeze(0);
        }

        /** {@code [N][fh][fw]} of {@code [N][P]}, and 0 elsewhere. */
        private Tensor planes(Tensor flat) {
            Tensor all = inside == null
                    ? flat
                    : torch.zeros(new long[] {flat.size(0), (long) grid.rows() * grid.columns()}, flat.options())
                            .index_copy(1, inside, flat);
            return all.view(flat.size(0), grid.rows(), grid.columns());
        }

        Rebalanced go() {
            return interClass ? withUnsupervised() : studentAlone();
        }

        private Rebalanced withUnsupervised() {
            ClassPrototypes classes = ClassPrototypes.of(features, takingLabels(cells));
            int n = classes.count();
            if (n == 0) {
                return nothing(classes);
            }
            Tensor heat = minMax(classes.similarity(features));
            ClassHierarchy hierarchy = null;
            Student student = null;
            Tensor sets = heat;
            if (n > 1) {
                hierarchy = ClassHierarchy.of(classes.unit(), tau);
                if (intraClass && hierarchy.hasSets()) {
                    student = new Student(classes.labels());
                    sets = separate(heat, hierarchy, student);
                }
            }
            return result(classes, hierarchy, planes(heat), student, sets, balance(sets));
        }

        private Rebalanced studentAlone() {
            Tensor own = takingLabels(levelCells);
            ClassPrototypes first = ClassPrototypes.of(taking(toGrid(levels.get(0))), own);
            if (first.count() == 0) {
                return nothing(first);
            }
            Student student = new Student(first.labels());
            return result(first, null, null, student, student.heat, balance(student.heat));
        }

        private Rebalanced nothing(ClassPrototypes classes) {
            Tensor none = torch.zeros(
                    new long[] {0, grid.rows(), grid.columns()}, classes.means().options());
            return new Rebalanced(new int[0], cells, levelCells, classes, null, null, null, none, none, 0);
        }

        private Rebalanced result(
                ClassPrototypes classes,
                @Nullable ClassHierarchy hierarchy,
                @Nullable Tensor unsupervised,
                @Nullable Student student,
                Tensor sets,
                Tensor heatmaps) {
            return new Rebalanced(
                    classes.labels(),
                    cells,
                    levelCells,
                    classes,
                    hierarchy,
                    unsupervised,
                    student == null ? null : planes(student.heat),
                    planes(sets),
                    planes(heatmaps),
                    dropped);
        }

        /** The student's features on the grid. */
        private Tensor toGrid(Tensor level) {
            return Ops.bilinear(level.unsqueeze(0), grid.rows(), grid.columns(), true)
                    .squeeze(0);
        }

        /** Heatmaps of the student's features, {@code [N][P]}; 0 for classes that none of its cells has. */
        private final class Student {
            final Tensor heat;
            final boolean[] present;

            Student(int[] labels) {
                Tensor own = takingLabels(levelCells);
                List<Tensor> heats = new ArrayList<>();
                ClassPrototypes last = null;
                for (Tensor level : levels) {
                    Tensor onGrid = taking(toGrid(level));
                    last = ClassPrototypes.of(onGrid, own);
                    heats.add(minMax(last.similarity(onGrid)));
                }
                ClassPrototypes classes = Objects.requireNonNull(last);
                present = new boolean[labels.length];
                TensorVector rows = new TensorVector();
                Tensor mean = heats.get(0);
                for (int i = 1; i < heats.size(); i++) {
                    mean = mean.add(heats.get(i));
                }
                mean = mean.div(new Scalar((double) heats.size()));
                Tensor scaled = classes.count() == 0 ? mean : minMax(mean);
                for (int k = 0; k < labels.length; k++) {
                    int at = classes.indexOf(labels[k]);
                    present[k] = at >= 0;
                    rows.push_back(
                            present[k] ? scaled.select(0, at) : torch.zeros(new long[] {own.numel()}, mean.options()));
                }
                heat = torch.stack(rows, 0);
            }
        }

        /** Each set's heatmaps times the transport of the student's. */
        private Tensor separate(Tensor heat, ClassHierarchy hierarchy, Student student) {
            Tensor[] rows = IntStream.range(0, Math.toIntExact(heat.size(0)))
                    .mapToObj(k -> heat.select(0, k))
                    .toArray(Tensor[]::new);
            for (int[] set : hierarchy.sets()) {
                int[] told = Arrays.stream(set).filter(k -> student.present[k]).toArray();
                dropped += set.length > 1 ? set.length - told.length : 0;
                if (told.length > 1) {
                    Tensor share = transported(student.heat.index_select(0, index(told, heat)));
                    for (int i = 0; i < told.length; i++) {
                        rows[told[i]] = rows[told[i]].mul(share.select(0, i));
                    }
                }
            }
            return torch.stack(new TensorVector(rows), 0);
        }

        private Tensor index(int[] values, Tensor other) {
            long[] wide = Arrays.stream(values).asLongStream().toArray();
            Tensor t = Tensors.of(wide, wide.length);
            return t.to(other.device(), t.scalar_type());
        }

        private Tensor balance(Tensor heat) {
            return heat.size(0) == 1 && !compat.bareRange() ? heat : minMax(heat.mul(transported(heat)));
        }

        /** {@code [N][P]} of {@code [N][P]}. */
        private Tensor transported(Tensor heat) {
            return transport
                    .planOfSimilarity(heat.t().contiguous())
                    .columnMinMax()
                    .t();
        }

        /** Each row to 0 to 1. */
        private Tensor minMax(Tensor rows) {
            Tensor low = rows.amin(new long[] {1}, true);
            Tensor range = rows.amax(new long[] {1}, true).sub(low);
            Tensor above = compat.bareRange() ? range : range.clamp_min(new Scalar(SMALLEST_RANGE));
            return rows.sub(low).div(above);
        }
    }

    @Override
    public Description description() {
        return Description.of("DhrRebalancing")
                .put("tau", tau)
                .put("transport", transport)
                .put("interClass", interClass)
                .put("intraClass", intraClass)
                .put("compat", compat)
                .build();
    }

    /** Settings of a rebalancing; all have the published values unless set. */
    public static final class Builder {
        private double tau = 0.8;
        private Sinkhorn transport = Sinkhorn.dhr().build();
        private boolean interClass = true;
        private boolean intraClass = true;
        private DhrCompat compat = DhrCompat.repaired();

        private Builder() {}

        /** Above which cosine of unsupervised prototypes classes look alike, in [0, 1); 0.8 unless set. */
        public Builder optTau(double tau) {
            if (!(tau >= 0 && tau < 1)) {
                throw new IllegalArgumentException("tau must be 0 or more and below 1, got " + tau);
            }
            this.tau = tau;
            return this;
        }

        /** How transport is solved; {@link Sinkhorn#dhr} unless set. */
        public Builder optTransport(Sinkhorn transport) {
            this.transport = transport;
            return this;
        }

        /** Whether unsupervised features take part; they do unless set. */
        public Builder optInterClass(boolean on) {
            interClass = on;
            return this;
        }

        /** Whether the student's features take part; they do unless set. */
        public Builder optIntraClass(boolean on) {
            intraClass = on;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(DhrCompat compat) {
            this.compat = compat;
            return this;
        }

        /** Builds. */
        public DhrRebalancing build() {
            return new DhrRebalancing(this);
        }
    }
}
