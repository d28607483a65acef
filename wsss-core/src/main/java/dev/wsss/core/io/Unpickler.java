package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Python's pickle machine, protocols 0 to 5, for data alone. A pickle is a program whose {@code GLOBAL} and
 * {@code REDUCE} instructions call any function of any Python module; here the only functions are those of a fixed table
 * that the caller gives, and a name outside it is refused.
 *
 * <p>Bounds: the machine is a loop, so a pickle cannot exhaust the stack; the memo is as long as the bytes read; whatever
 * could be large is a view of the file or is charged against a budget of a multiple of its size; keys of dicts and sets
 * are small scalars, so that hashing is cheap.
 */
final class Unpickler {
    /** What {@link #charge} allows, per byte read: text decoded, encoded again and transposed once needs 6. */
    private static final int BUDGET_PER_BYTE = 16;

    private static final int MAX_INTEGER_BYTES = 256;
    private static final int MAX_KEY_BYTES = 1024;
    /** What is read of a source at first. */
    private static final int FIRST_BYTES = 1 << 16;

    /** Makes an object from the arguments of a pickled call. */
    @FunctionalInterface
    interface Function {
        @Nullable
        Object call(Unpickler machine, List<@Nullable Object> arguments);
    }

    /** What pickles of one kind may refer to, beyond plain data. Whatever is not named here is refused. */
    interface Dialect {
        /** The function or type of a {@code module.name}; null if it is refused. */
        @Nullable
        Function global(String name);

        /** What is thrown for a name that is refused. */
        default InvalidDataException refusal(String message) {
            return new InvalidDataException(message + "; nothing else is loaded, as it could run code");
        }

        /** What an identifier of something beside the pickle stands for. */
        default @Nullable Object persistent(Unpickler machine, @Nullable Object id) {
            throw machine.bad("the pickle refers to data outside of it");
        }

        /** What stands for a key that is no text, number or short bytes; null if it is refused. */
        default @Nullable Object key(Unpickler machine, Object key) {
            return null;
        }

        /** Whether a finished object, such as a dict with attributes, may be given a state, which is dropped. */
        default boolean dropsState(@Nullable Object target) {
            return false;
        }
    }

    /** An object that a {@code BUILD} instruction completes, and that is not yet the data that it stands for. */
    interface Pending {
        void build(Unpickler machine, @Nullable Object state);

        /** The data itself, once complete. */
        @Nullable
        Object value(Unpickler machine);
    }

    /** A name from the table, on the stack. */
    record Global(String name, Function function) {}

    /** A Python tuple: a list to its user, but not one that a pickle may append to. */
    private static final class Tuple extends ArrayList<@Nullable Object> {
        Tuple(List<@Nullable Object> items) {
            super(items);
        }
    }

    private final String file;
    private final @Nullable ByteSource source;
    private final int end;
    /** The input from its start, as far as it was read. */
    private ByteBuffer in;

    private final Dialect dialect;
    private final ArrayList<@Nullable Object> stack = new ArrayList<>();
    private int[] marks = new int[8];
    private int markCount;
    private @Nullable Object[] memo = new @Nullable Object[16];
    private int memoNext;
    private long charged;

    /**
     * A machine at the start of its input, which may hold several pickles in a row.
     *
     * @param file what messages call the input
     */
    Unpickler(String file, ByteBuffer in, Dialect dialect) {
        this.file = file;
        this.in = in.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        this.dialect = dialect;
        source = null;
        end = this.in.limit();
    }

    /** As above, for a source of which the pickles may be a small part: it is read as far as they go. */
    Unpickler(ByteSource source, Dialect dialect) {
        this.file = source.name();
        this.source = source;
        this.dialect = dialect;
        end = (int) Math.min(source.size(), Inputs.MAX_ARRAY_BYTES);
        in = start(source, Math.min(end, FIRST_BYTES));
    }

