package dev.wsss.api;

/**
 * Something that says what made it: a dataset, a generator of score maps, a rule, a loss, an augmentation, a network. Runs
 * keep these descriptions beside what they write, and so know whether a product on disk is still what they would make.
 *
 * <p>Two things of equal descriptions give equal results. Whatever changes a result belongs into the description: settings,
 * parts (which describe themselves), weights. What does not, such as a number of threads, stays out.
 */
public interface Described {
    /**
     * What this is made of. Things that cannot know, such as a lambda expression, {@linkplain Description#notStated do not
     * say}: they compute as well, but no run keeps their products without being told what they depend on.
     */
    default Description description() {
        return Description.notStated(this);
    }
}
