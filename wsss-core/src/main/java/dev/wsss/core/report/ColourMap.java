package dev.wsss.core.report;

/** Colours for numbers in [0, 1]. */
public enum ColourMap {
    /** Blue over green to red, for heat over photographs. Polynomial fit by A. Mikhailov and R. Iosifidis, 2019. */
    TURBO(new double[][] {
        {0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943},
        {0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604},
        {0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973}
    }),
    /** Violet to yellow with even steps of lightness, for maps on their own. Polynomial fit of matplotlib's map. */
    VIRIDIS(new double[][] {
        {0.27772733, 0.10509304, -0.33086183, -4.63423050, 6.22826994, 4.77638500, -5.43545586},
        {0.00540734, 1.40461353, 0.21484756, -5.79910097, 14.17993337, -13.74514538, 4.64585261},
        {0.33409981, 1.38459016, 0.09509516, -19.33244096, 56.69055260, -65.35303263, 26.31243525}
    });

    private final int[] table = new int[256];

    ColourMap(double[][] polynomials) {
        for (int i = 0; i < table.length; i++) {
            int rgb = 0;
            for (double[] polynomial : polynomials) {
                double value = 0;
                for (int k = polynomial.length - 1; k >= 0; k--) {
                    value = value * (i / 255.0) + polynomial[k];
                }
                rgb = rgb << 8 | (int) Math.round(255 * Math.min(1, Math.max(0, value)));
            }
            table[i] = rgb;
        }
    }

    /** The colour of a number, as 0xRRGGBB; numbers outside [0, 1] get the nearer end's, NaN the lower end's. */
    public int rgb(double value) {
        return table[(int) Math.round(255 * Math.min(1, Math.max(0, value)))];
    }
}
