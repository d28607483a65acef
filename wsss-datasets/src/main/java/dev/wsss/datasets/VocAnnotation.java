package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads the object names of a PASCAL VOC annotation. */
final class VocAnnotation {
    /** Largest annotation that is read, 1 MiB; those of VOC have a few kilobytes. */
    private static final long MAX_BYTES = 1L << 20;

    private VocAnnotation() {}

    /**
     * What an annotation says.
     *
     * @param tags every {@code annotation/object/name} that is a class, whether difficult, truncated, occluded or none of
     *     these; names of body parts do not count
     * @param others the names of the objects that are of no class
     */
    record Objects(ImageTags tags, List<String> others) {}

    /**
     * Reads an annotation.
     *
     * @throws InvalidDataException if the file is missing, too large, no annotation, or has a document type, which could
     *     name files to read or grow without bound
     */
    static Objects read(Path file, ClassCatalog classes) {
        byte[] bytes;
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new InvalidDataException(file + ": is a folder or another thing; expected a VOC annotation");
            }
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new InvalidDataException(
                        file + ": has " + size + " bytes; expected a VOC annotation of at most " + MAX_BYTES);
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected a VOC annotation", e);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + "); expected a VOC annotation", e);
        }
        List<String> known = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String name : objectNames(file, bytes)) {
            try {
                (classes.findTag(name).isPresent() ? known : others).add(name);
            } catch (InvalidDataException e) {
                throw new InvalidDataException(file + ": " + e.getMessage(), e);
            }
        }
        return new Objects(ImageTags.ofNames(classes, known), List.copyOf(others));
    }

    private static List<String> objectNames(Path file, byte[] bytes) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("refers to another document");
        });
        List<String> names = new ArrayList<>();
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new ByteArrayInputStream(bytes));
            int depth = 0;
            boolean inObject = false;
            while (xml.hasNext()) {
                int event = xml.next();
                if (event == XMLStreamConstants.DTD) {
                    throw new InvalidDataException(file + ": has a document type; expected a VOC annotation, without");
                } else if (event == XMLStreamConstants.START_ELEMENT) {
                    depth++;
                    String element = xml.getLocalName();
                    if (depth == 1 && !element.equals("annotation")) {
                        throw new InvalidDataException(
                                file + ": root element is '" + element + "'; expected 'annotation'");
                    }
                    if (depth == 2) {
                        inObject = element.equals("object");
                    }
                    if (depth == 3 && inObject && element.equals("name")) {
                        names.add(xml.getElementText().strip());
                        depth--;
                    }
                } else if (event == XMLStreamConstants.END_ELEMENT) {
                    depth--;
                }
            }
            xml.close();
        } catch (XMLStreamException | RuntimeException e) {
            // damaged encodings surface as runtime exceptions of the JDK's scanner
            throw e instanceof InvalidDataException invalid
                    ? invalid
                    : new InvalidDataException(
                            file + ": is not well-formed XML ("
                                    + String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ")
                                    + "); expected a VOC annotation",
                            e);
        }
        return names;
    }
}
