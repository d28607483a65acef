package dev.wsss.core.train;

/**
 * AdamW (Loshchilov and Hutter 2019): {@link Adam} whose weight decay shrinks the parameters and does not enter the gradient,
 * as {@code torch.optim.AdamW}.
 *
 * <pre>{@code
 * Adam adamW = AdamW.builder().setGroups(ParameterGroups.all(network, 1e-2)).setLearningRate(2e-3).build();
 * }</pre>
 */
public final class AdamW {
    private AdamW() {}

    /** Starts AdamW: betas 0.9 and 0.999, epsilon 1e-8 unless set otherwise. */
    public static Adam.Builder builder() {
        return new Adam.Builder(true);
    }
}
