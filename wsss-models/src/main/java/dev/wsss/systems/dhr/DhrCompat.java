package dev.wsss.systems.dhr;

/**
 * Where the published code of DHR does something else than the paper means: true repeats it, false repairs it. Most of what the
 * code does in its training step ends in an error; that cannot be repeated, and has no option.
 *
 * <table>
 * <caption>Defects of the published code and what is done instead</caption>
 * <tr><th>Published code</th><th>Paper</th><th>Here</th><th>Option</th></tr>
 * <tr><td>D1: the seeds' CRF runs over the tagged classes alone, so one of them nearly always wins, and seeds wipe out the
 *     background</td>
 *     <td>seeds recover classes that are missing; scores with background are reported</td>
 *     <td>R1: two runs with a constant background, of a high and a low score, as IRN has it; what they do not agree on keeps its
 *     given label. Without a background class the published rule is right, and used</td>
 *     <td>{@code publishedSeed}</td></tr>
 * <tr><td>D2: prototypes are stacked twice: type error</td><td>one vector a class</td><td>R5: once</td><td>none</td></tr>
 * <tr><td>D3: names and numbers of classes are mixed, and an argument is read that does not exist: error</td><td></td>
 *     <td>R4: numbers of labels everywhere</td><td>none</td></tr>
 * <tr><td>D4: features of the whole image are compared with labels of a turned and cut one, batches of different sizes are an
 *     error, and padding takes part in all statistics</td>
 *     <td>features and labels of the same place</td>
 *     <td>R2: {@link DhrSample#features} come on the canvas; cells that are mostly padding take no part</td>
 *     <td>{@code paddedCells}, for the padding alone</td></tr>
 * <tr><td>D5: OpenCV gets a tensor of the device: type error</td><td></td>
 *     <td>R6: cells take the most frequent label, of equals the smallest, on the device</td><td>none</td></tr>
 * <tr><td>D6: heatmaps of cells go into a CRF of pixels: shape error</td><td></td>
 *     <td>R3: they are resized to the canvas, bilinearly, and cut to the content</td><td>none</td></tr>
 * <tr><td>D7: the student's cells may lack a class that the others have: key error</td><td></td>
 *     <td>R7: the class leaves the set, and {@link DhrRefiner.Counts#dropped} counts it</td><td>none</td></tr>
 * <tr><td>D8: a constant map is scaled by its range 0, which is not a number</td><td></td>
 *     <td>R8: by at least 1e-5: it becomes 0</td><td>{@code bareRange}; what is not a number then ends in an {@link
 *     dev.wsss.api.InvalidDataException}</td></tr>
 * <tr><td>D8: a class that is alone has heatmaps that are not numbers, and takes all pixels</td><td></td>
 *     <td>R8: it takes all labelled pixels where there is no background class; otherwise the seeded mask stays</td>
 *     <td>{@code soleClassSpreads}</td></tr>
 * <tr><td>D9, D10: several devices and saved states: errors</td><td></td><td>the trainer's own</td><td>none</td></tr>
 * <tr><td>D11: two CRFs a crop, one after the other on one thread</td><td></td>
 *     <td>lattices are built once a crop; {@link DhrRefiner} may be called from several threads</td><td>none</td></tr>
 * <tr><td>The mean over no labelled pixel is not a number</td><td></td><td>R9: it is 0</td>
 *     <td>{@code nanWithoutPixels}</td></tr>
 * </table>
 *
 * @param publishedSeed seeds without a background (D1)
 * @param paddedCells padding takes part in prototypes' heatmaps, their ranges and transport (a part of D4)
 * @param bareRange ranges are not kept above 0 (D8)
 * @param soleClassSpreads a class that is alone takes all pixels of the content (D8)
 * @param nanWithoutPixels the loss of a batch without labelled pixels is NaN (R9)
 */
public record DhrCompat(
        boolean publishedSeed,
        boolean paddedCells,
        boolean bareRange,
        boolean soleClassSpreads,
        boolean nanWithoutPixels) {
    /** All repairs. */
    public static DhrCompat repaired() {
        return new DhrCompat(false, false, false, false, false);
    }

    /** The published code, accident for accident, where it runs. */
    public static DhrCompat original() {
        return new DhrCompat(true, true, true, true, true);
    }
}
