package dev.wsss.api;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.ImageIO;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/** The readers of ImageIO whose pixels are known, whatever others are registered beside them. */
final class ImageReaders {
    private static final Map<String, ImageReaderSpi> OF_JDK = new ConcurrentHashMap<>();

    private ImageReaders() {}

    /**
     * The JDK's own reader.
     *
     * @param format ImageIO's name of the format, in lower case
     */
    static ImageReaderSpi ofJdk(String format) {
        return OF_JDK.computeIfAbsent(format, ImageReaders::find);
    }

    private static ImageReaderSpi find(String format) {
        Iterator<ImageReaderSpi> all = IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
        while (all.hasNext()) {
            ImageReaderSpi spi = all.next();
            if (spi.getClass().getModule() == ImageIO.class.getModule()
                    && Arrays.asList(spi.getFormatNames()).contains(format)) {
                return spi;
            }
        }
        throw new IllegalStateException("this Java runtime has no reader for " + format);
    }

    /**
     * The reader of {@code webp-imageio}, which hands WebP to libwebp. Others repeat chroma where that one interpolates.
     *
     * @return null if it is not beside this library on the class path
     */
    static @Nullable ImageReaderSpi libwebp() {
        return Webp.READER;
    }

    /** Looked for where this library was loaded from: ImageIO itself sees one class loader in the life of a JVM. */
    private static final class Webp {
        private static final @Nullable ImageReaderSpi READER = find();

        private static @Nullable ImageReaderSpi find() {
            try {
                return ServiceLoader.load(ImageReaderSpi.class, ImageReaders.class.getClassLoader()).stream()
                        .filter(spi -> spi.type().getName().startsWith("com.luciad.imageio.webp."))
                        .map(ServiceLoader.Provider::get)
                        .findFirst()
                        .orElse(null);
            } catch (ServiceConfigurationError e) {
                return null;
            }
        }
    }
}
