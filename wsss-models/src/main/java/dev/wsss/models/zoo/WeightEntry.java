package dev.wsss.models.zoo;

import java.net.URI;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One public file of weights: where it comes from, what it is, how to recognize it. {@link WeightZoo} has a table of
 * them; more are made with {@link #builder()}.
 */
public final class WeightEntry {
    private final String name;
    private final String file;
    private final URI source;
    private final boolean byHand;
    private final @Nullable String member;
    private final @Nullable WeightHash hash;
    private final OptionalLong size;
    private final String family;
    private final String licence;
    private final String use;
    private final String citation;

    private WeightEntry(Builder builder, URI source) {
        this.name = builder.name;
        this.source = source;
        this.byHand = builder.byHand;
        this.member = builder.member;
        this.hash = builder.hash;
        this.size = builder.size;
        this.family = builder.family;
        this.licence = builder.licence;
        this.use = builder.use;
        this.citation = builder.citation;
        String path = source.getPath() == null ? "" : source.getPath();
        this.file = builder.file != null ? builder.file : path.substring(path.lastIndexOf('/') + 1);
        // the name becomes a path in the cache: it must stay there, and apart from the cache's own files
        if (!file.matches("[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")) {
            throw new IllegalArgumentException("file of \"" + name
                    + "\" must be a plain file name that does not begin with a dot, got \"" + file + "\"");
        }
    }

    /** A builder of an entry. */
    public static Builder builder() {
        return new Builder();
    }

    /** The name to ask the zoo for, such as {@code "sam-vit-b"}. */
    public String name() {
        return name;
    }

    /** The file's name in the cache. */
    public String file() {
        return file;
    }

    /** Where the publisher offers the file; the page to visit, if {@link #isByHand()}. */
    public URI source() {
        return source;
    }

    /** Whether the publisher offers the file only through a page for people, so that no program can fetch it. */
    public boolean isByHand() {
        return byHand;
    }

    /** The file to take out of the zip archive that the publisher offers; null if the download is the file itself. */
    public @Nullable String member() {
        return member;
    }

    /** What the publisher says of the content; null means unverified. Of the member, where there is one. */
    public @Nullable WeightHash hash() {
        return hash;
    }

    /** Bytes of the download, where they are known. */
    public OptionalLong size() {
        return size;
    }

    /** The checkpoint family, which decides the names of the tensors. */
    public String family() {
        return family;
    }

    /** The licence of the weights, as their publisher states it. */
    public String licence() {
        return licence;
    }

    /** What the weights are for. */
    public String use() {
        return use;
    }

    /** Whom to cite. */
    public String citation() {
        return citation;
    }

    @Override
    public String toString() {
        return name + " (" + source + ")";
    }

    /** Builds a {@link WeightEntry}. */
    public static final class Builder {
        private String name = "";
        private @Nullable URI source;
        private @Nullable String file;
        private @Nullable String member;
        private @Nullable WeightHash hash;
        private OptionalLong size = OptionalLong.empty();
        private boolean byHand;
        private String family = "";
        private String licence = "not stated";
        private String use = "";
        private String citation = "";

        private Builder() {}

        /** The name to ask the zoo for: lower-case letters, digits, dots and hyphens. */
        public Builder setName(String name) {
            if (!name.matches("[a-z0-9][a-z0-9.-]*")) {
                throw new IllegalArgumentException(
                        "name must have lower-case letters, digits, dots and hyphens only, got \"" + name + "\"");
            }
            this.name = name;
            return this;
        }

        /** Where to download from, over http or https; a plain http source should have a full hash. */
        public Builder setSource(URI source) {
            String scheme = source.getScheme();
            if (!("https".equalsIgnoreCase(scheme) || "http".equalsIgnoreCase(scheme)) || source.getHost() == null) {
                throw new IllegalArgumentException("source must be an http or https address, got " + source);
            }
            this.source = source;
            return this;
        }

        /** The file's name in the cache; default the last part of the source. */
        public Builder optFile(String file) {
            this.file = file;
            return this;
        }

        /** What the content must hash to; default unknown. */
        public Builder optHash(WeightHash hash) {
            this.hash = hash;
            return this;
        }

        /** Bytes of the download; default unknown. */
        public Builder optSize(long bytes) {
            if (bytes <= 0) {
                throw new IllegalArgumentException("size must be positive, got " + bytes);
            }
            this.size = OptionalLong.of(bytes);
            return this;
        }

        /** Says that the source is a page for people. */
        public Builder optByHand(boolean byHand) {
            this.byHand = byHand;
            return this;
        }

        /** Says that the source is a zip archive, of which this one member is wanted. */
        public Builder optMember(String member) {
            this.member = member;
            return this;
        }

        /** The checkpoint family; default none. */
        public Builder optFamily(String family) {
            this.family = family;
            return this;
        }

        /** The licence; default "not stated". */
        public Builder optLicence(String licence) {
            this.licence = licence;
            return this;
        }

        /** What the weights are for. */
        public Builder optUse(String use) {
            this.use = use;
            return this;
        }

        /** Whom to cite. */
        public Builder optCitation(String citation) {
            this.citation = citation;
            return this;
        }

        /**
         * The entry.
         *
         * @throws IllegalStateException if the name or the source was not set
         * @throws IllegalArgumentException if no file name follows from them
         */
        public WeightEntry build() {
            if (name.isEmpty()) {
                throw new IllegalStateException("setName is required");
            }
            URI from = source;
            if (from == null) {
                throw new IllegalStateException("setSource is required");
            }
            return new WeightEntry(this, from);
        }
    }
}
