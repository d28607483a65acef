package dev.wsss.core.runtime;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Frees every native object that was made by this thread since the scope was opened, when it is closed, but those that
 * were {@linkplain #keep kept}. Scopes nest; open and close them on one thread, innermost first, by try-with-resources.
 */
public final class Scope implements AutoCloseable {
    private final PointerScope scope;
    private final List<Pointer> kept = new ArrayList<>();
    private boolean closed;

    private Scope(PointerScope scope) {
        this.scope = scope;
    }

    /** Opens a scope on this thread. */
    public static Scope open() {
        Torch.load();
        return new Scope(new PointerScope());
    }

    /**
     * Lets an object outlive this scope. It then belongs to the scope around this one, and to the caller, who closes it,
     * where there is none.
     *
     * @return the object
     */
    public <T extends Pointer> T keep(T object) {
        // PointerScope.detach would drop the last reference and free the object, so a second one is taken instead
        kept.add(object.retainReference());
        return object;
    }

    /** Frees what was made in the scope and not kept. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        scope.close();
        PointerScope outer = PointerScope.getInnerScope();
        if (outer != null) {
            for (Pointer object : kept) {
                outer.attach(object);
                object.releaseReference();
            }
        }
    }

    /**
     * Lets an object of the current scope outlive it, until the outermost scope of this thread closes. For what gradients
     * need that are computed after a network's own scopes are closed.
     *
     * @return the object
     * @throws IllegalStateException if no scope is open
     */
    public static <T extends Pointer> T outermost(T object) {
        PointerScope outermost = null;
        for (Iterator<PointerScope> all = PointerScope.getScopeIterator(); all != null && all.hasNext(); ) {
            outermost = all.next();
        }
        if (outermost == null) {
            throw new IllegalStateException("no scope is open on this thread");
        }
        outermost.attach(object);
        return object;
    }

    /**
     * Takes an object out of every scope: it lives until its {@link Pointer#close()}, whatever scope it was made in.
     * For what has an owner of its own, such as the parameters of a network.
     *
     * @return the object
     */
    public static <T extends Pointer> T own(T object) {
        return object.retainReference();
    }
}
