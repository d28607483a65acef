package dev.wsss.core.batch;

import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.ArrayList;
import java.util.List;

/** Mask proposals. */
final class MaskChannel extends Channel<MaskProposals, MaskBatch> {
    MaskChannel(String name) {
        super(name);
    }

    @Override
    protected void requireFits(MaskProposals proposals, RgbImage image) {
        requireSize("masks", proposals.height(), proposals.width(), image);
    }

    @Override
    protected MaskProposals view(MaskProposals proposals, ViewGeometry geometry, Resampling resampling) {
        if (geometry.isWhole()) {
            return proposals;
        }
        List<MaskProposals.Mask> moved = new ArrayList<>();
        for (MaskProposals.Mask mask : proposals.masks()) {
            LabelMap map = LabelMap.wrap(
                    proposals.height(), proposals.width(), mask.pixels().toDense());
            byte[] seen = Views.labels(map, geometry, resampling.nearest()).toArray();
            for (int i = 0; i < seen.length; i++) {
                seen[i] = (byte) (seen[i] == 1 ? 1 : 0); // padding is no part of a mask
            }
            moved.add(new MaskProposals.Mask(
                    RleMask.ofDense(geometry.height(), geometry.width(), seen),
                    mask.score(),
                    mask.stability(),
                    mask.level()));
        }
        return new MaskProposals(geometry.height(), geometry.width(), moved);
    }

    @Override
    protected MaskBatch collate(List<MaskProposals> all, ComputeDevice device) {
        return new MaskBatch(all, device);
    }

    /** There is nothing native. */
    @Override
    protected void close(MaskBatch masks) {}
}