    private static ByteBuffer start(ByteSource source, int length) {
        return ByteBuffer.wrap(source.read(0, length)).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Runs a pickle, which must fill the buffer from its position to its limit.
     *
     * @param dialect what it may refer to
     * @return plain Java, see {@link Npy#readObject}
     * @throws InvalidDataException naming {@code file}, if it is malformed or refers to anything else
     */
    static @Nullable Object load(String file, ByteBuffer pickle, Dialect dialect) {
        Unpickler machine = new Unpickler(file, pickle, dialect);
        Object root = machine.next();
        machine.expectEnd();
        return new PickleGraph(machine).resolve(root);
    }

    /** Runs the next pickle and gives what it made, in which {@link Pending} objects may be left. */
    @Nullable
    Object next() {
        stack.clear();
        markCount = 0;
        memo = new @Nullable Object[16];
        memoNext = 0;
        return run();
    }

    /** Refuses an input that goes on after the last pickle. */
    void expectEnd() {
        if (left() > 0) {
            throw bad(left() + " bytes after the pickle's end");
        }
    }

    /** What messages call the input. */
    String file() {
        return file;
    }

    /** Bytes read so far. */
    int position() {
        return in.position();
    }

    // ---- the machine

    private @Nullable Object run() {
        while (true) {
            int opcode = has(1) ? in.get() & 255 : -1;
            switch (opcode) {
                case '.' -> {
                    Object result = pop();
                    if (!stack.isEmpty() || markCount > 0) {
                        throw bad("the pickle ends with objects left on its stack");
                    }
                    return result;
                }
                case 0x80 -> {
                    int protocol = unsignedByte();
                    if (protocol > 5) {
                        throw bad("pickle protocol " + protocol + ", expected at most 5");
                    }
                }
                case 0x95 -> length(int64(), "frame");
                case '(' -> mark();
                case '0' -> {
                    if (markCount > 0 && stack.size() == marks[markCount - 1]) {
                        markCount--;
                    } else {
                        pop();
                    }
                }
                case '1' -> popToMark();
                case '2' -> push(top());
                case 'N' -> push(null);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'K' -> push((long) unsignedByte());
                case 'M' -> push(unsignedByte() + 256L * unsignedByte());
                case 'J' -> push((long) int32());
                case 0x8a -> push(integer(unsignedByte()));
                case 0x8b -> push(integer(int32()));
                case 'I' -> push(textInteger(line(), true));
                case 'L' -> push(textInteger(line(), false));
                case 'G' -> {
                    require(8);
                    push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
                }
                case 'F' -> push(textDouble(line()));
                case 'U' -> push(latin1(unsignedByte()));
                case 'T' -> push(latin1(int32()));
                case 'S' -> push(PickleText.unquote(this, line()));
                case 0x8c -> push(utf8(unsignedByte()));
                case 'X' -> push(utf8(unsignedInt()));
                case 0x8d -> push(utf8(int64()));
                case 'V' -> push(PickleText.unescape(this, line(), false));
                case 'C' -> push(bytes(unsignedByte()));
                case 'B' -> push(bytes(unsignedInt()));
                case 0x8e, 0x96 -> push(bytes(int64()));
                case ')' -> push(new Tuple(List.of()));
                case 't' -> push(tuple(toMark()));
                case 0x85 -> push(tuple(stack.size() - 1));
                case 0x86 -> push(tuple(stack.size() - 2));
                case 0x87 -> push(tuple(stack.size() - 3));
                case ']' -> push(new ArrayList<@Nullable Object>(0));
                case 'l' -> push(popToMark());
                case 'a' -> {
                    Object item = pop();
                    growing(top()).add(item);
                }
                case 'e' -> {
                    List<@Nullable Object> items = popToMark();
                    growing(top()).addAll(items);
                }
                case '}' -> push(new LinkedHashMap<@Nullable Object, @Nullable Object>());
                case 'd' -> {
                    List<@Nullable Object> items = popToMark();
                    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
                    putAll(map, items);
                    push(map);
                }
                case 's' -> {
                    List<@Nullable Object> item = popMany(2);
                    putAll(map(top()), item);
                }
                case 'u' -> {
                    List<@Nullable Object> items = popToMark();
                    putAll(map(top()), items);
                }
                case 0x8f -> push(new LinkedHashSet<@Nullable Object>());
                case 0x90 -> {
                    List<@Nullable Object> items = popToMark();
                    addAll(set(top()), items);
                }
                case 0x91 -> {
                    Set<@Nullable Object> items = new LinkedHashSet<>();
                    addAll(items, popToMark());
                    push(items);
                }
                case 'q' -> memoize(unsignedByte());
                case 'r' -> memoize(unsignedInt());
                case 'p' -> memoize(index(line()));
                case 0x94 -> memoize(memoNext);
                case 'h' -> push(recall(unsignedByte()));
                case 'j' -> push(recall(unsignedInt()));
                case 'g' -> push(recall(index(line())));
                case 'c' -> push(global(line(), line()));
                case 0x93 -> {
                    List<@Nullable Object> names = popMany(2);
                    if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
                        throw bad("a global whose name is not text");
                    }
                    push(global(module, name));
                }
                case 'R', 0x81 -> {
                    List<@Nullable Object> call = popMany(2);
                    if (!(call.get(0) instanceof Global callee) || !(call.get(1) instanceof Tuple arguments)) {
                        throw bad("a call of something that is no function, or without a tuple of arguments");
                    }
                    push(callee.function.call(this, arguments));
                }
                case 'Q' -> push(dialect.persistent(this, pop()));
                case 'b' -> {
                    Object state = pop();
                    if (top() instanceof Pending pending) {
                        pending.build(this, state);
                    } else if (!dialect.dropsState(top())) {
                        throw bad("state for an object that takes none");
                    }
                }
                case -1 -> throw bad("the file ends inside the pickle");
                default ->
                    throw bad(String.format(
                            "pickle instruction 0x%02x at byte %d is unknown, or makes objects of classes, which is"
                                    + " refused",
                            opcode, in.position() - 1));
            }
        }
    }

    InvalidDataException bad(String what) {
        return new InvalidDataException(file + ": " + what);
    }

    /** Accounts for memory that is not a view of the file. */
    void charge(long bytes) {
        charged += bytes;
        if (charged > 4096 + (long) BUDGET_PER_BYTE * in.position()) {
            throw bad("the pickle unfolds to more than " + BUDGET_PER_BYTE + " times its size");
        }
    }

    // ---- stack and memo

    private void push(@Nullable Object value) {
        stack.add(value);
    }

    private int floor() {
        return markCount == 0 ? 0 : marks[markCount - 1];
    }

    private @Nullable Object pop() {
        if (stack.size() <= floor()) {
            throw bad("the pickle takes more from its stack than it put there");
        }
        return stack.remove(stack.size() - 1);
    }

    private @Nullable Object top() {
        if (stack.size() <= floor()) {
            throw bad("the pickle takes more from its stack than it put there");
        }
        return stack.get(stack.size() - 1);
    }

    private void mark() {
        if (markCount == marks.length) {
            marks = Arrays.copyOf(marks, 2 * markCount);
        }
        marks[markCount++] = stack.size();
    }

    /** Takes the topmost mark away and gives its place in the stack. */
    private int toMark() {
        if (markCount == 0) {
            throw bad("the pickle has no mark where it needs one");
        }
        return marks[--markCount];
    }

    private List<@Nullable Object> popToMark() {
        return popFrom(toMark());
    }

    private List<@Nullable Object> popMany(int n) {
        return popFrom(stack.size() - n);
    }

    private List<@Nullable Object> popFrom(int start) {
        List<@Nullable Object> tail = from(start);
        List<@Nullable Object> items = new ArrayList<>(tail);
        tail.clear();
        return items;
    }

    private Tuple tuple(int start) {
        List<@Nullable Object> tail = from(start);
        Tuple items = new Tuple(tail);
        tail.clear();
        return items;
    }

    /** The stack from {@code start} up, as a view. */
    private List<@Nullable Object> from(int start) {
        if (start < floor()) {
            throw bad("the pickle takes more from its stack than it put there");
        }
        return stack.subList(start, stack.size());
    }

    private void memoize(long index) {
        Object value = top();
        // Every entry takes an instruction, so an honest index never passes the bytes read.
        if (index > in.position()) {
            throw bad("the memo has a gap up to " + index);
        }
        int i = (int) index;
        if (i >= memo.length) {
            memo = Arrays.copyOf(memo, Math.max(i + 1, 2 * memo.length));
        }
        memo[i] = value == null ? None.NONE : value;
        memoNext++;
    }

    private @Nullable Object recall(long index) {
        Object value = index < memo.length ? memo[(int) index] : null;
        if (value == null) {
            throw bad("the memo has no entry " + index);
        }
        return value == None.NONE ? null : value;
    }

    /** Python's None in the memo, where null means empty. */
    private enum None {
        NONE
    }

    // ---- containers

    @SuppressWarnings("unchecked") // every list here is one of ours
    List<@Nullable Object> list(@Nullable Object value) {
        if (!(value instanceof List<?>)) {
            throw bad("items for something that is no list");
        }
        return (List<@Nullable Object>) value;
    }

    private List<@Nullable Object> growing(@Nullable Object value) {
        if (value instanceof Placeholder) {
            return new ArrayList<>(0);
        }
        if (value instanceof Tuple) {
            throw bad("items appended to a tuple");
        }
        return list(value);
    }

    @SuppressWarnings("unchecked") // every map here is one of ours
    private Map<@Nullable Object, @Nullable Object> map(@Nullable Object value) {
        if (value instanceof Placeholder placeholder) {
            return placeholder.items();
        }
        if (!(value instanceof Map<?, ?>)) {
            throw bad("keys for something that is no dict");
        }
        return (Map<@Nullable Object, @Nullable Object>) value;
    }

    @SuppressWarnings("unchecked") // every set here is one of ours
    private Set<@Nullable Object> set(@Nullable Object value) {
        if (value instanceof Placeholder) {
            return new LinkedHashSet<>(0);
        }
        if (!(value instanceof Set<?>)) {
            throw bad("members for something that is no set");
        }
        return (Set<@Nullable Object>) value;
    }

    void putAll(Map<@Nullable Object, @Nullable Object> map, List<@Nullable Object> items) {
        if (items.size() % 2 != 0) {
            throw bad("a dict key without its value");
        }
        for (int i = 0; i < items.size(); i += 2) {
            map.put(key(items.get(i)), items.get(i + 1));
        }
    }

    void addAll(Set<@Nullable Object> set, List<@Nullable Object> items) {
        for (Object item : items) {
            set.add(key(item));
        }
    }

    /** Tuples are refused too: shared ones take exponential time to hash. */
    private @Nullable Object key(@Nullable Object key) {
        if (key == null
                || key instanceof String
                || key instanceof Number
                || key instanceof Boolean
                || key instanceof ByteBuffer b && b.remaining() <= MAX_KEY_BYTES) {
            return key;
        }
        Object other = dialect.key(this, key);
        if (other != null) {
            return other;
        }
        throw bad("a key of a dict or set that is no text, number or short bytes");
    }

    private Global global(String module, String name) {
        String full = module + "." + name;
        Function function = dialect.global(full);
        if (function == null) {
            throw dialect.refusal(file + ": refers to " + Inputs.quote(full) + ", expected plain data");
        }
        return new Global(full, function);
    }

    // ---- operands

    /** Bytes that have not been used. */
    private int left() {
        return end - in.position();
    }

    /** Whether so many bytes follow; if so, they are at hand. */
    private boolean has(long bytes) {
        if (bytes > left()) {
            return false;
        }
        if (bytes > in.remaining() && source != null) {
            int position = in.position();
            in = start(source, (int) Math.min(end, Math.max(position + bytes, 2L * in.limit())));
            in.position(position);
        }
        return true;
    }

    private void require(long bytes) {
        if (!has(bytes)) {
            throw bad("the file ends inside the pickle");
        }
    }

    private int length(long length, String what) {
        if (length < 0 || !has(length)) {
            throw bad(
                    "a " + what + " of " + Long.toUnsignedString(length) + " bytes, the file has " + left() + " more");
        }
        return (int) length;
    }

    private int unsignedByte() {
        require(1);
        return in.get() & 255;
    }

    private int int32() {
        require(4);
        return in.getInt();
    }

    private long unsignedInt() {
        return int32() & 0xFFFFFFFFL;
    }

    private long int64() {
        require(8);
        return in.getLong();
    }

    private ByteBuffer bytes(long length) {
        int n = length(length, "string");
        ByteBuffer view = in.slice(in.position(), n).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + n);
        return view;
    }

