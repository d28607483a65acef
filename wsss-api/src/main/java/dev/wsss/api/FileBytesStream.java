package dev.wsss.api;

import javax.imageio.stream.ImageInputStreamImpl;

/** Lets ImageIO read a file's bytes, and know how many there are. */
final class FileBytesStream extends ImageInputStreamImpl {
    private final FileBytes file;

    FileBytesStream(FileBytes file) {
        this.file = file;
    }

    @Override
    public int read() {
        bitOffset = 0;
        int value = file.at(streamPos);
        if (value >= 0) {
            streamPos++;
        }
        return value;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        bitOffset = 0;
        int n = 0;
        for (int value; n < length && (value = file.at(streamPos)) >= 0; n++, streamPos++) {
            into[offset + n] = (byte) value;
        }
        return n == 0 && length > 0 ? -1 : n;
    }

    @Override
    public long length() {
        return file.length();
    }
}
