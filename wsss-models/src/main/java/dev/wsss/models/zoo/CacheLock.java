package dev.wsss.models.zoo;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One holder per file of the cache, among the threads of this process and among processes. The operating system frees
 * the lock of a process that dies. The lock's file stays: removing it would let two processes lock two different files
 * of the same name.
 */
final class CacheLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CacheLock.class);
    private static final long POLL_MILLIS = 50;

    /** Java refuses a second file lock within one process instead of waiting, so its threads queue here first. */
    private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final ReentrantLock threads;
    private final FileChannel channel;

    private CacheLock(ReentrantLock threads, FileChannel channel) {
        this.threads = threads;
        this.channel = channel;
    }

    /** Waits for the lock. The folder must exist. */
    static CacheLock take(Path lockFile) throws IOException, InterruptedException {
        Path absolute = lockFile.toAbsolutePath().normalize();
        ReentrantLock threads = THREADS.computeIfAbsent(absolute, path -> new ReentrantLock());
        threads.lockInterruptibly();
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(absolute, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                LOG.info("another process works on {}; waiting for it", absolute);
            }
            while (lock == null) {
                Thread.sleep(POLL_MILLIS);
                lock = channel.tryLock();
            }
            taken = true;
            return new CacheLock(threads, channel);
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                threads.unlock();
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            threads.unlock();
        }
    }
}
