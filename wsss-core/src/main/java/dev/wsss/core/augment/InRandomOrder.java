package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;
import java.util.List;

/**
 * All of several transforms, in an order drawn anew for each image.
 *
 * @param transforms at least one
 */
public record InRandomOrder(List<Transform> transforms) implements Transform {
    public InRandomOrder {
        transforms = List.copyOf(transforms);
        if (transforms.isEmpty()) {
            throw new IllegalArgumentException("there are no transforms to order; expected at least one");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        long key = random.nextLong();
        for (int i : order(transforms.size(), random)) {
            transforms.get(i).draw(draft, new SplitMix(key, i));
        }
    }

    /** The numbers from 0 to {@code n - 1}, shuffled. */
    static int[] order(int n, SplitMix random) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int at = random.below(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        return order;
    }

    @Override
    public Description description() {
        return Description.of("InRandomOrder").putAll(this).build();
    }
}
