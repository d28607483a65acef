package dev.wsss.api;

/** Two refiners, one after the other. */
record RefinerChain(ScoreRefiner first, ScoreRefiner second) implements ScoreRefiner {
    @Override
    public ScoreMaps refine(Sample sample, ScoreMaps scores) {
        try (ScoreMaps between = first.refine(sample, scores)) {
            return second.refine(sample, between);
        }
    }

    @Override
    public Description description() {
        return Description.of("RefinerChain")
                .put("first", first)
                .put("second", second)
                .build();
    }
}
