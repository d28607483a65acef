package dev.wsss.models.deeplab;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import java.util.function.IntFunction;

/** Key names and small habits of a code base, so that its checkpoints load as they are. */
public enum Form {
    /** DHR (ECCV 2024): {@code model.*, seg_decoder.aspp.aspp1.conv.weight, ...}. */
    DHR("model", "seg_decoder.aspp", "seg_decoder.classifier", false) {
        @Override
        Key asppBranch(int number) {
            return key("aspp" + number);
        }

        @Override
        Key asppPool(int number) {
            return key("gap.1");
        }

        @Override
        Key asppJoin() {
            return key("block");
        }

        @Override
        Key low() {
            return key("seg_decoder.low_block");
        }

        @Override
        Key mid(int index) {
            return key("seg_decoder.mid_block." + index);
        }

        private Key key(String prefix) {
            return new Key(prefix + ".conv", prefix + ".bn");
        }
    },

    /** wseg, on which PPC builds: {@code backbone.*, aspp.branch1.0.weight, ...}. */
    WSEG("backbone", "aspp", "cls_conv", true) {
        @Override
        Key asppBranch(int number) {
            return new Key("branch" + number + ".0", "branch" + number + ".1");
        }

        @Override
        Key asppPool(int number) {
            return new Key("branch" + number + "_conv", "branch" + number + "_bn");
        }

        @Override
        Key asppJoin() {
            return new Key("conv_cat.0", "conv_cat.1");
        }

        @Override
        Key low() {
            return new Key("shortcut_conv.0", "shortcut_conv.1");
        }

        @Override
        Key mid(int index) {
            return new Key("cat_conv." + 3 * index, "cat_conv." + (3 * index + 1));
        }
    };

    private final String backbone;
    private final String aspp;
    private final String classifier;
    private final boolean biasWithoutPooling;

    Form(String backbone, String aspp, String classifier, boolean biasWithoutPooling) {
        this.backbone = backbone;
        this.aspp = aspp;
        this.classifier = classifier;
        this.biasWithoutPooling = biasWithoutPooling;
    }

    /** Key prefix of the backbone, without the dot. */
    String backbone() {
        return backbone;
    }

    String aspp() {
        return aspp;
    }

    String classifier() {
        return classifier;
    }

    /** Whether the convolution that joins the ASPP branches has a bias when there is no pooled branch. */
    boolean biasWithoutPooling() {
        return biasWithoutPooling;
    }

    /** Within the ASPP's prefix. */
    abstract Key asppBranch(int number);

    abstract Key asppPool(int number);

    abstract Key asppJoin();

    /** From the network's root. */
    abstract Key low();

    abstract Key mid(int index);

    /** Where a convolution and its normalization stand in checkpoints. */
    record Key(String conv, String norm) {
        ConvNorm unit(Conv2d conv, IntFunction<BatchNorm2d> norms) {
            return new ConvNorm(
                    this.conv, conv, norm, norms.apply((int) conv.weight().size(0)), true);
        }
    }
}
