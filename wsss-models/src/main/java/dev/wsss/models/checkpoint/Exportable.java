package dev.wsss.models.checkpoint;

/** A network that is not always ready to be written for others, such as one whose statistics are fitted after training. */
public interface Exportable {
    /**
     * Refuses if something is missing without which the weights are of no use.
     *
     * @throws IllegalStateException naming what is missing and the method that brings it
     */
    void requireExportable();
}
