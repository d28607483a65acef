package dev.wsss.core.crf;

/** The points of an image in as many parts as ever work at once: always the same ones, whatever the number of threads. */
record PointParts(int points) {
    /** Each part has a table of vertices of its own, and all of them are added up: more would cost more than they bring. */
    static final int COUNT = 4;

    /** Works on the points {@code from} to {@code to - 1}. */
    @FunctionalInterface
    interface Task {
        void run(int part, int from, int to);
    }

    void run(int threads, Task task) {
        Parallel.run(threads, COUNT, part -> task.run(part, start(part), start(part + 1)));
    }

    private int start(int part) {
        return (int) ((long) points * part / COUNT);
    }
}