    private String utf8(long length) {
        if (length == 0) {
            return "";
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes(length)).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidDataException(file + ": text in the pickle is not UTF-8", e);
        }
    }

    /** Python 2's byte strings, read as NumPy is asked to read them by {@code encoding='latin1'}. */
    private String latin1(long length) {
        return length == 0
                ? ""
                : StandardCharsets.ISO_8859_1.decode(bytes(length)).toString();
    }

    private String line() {
        int length = 0;
        require(1);
        while (in.get(in.position() + length) != '\n') {
            length++;
            require(length + 1L);
        }
        String text = latin1(length);
        in.get();
        return text;
    }

    private Object integer(int length) {
        if (length < 0 || length > MAX_INTEGER_BYTES) {
            throw bad("an integer of " + length + " bytes, expected at most " + MAX_INTEGER_BYTES);
        }
        require(length);
        if (length <= 8) {
            long value = 0;
            for (int i = 0; i < length; i++) {
                value |= (in.get() & 255L) << 8 * i;
            }
            int unused = 64 - 8 * length;
            return length == 0 ? 0L : (Object) (value << unused >> unused);
        }
        byte[] bigEndian = new byte[length];
        for (int i = length - 1; i >= 0; i--) {
            bigEndian[i] = in.get();
        }
        return narrow(new BigInteger(bigEndian));
    }

    private Object textInteger(String text, boolean booleans) {
        if (booleans && (text.equals("00") || text.equals("01"))) {
            return text.equals("01");
        }
        String digits = text.endsWith("L") ? text.substring(0, text.length() - 1) : text;
        if (digits.length() <= 2 * MAX_INTEGER_BYTES) {
            try {
                return narrow(new BigInteger(digits));
            } catch (NumberFormatException e) {
                // told below
            }
        }
        throw bad("an integer written " + Inputs.quote(text));
    }

    private static Object narrow(BigInteger value) {
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    private Double textDouble(String text) {
        switch (text) {
            case "nan":
                return Double.NaN;
            case "inf":
                return Double.POSITIVE_INFINITY;
            case "-inf":
                return Double.NEGATIVE_INFINITY;
            default:
                if (text.length() <= 64) {
                    try {
                        return Double.valueOf(text);
                    } catch (NumberFormatException e) {
                        // told below
                    }
                }
                throw bad("a number written " + Inputs.quote(text));
        }
    }

    private long index(String text) {
        try {
            long index = text.length() <= 10 ? Long.parseLong(text) : -1;
            if (index >= 0) {
                return index;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad("a memo index written " + Inputs.quote(text));
    }
}
