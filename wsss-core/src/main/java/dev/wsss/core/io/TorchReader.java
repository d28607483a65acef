package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files of {@code torch.save} and of TorchScript's {@code save}. */
final class TorchReader {
    private static final String PICKLE = "data.pkl";

    /** The first pickle of a file before PyTorch 1.6: protocol 2, and the number 0x1950a86a20f9469cfc6c. */
    private static final byte[] LEGACY_MAGIC = {
        (byte) 0x80,
        2,
        (byte) 0x8a,
        10,
        0x6c,
        (byte) 0xfc,
        (byte) 0x9c,
        0x46,
        (byte) 0xf9,
        0x20,
        0x6a,
        (byte) 0xa8,
        0x50,
        0x19,
        '.'
    };

    private static final long LEGACY_PROTOCOL = 1001;

    private TorchReader() {}

    // ---- zip archives, since PyTorch 1.6

    /** Whether a zip archive is one of PyTorch's, which has a pickle in its one folder. */
    static boolean isArchive(ZipDirectory zip) {
        return zip.entries().stream().anyMatch(e -> e.name().endsWith("/" + PICKLE))
                || zip.entries().stream().anyMatch(e -> e.name().endsWith("/model.json"));
    }

    static CheckpointContent archive(ByteSource source, ZipDirectory zip, Checkpoint.Builder options) {
        return new Archive(source, zip).read(options);
    }

    private static final class Archive {
        private final ByteSource source;
        private final ZipDirectory zip;
        private final Map<String, ZipDirectory.Entry> entries = new HashMap<>();
        private final String folder;
        private long inflated;

        Archive(ByteSource source, ZipDirectory zip) {
            this.source = source;
            this.zip = zip;
            for (ZipDirectory.Entry entry : zip.entries()) {
                // Nothing is unpacked; such a name tells that the archive was made to harm.
                String name = entry.name();
                if (name.startsWith("/")
                        || name.contains("\\")
                        || List.of(name.split("/")).contains("..")) {
                    throw bad("entry " + Inputs.quote(name) + " leads out of the archive");
                }
                if (entries.put(name, entry) != null) {
                    throw bad("entry " + Inputs.quote(name) + " occurs twice");
                }
            }
            String first = zip.entries().get(0).name();
            folder = first.substring(0, first.indexOf('/') + 1);
        }

        CheckpointContent read(Checkpoint.Builder options) {
            ZipDirectory.Entry pickle = entries.get(folder + PICKLE);
            if (pickle == null) {
                throw bad(
                        entries.containsKey(folder + "model.json")
                                ? "a TorchScript archive from before PyTorch 1.4; save it again with a newer one"
                                : "expected " + Inputs.quote(folder + PICKLE) + " in the folder of the first entry");
            }
            // As PyTorch tells them apart: only TorchScript has a table of constants.
            boolean torchScript = entries.containsKey(folder + "constants.pkl");
            boolean bigEndian = bigEndian();
            TorchPickle dialect = new TorchPickle(options.inertGlobals(), torchScript);
            Unpickler machine = new Unpickler(source.name(), ByteBuffer.wrap(content(pickle)), dialect);
            Object object = machine.next();
            machine.expectEnd();
            for (TorchStorage storage : dialect.storages().values()) {
                place(storage, bigEndian);
            }
            StateDict dict = StateDict.of(source, machine, object, options.root());
            return TorchReader.content(
                    torchScript ? Checkpoint.Format.TORCHSCRIPT : Checkpoint.Format.PYTORCH, dict, dialect, source);
        }

        private boolean bigEndian() {
            ZipDirectory.Entry entry = entries.get(folder + "byteorder");
            if (entry == null) {
                return false;
            }
            String order = entry.size() > 16 ? "" : new String(content(entry), StandardCharsets.ISO_8859_1);
            if (!order.equals("little") && !order.equals("big")) {
                throw bad("entry 'byteorder' is " + Inputs.quote(order) + ", expected little or big");
            }
            return order.equals("big");
        }

        private void place(TorchStorage storage, boolean bigEndian) {
            String name = folder + "data/" + storage.key();
            ZipDirectory.Entry entry = entries.get(name);
            if (entry == null || entry.size() < storage.bytes()) {
                throw bad("storage " + Inputs.quote(storage.key()) + " has " + storage.bytes() + " bytes, "
                        + (entry == null ? "there is no entry " + Inputs.quote(name) : "its entry " + entry.size()));
            }
            if (entry.deflated()) {
                allow(entry);
                storage.placeIn(() -> zip.readUnchecked(entry), bigEndian);
            } else {
                storage.placeAt(source, zip.locate(entry), bigEndian);
            }
        }

        private byte[] content(ZipDirectory.Entry entry) {
            allow(entry);
            // PyTorch can be told to leave checksums out, and writes 0.
            return entry.crc() == 0 ? zip.readUnchecked(entry) : zip.read(entry);
        }

