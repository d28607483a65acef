package dev.wsss.api;

/**
 * What an image's header says of it.
 *
 * @param format the format's name, such as {@code JPEG}
 * @param size rows and columns as stored, which are those that {@link ImageFiles#read} gives
 * @param colours what the stored samples are
 * @param depth bits of a stored sample; 8 for formats that have no other
 * @param orientation EXIF's, 1 to 8, where 1 is upright; 1 too where the file says nothing, or nothing sound. 5 to 8 lie on
 *     their side: programs that turn images exchange rows and columns. {@link ImageFiles} does not turn any.
 */
public record ImageInfo(String format, ImageFiles.Size size, Colours colours, int depth, int orientation) {
    /** What the samples of a file are, before they become RGB. */
    public enum Colours {
        /** One channel, beside which there may be alpha. */
        GREY,
        /** Red, green and blue, a palette of such, or what is made of them. */
        RGB,
        /** Four inks. */
        CMYK
    }
}