        private void allow(ZipDirectory.Entry entry) {
            inflated += entry.deflated() ? entry.size() : 0;
            long limit = Npz.inflationBound(source);
            if (inflated > limit || inflated < 0 || entry.size() > Inputs.MAX_ARRAY_BYTES) {
                throw bad("entry " + Inputs.quote(entry.name()) + " of " + entry.size()
                        + " bytes: the archive inflates to more than " + limit);
            }
        }

        private InvalidDataException bad(String what) {
            return new InvalidDataException(source.name() + ": " + what);
        }
    }

    // ---- the stream, before PyTorch 1.6

    static boolean isLegacy(ByteBuffer start) {
        return start.remaining() >= LEGACY_MAGIC.length
                && start.slice(start.position(), LEGACY_MAGIC.length).equals(ByteBuffer.wrap(LEGACY_MAGIC));
    }

    /**
     * Five pickles, magic number, protocol, the machine's byte order and sizes, the object, and the keys of the storages;
     * then each storage as its number of elements and their bytes.
     */
    static CheckpointContent legacy(ByteSource source, Checkpoint.Builder options) {
        TorchPickle dialect = new TorchPickle(options.inertGlobals(), false);
        Stream stream = stream(source, dialect);
        StateDict dict = StateDict.of(source, stream.machine, stream.object, options.root());
        return content(Checkpoint.Format.PYTORCH_LEGACY, dict, dialect, source);
    }

    /**
     * What a stream holds, whatever it is; its storages stay in the source.
     *
     * @throws InvalidDataException if it is no stream, or refers to an unknown class
     */
    static @Nullable Object legacyObject(ByteSource source) {
        if (!isLegacy(ByteBuffer.wrap(source.read(0, (int) Math.min(source.size(), LEGACY_MAGIC.length))))) {
            throw new InvalidDataException(source.name() + ": a storage that is no stream of PyTorch's");
        }
        return stream(source, new TorchPickle(false, false)).object;
    }

    /** What the fourth pickle made, by the machine that ran it. */
    private record Stream(Unpickler machine, @Nullable Object object) {}

    private static Stream stream(ByteSource source, TorchPickle dialect) {
        String file = source.name();
        long size = source.size();
        Unpickler machine = new Unpickler(source, dialect);
        machine.next();
        Object protocol = machine.next();
        if (!Long.valueOf(LEGACY_PROTOCOL).equals(protocol)) {
            throw new InvalidDataException(file + ": a PyTorch stream of another protocol than " + LEGACY_PROTOCOL);
        }
        if (!(machine.next() instanceof Map<?, ?> system)) {
            throw new InvalidDataException(file + ": a PyTorch stream without its system's description");
        }
        if (!Boolean.TRUE.equals(system.get("little_endian"))) {
            throw new InvalidDataException(
                    file + ": written on a big-endian machine, expected little-endian; save it again on another");
        }
        Object object = machine.next();
        if (!(machine.next() instanceof List<?> keys)) {
            throw new InvalidDataException(file + ": a PyTorch stream without its list of storages");
        }
        long position = machine.position();
        for (Object key : keys) {
            TorchStorage storage = dialect.storages().get(String.valueOf(key));
            if (storage == null || storage.placed()) {
                throw new InvalidDataException(file + ": storage " + Inputs.quote(String.valueOf(key))
                        + " is not of any tensor, or occurs twice");
            }
            long elements = size - position < 8
                    ? -1
                    : ByteBuffer.wrap(source.read(position, 8))
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong();
            position += 8;
            if (elements != storage.elements() || storage.bytes() > size - position) {
                throw new InvalidDataException(file + ": storage " + Inputs.quote(storage.key()) + " of "
                        + storage.elements() + " elements of " + storage.type() + " has " + elements
                        + " in the file, or ends beyond it");
            }
            storage.placeAt(source, position, false);
            position += storage.bytes();
        }
        return new Stream(machine, object);
    }

    // ---- plain pickles

    /** A pickle alone, which has no storages beside it; its arrays are NumPy's. */
    static CheckpointContent pickle(ByteSource source, Checkpoint.Builder options) {
        if (source.size() > Inputs.MAX_ARRAY_BYTES) {
            throw new InvalidDataException(
                    source.name() + ": a pickle of " + source.size() + " bytes, expected less than 2 GiB");
        }
        TorchPickle dialect = new TorchPickle(options.inertGlobals(), false);
        Unpickler machine = new Unpickler(source.name(), ByteBuffer.wrap(source.readAll()), dialect);
        Object object = machine.next();
        machine.expectEnd();
        StateDict dict = StateDict.of(source, machine, object, options.root());
        return content(Checkpoint.Format.PICKLE, dict, dialect, source);
    }

    private static CheckpointContent content(
            Checkpoint.Format format, StateDict dict, TorchPickle dialect, ByteSource source) {
        return new CheckpointContent(
                format, dict.root(), dict.tensors(), dict.metadata(), dialect.passedOver(), List.of(source));
    }
}
